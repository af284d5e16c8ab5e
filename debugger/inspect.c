/* SPDX-License-Identifier: ISC */
/* Looking into a machine that has stopped, and changing it. */
#include "debugger/internal.h"

#include "base/error.h"
#include "mmu/breakpoint.h"
#include "mmu/space.h"
#include "syscall/linux/process/kernel.h"
#include "syscall/linux/process/registers.h"

#include <stdlib.h>

struct debugged_thread *target_thread(struct target *target, int tid) {
    struct debugged_thread *thread = NULL;
    HASH_FIND_INT(target->threads, &tid, thread);
    if (thread) return thread;
    thread = calloc(1, sizeof *thread);
    if (!thread) return NULL;
    thread->tid = tid;
    HASH_ADD_INT(target->threads, tid, thread);
    return thread;
}

/* --- Threads --- */

struct walk {
    struct target *target;
    int (*cb)(const struct target_thread *thread, void *arg);
    void *arg;
};

static int show_thread(struct task *task, void *arg) {
    const struct walk *walk = arg;
    const struct target_thread thread = {.pid = task->process->pid, .tid = task_tid(task), .name = task->comm,
                                         .state = atomic_load(&task->state)};
    return thread.state == 'Z' ? 0 : walk->cb(&thread, walk->arg);
}

static int show_process(struct process *process, void *arg) {
    const struct walk *walk = arg;
    return target_ignores(walk->target, process->pid) ? 0 : task_for_each(process, show_thread, arg);
}

int target_each_thread(struct target *target, int (*cb)(const struct target_thread *thread, void *arg), void *arg) {
    struct walk walk = {target, cb, arg};
    return process_for_each(target_kernel(target), show_process, &walk);
}

static int note_first(const struct target_thread *thread, void *arg) {
    *(struct target_thread *)arg = *thread;
    return 1;
}

int target_first_thread(struct target *target, int *pid, int *tid) {
    struct target_thread first = {0};
    if (!target_each_thread(target, note_first, &first)) return -ESRCH;
    *pid = first.pid;
    *tid = first.tid;
    return 0;
}

/* The thread, counted, if it is there and seen. */
static struct task *find(struct target *target, int tid) {
    struct task *task = task_find(target_kernel(target), tid);
    if (!task || !target_ignores(target, task->process->pid)) return task;
    task_put(task);
    return NULL;
}

int target_pid_of(struct target *target, int tid) {
    struct task *task = find(target, tid);
    if (!task) return -ESRCH;
    const int pid = task->process->pid;
    task_put(task);
    return pid;
}

uint64_t target_retired(struct target *target, int tid) {
    struct task *task = find(target, tid);
    if (!task) return UINT64_MAX;
    const uint64_t retired = task->cpu->retired;
    task_put(task);
    return retired;
}

/* --- Registers --- */

int target_get_registers(struct target *target, int tid, struct target_registers *out) {
    struct task *task = find(target, tid);
    if (!task) return -ESRCH;
    registers_get(task, &out->user);
    registers_get_xstate(task, out->xstate);
    task_put(task);
    return 0;
}

static bool is_inside_call(const struct debugged_thread *thread, const struct task *task) {
    return task->syscall.is_current && !(thread && thread->in_hook);
}

int target_set_registers(struct target *target, int tid, const struct target_registers *registers) {
    if (target->is_replay) return -EROFS;
    struct task *task = find(target, tid);
    if (!task) return -ESRCH;
    int r = is_inside_call(target_thread(target, tid), task) ? -EBUSY : 0;
    if (r == 0) r = registers_set(task, &registers->user);
    if (r == 0) r = registers_set_xstate(task, registers->xstate);
    task_put(task);
    return r;
}

int target_get_siginfo(struct target *target, int tid, struct guest_siginfo *out) {
    struct debugged_thread *thread = NULL;
    HASH_FIND_INT(target->threads, &tid, thread);
    if (!thread || !thread->info) return -ENOENT;
    *out = *thread->info;
    return 0;
}

int target_set_siginfo(struct target *target, int tid, const struct guest_siginfo *info) {
    if (target->is_replay) return -EROFS;
    struct debugged_thread *thread = NULL;
    HASH_FIND_INT(target->threads, &tid, thread);
    if (!thread || !thread->info) return -ENOENT;
    *thread->info = *info;
    return 0;
}

/* --- Memory --- */

int64_t target_with_process(struct target *target, int pid, int64_t (*fn)(struct process *process, void *arg), void *arg) {
    struct process *process = target_ignores(target, pid) ? NULL : process_find(target_kernel(target), pid);
    if (!process) return -ESRCH;
    const int64_t r = process->state == PROCESS_RUNNING ? fn(process, arg) : -ESRCH;
    process_put(process);
    return r;
}

struct transfer {
    uint64_t gva;
    void *out;
    const void *in;
    size_t n;
};

/* A page at a time: what lies before a hole is moved. */
static int64_t move(struct process *process, void *arg) {
    const struct transfer *t = arg;
    size_t done = 0;
    if (!process->space) return -ESRCH;
    while (done < t->n) {
        const uint64_t gva = t->gva + done, rest = GUEST_PAGE_SIZE - gva % GUEST_PAGE_SIZE;
        const size_t n = t->n - done < rest ? t->n - done : (size_t)rest;
        const int r = t->out ? space_peek(process->space, (char *)t->out + done, gva, n)
                             : space_poke(process->space, gva, (const char *)t->in + done, n);
        if (r < 0) break;
        done += n;
    }
    return (int64_t)done;
}

int64_t target_read(struct target *target, int pid, uint64_t gva, void *out, size_t n) {
    struct transfer t = {.gva = gva, .out = out, .n = n};
    return target_with_process(target, pid, move, &t);
}

int64_t target_write(struct target *target, int pid, uint64_t gva, const void *bytes, size_t n) {
    if (target->is_replay) return -EROFS;
    struct transfer t = {.gva = gva, .in = bytes, .n = n};
    return target_with_process(target, pid, move, &t);
}

static int64_t set_breakpoint(struct process *process, void *arg) {
    return process->space ? space_set_breakpoint(process->space, *(const uint64_t *)arg) : -ESRCH;
}

static int64_t clear_breakpoint(struct process *process, void *arg) {
    if (process->space) space_clear_breakpoint(process->space, *(const uint64_t *)arg);
    return 0;
}

int target_set_breakpoint(struct target *target, int pid, uint64_t gva, bool on) {
    return (int)target_with_process(target, pid, on ? set_breakpoint : clear_breakpoint, &gva);
}
