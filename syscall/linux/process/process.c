/* SPDX-License-Identifier: ISC */
/* Life of struct process, and its limits. */
#include "syscall/linux/process/process.h"
#include "syscall/linux/process/itimer.h"
#include "syscall/linux/process/kernel.h"
#include "syscall/linux/process/signal.h"

#include "mmu/space.h"
#include "syscall/linux/fs/tty.h"

#include <stdlib.h>
#include <string.h>

static const struct limit default_limits[RLIMIT_COUNT] = {
    [RLIMIT_CPU] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_FSIZE] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_DATA] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_STACK] = {8 << 20, RLIM_INFINITY},
    [RLIMIT_CORE] = {0, RLIM_INFINITY},
    [RLIMIT_RSS] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_NPROC] = {31000, 31000},
    [RLIMIT_NOFILE] = {1024, 1 << 20},
    [RLIMIT_MEMLOCK] = {8 << 20, 8 << 20},
    [RLIMIT_AS] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_LOCKS] = {RLIM_INFINITY, RLIM_INFINITY},
    [RLIMIT_SIGPENDING] = {31000, 31000},
    [RLIMIT_MSGQUEUE] = {819200, 819200},
    [RLIMIT_NICE] = {0, 0},
    [RLIMIT_RTPRIO] = {0, 0},
    [RLIMIT_RTTIME] = {RLIM_INFINITY, RLIM_INFINITY},
};

static void init_lists(struct process *process) {
    list_init(&process->children);
    list_init(&process->sibling);
    list_init(&process->pid_node);
    list_init(&process->threads);
    list_init(&process->timers);
    signal_queue_init(&process->pending);
    wait_queue_init(&process->child_wait);
    wait_queue_init(&process->exit_wait);
    wait_queue_init(&process->signal_wait);
}

struct process *process_new(struct kernel *kernel) {
    struct process *process = calloc(1, sizeof *process);
    if (!process) return NULL;
    process->kernel = kernel;
    process->start_ns = scheduler_monotonic_ns(kernel->scheduler);
    process->dumpable = 1;
    atomic_init(&process->refs, 1);
    host_mutex_init(&process->signal_lock);
    host_mutex_init(&process->lock);
    init_lists(process);
    for (int i = 0; i < RLIMIT_COUNT; i++) process->limits[i] = default_limits[i];
    return process;
}

struct process *process_get(struct process *process) {
    atomic_fetch_add(&process->refs, 1);
    return process;
}

void process_put(struct process *process) {
    if (!process || atomic_fetch_sub(&process->refs, 1) > 1) return;
    signal_queue_flush_locked(&process->pending, ~0ull);
    if (process->space) space_put(process->space);
    signal_actions_put(process->actions);
    wait_queue_fini(&process->child_wait);
    wait_queue_fini(&process->exit_wait);
    wait_queue_fini(&process->signal_wait);
    host_mutex_fini(&process->signal_lock);
    host_mutex_fini(&process->lock);
    tty_put(process->tty);
    itimers_free(process->itimers);
    free(process->exe_path);
    free(process->auxv);
    free(process);
}

void process_copy_image_locked(struct process *to, const struct process *from) {
    to->exe_path = from->exe_path ? strdup(from->exe_path) : NULL;
    to->auxv = from->auxv ? malloc(from->auxv_size) : NULL;
    to->auxv_size = to->auxv ? from->auxv_size : 0;
    if (to->auxv) memcpy(to->auxv, from->auxv, to->auxv_size);
    to->arg_start = from->arg_start;
    to->arg_end = from->arg_end;
    to->env_start = from->env_start;
    to->env_end = from->env_end;
}

uint64_t process_limit(struct process *process, enum limit_number which) {
    host_mutex_lock(&process->lock);
    const uint64_t soft = process->limits[which].soft;
    host_mutex_unlock(&process->lock);
    return soft;
}

int process_parent_pid(struct process *process) {
    host_mutex_lock(&process->kernel->tasks_lock);
    const int pid = process->parent ? process->parent->pid : KERNEL_PID;
    host_mutex_unlock(&process->kernel->tasks_lock);
    return pid;
}
