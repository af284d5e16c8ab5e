/* SPDX-License-Identifier: ISC */
/* Every other thread is kicked out of guest code and passes a fence before it goes back. A thread that sleeps in a
 * call has left guest code through atomic operations and comes back through them: it is kicked too, and passes the
 * fence without its call ending, because ATTENTION_FENCE does not interrupt calls. So only threads that are in the
 * engine need to be waited for: tlb.seen_epoch says which are (UINT64_MAX while outside). */
#include "syscall/linux/process/membarrier.h"
#include "syscall/linux/process/pids.h"

static bool is_in_guest(struct task *task) {
    return atomic_load(&task->cpu->tlb.seen_epoch) != UINT64_MAX;
}

static void ask(struct task *other) {
    atomic_fetch_or(&other->attention, ATTENTION_FENCE);
    cpu_kick(other->cpu);
}

struct fence {
    struct task *caller;
    uint32_t generation;
};

static int ask_thread(struct task *other, void *arg) {
    const struct fence *fence = arg;
    if (other != fence->caller) ask(other);
    return 0;
}

/* Waits for one thread to leave guest code or pass the fence: it was kicked, so it does within a block. */
static int wait_thread(struct task *other, void *arg) {
    const struct fence *fence = arg;
    if (other == fence->caller) return 0;
    for (;;) {
        const uint32_t seen = atomic_load(&other->fence_seen);
        if ((int32_t)(seen - fence->generation) >= 0 || !is_in_guest(other)) return 0;
        host_futex_wait(&other->fence_seen, seen, HOST_NEVER);
    }
}

static int ask_process(struct process *process, void *arg) {
    return task_for_each(process, ask_thread, arg);
}

static int wait_process(struct process *process, void *arg) {
    return task_for_each(process, wait_thread, arg);
}

int membarrier_fence(struct task *task, struct process *process) {
    struct kernel *kernel = task->kernel;
    struct fence fence = {task, atomic_fetch_add(&kernel->fence, 1) + 1};
    atomic_thread_fence(memory_order_seq_cst);
    if (process) {
        ask_process(process, &fence);
        wait_process(process, &fence);
    } else {
        process_for_each(kernel, ask_process, &fence);
        process_for_each(kernel, wait_process, &fence);
    }
    atomic_thread_fence(memory_order_seq_cst);
    return 0;
}

void membarrier_pass(struct task *task) {
    atomic_fetch_and(&task->attention, ~(uint32_t)ATTENTION_FENCE);
    atomic_thread_fence(memory_order_seq_cst);
    atomic_store(&task->fence_seen, atomic_load(&task->kernel->fence));
    host_futex_wake(&task->fence_seen, INT32_MAX);
}
