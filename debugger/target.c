/* SPDX-License-Identifier: ISC */
/* The debugger's side of turns: making the machine, letting it go on, waiting for its stop, ending it. */
#include "debugger/internal.h"

#include "base/error.h"
#include "host/branch.h"
#include "host/poll.h"
#include "mmu/breakpoint.h"
#include "syscall/linux/process/kernel.h"
#include "syscall/linux/process/signal.h"

#include <stdlib.h>
#include <string.h>

enum { READABLE = 1 };

struct kernel *target_kernel(const struct target *target) {
    return target->machine->kernel;
}

struct lockstep_machine *target_machine(struct target *target) {
    return target->machine;
}

static int no_memory(struct lockstep_error *error) {
    return machine_fail(error, LOCKSTEP_NO_RESOURCE, -ENOMEM, "no memory for the debugger");
}

int target_new(const struct target_options *options, struct target **out, struct lockstep_error *error) {
    struct lockstep_options machine = options->machine;
    struct target *target = calloc(1, sizeof *target);
    *out = NULL;
    if (!target) return no_memory(error);
    machine.deterministic = true;
    target->is_replay = machine.replay != NULL;
    target->event = host_event_new();
    target->generation = 1;
    target_hooks_init(target);
    watch_init(target);
    if (target->event < 0 || lockstep_machine_new(&machine, &target->machine, error)) {
        const int r = target->event < 0 ? no_memory(error) : -1;
        target_free(target);
        return r;
    }
    target_kernel(target)->options.debugger = &target->debugger;
    *out = target;
    return 0;
}

int target_start(struct target *target, const char *path, char *const argv[], char *const envp[], struct lockstep_error *error) {
    return lockstep_machine_start(target->machine, path, argv, envp, error);
}

static void free_threads(struct target *target) {
    struct debugged_thread *thread, *next;
    HASH_ITER(hh, target->threads, thread, next) {
        HASH_DEL(target->threads, thread);
        free(thread);
    }
}

void target_free(struct target *target) {
    if (target->machine && target_is_stopped(target)) target_kill_all(target);
    target->is_free = true;
    lockstep_machine_free(target->machine);
    if (target->event >= 0) host_event_free(target->event);
    free_threads(target);
    free(target->ignored);
    free(target);
}

uint64_t target_time(const struct target *target) {
    return scheduler_retired(target_kernel(target)->scheduler);
}

void target_seek(struct target *target, const struct target_point *point) {
    target->sought = *point;
}

void target_scan(struct target *target, uint64_t until, const struct target_break *breaks, size_t n) {
    target->scan.found = (struct target_found){.time = 0};
    target->scan.until = until;
    target->scan.breaks = breaks;
    target->scan.n = n;
    target->scan.has_begun = false;
}

bool target_is_stopped(const struct target *target) {
    return atomic_load(&target->state) == TARGET_IS_STOPPED;
}

bool target_has_ended(const struct target *target) {
    return target->has_ended;
}

static void go(struct target *target) {
    host_event_clear(target->event);
    atomic_store(&target->state, TARGET_IS_RUNNING);
    host_futex_wake(&target->state, INT32_MAX);
}

static void wake_held(struct target *target) {
    struct debugged_thread *thread, *next;
    HASH_ITER(hh, target->threads, thread, next) {
        struct task *task = thread->is_held ? task_find(target_kernel(target), thread->tid) : NULL;
        if (!task) continue;
        sched_wake(&task->sched);
        task_put(task);
    }
}

void target_resume(struct target *target, const struct target_order *orders, size_t n) {
    memcpy(target->orders, orders, n * sizeof *orders);
    target->n_orders = n;
    target->generation++;
    wake_held(target);
    go(target);
}

int target_wait(struct target *target, int fd, struct target_stop *stop) {
    struct host_pollfd fds[] = {{target->event, READABLE, 0}, {fd, READABLE, 0}};
    const int r = host_poll(fds, 2, HOST_NEVER);
    if (r < 0) return r;
    if (!target_is_stopped(target)) return 0;
    *stop = target->stop;
    const bool is_anybody = stop->kind == TARGET_INTERRUPTED && target_pid_of(target, stop->tid) < 0;
    if (is_anybody) target_first_thread(target, &stop->pid, &stop->tid);
    return 1;
}

void target_catch(struct target *target, const struct target_catches *catches) {
    target->catches = *catches;
}

bool target_ignores(const struct target *target, int pid) {
    for (size_t i = 0; i < target->n_ignored; i++) {
        if (target->ignored[i] == pid) return true;
    }
    return false;
}

void target_ignore(struct target *target, int pid) {
    int *ignored = target_ignores(target, pid) ? NULL : realloc(target->ignored, (target->n_ignored + 1) * sizeof *ignored);
    if (!ignored) return;
    target->ignored = ignored;
    target->ignored[target->n_ignored++] = pid;
}

void target_see(struct target *target, int pid) {
    for (size_t i = 0; i < target->n_ignored; i++) {
        if (target->ignored[i] == pid) target->ignored[i--] = target->ignored[--target->n_ignored];
    }
}

static int64_t clear_breakpoints(struct process *process, void *arg) {
    if (process->space && !space_is_shared(process->space)) space_clear_breakpoints(process->space);
    return 0;
}

void target_detach(struct target *target, int pid) {
    target_with_process(target, pid, clear_breakpoints, NULL);
    target_ignore(target, pid);
}

static int clear_all(struct process *process, void *arg) {
    if (process->space) space_clear_breakpoints(process->space);
    return 0;
}

int target_set_break(struct target *target, const struct target_break *b, bool on) {
    return b->size ? target_set_watchpoint(target, b, on) : target_set_breakpoint(target, b->pid, b->address, on);
}

void target_clear_breaks(struct target *target) {
    process_for_each(target_kernel(target), clear_all, NULL);
    target->n_watches = 0;
    target->accessed = NULL;
    target->watch_generation++;
}

/* The event was the other process's, too. */
void target_wake(struct target *target) {
    struct debugged_thread *thread, *next;
    host_event_free(target->event);
    target->event = host_event_new();
    if (target->event < 0) host_branch_end(1);
    atomic_store(&target->interrupt, false);
    target->sought.tid = 0;
    target->scan.until = 0;
    target->n_orders = 0;
    target->generation++;
    target_clear_breaks(target);
    HASH_ITER(hh, target->threads, thread, next) thread->passes = false;
}

void target_detach_all(struct target *target) {
    process_for_each(target_kernel(target), clear_all, NULL);
    target->is_free = true;
    wake_held(target);
    go(target);
}

static int64_t kill_process(struct process *process, void *arg) {
    return signal_send_process(process, SIGKILL, SI_USER);
}

int target_kill(struct target *target, int pid) {
    const int64_t r = target_with_process(target, pid, kill_process, NULL);
    target_ignore(target, pid);
    return (int)r;
}

static int kill_if_seen(struct process *process, void *arg) {
    if (!target_ignores(arg, process->pid) && process->state == PROCESS_RUNNING) kill_process(process, NULL);
    return 0;
}

void target_kill_seen(struct target *target) {
    process_for_each(target_kernel(target), kill_if_seen, target);
    target_detach_all(target);
}

void target_kill_all(struct target *target) {
    kernel_kill_all(target_kernel(target));
    target->is_free = true;
    wake_held(target);
    go(target);
}
