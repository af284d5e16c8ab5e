/* SPDX-License-Identifier: ISC */
/* Our process in two, so that the shell gets the first process's status when that has ended, and what it left behind goes on.
 * That is done when the first process forks first, while it is the only thread: programs that never fork pay nothing. */
#include "machine/machine.h"

#include "base/error.h"
#include "syscall/linux/process/kernel.h"
#include "syscall/linux/process/task.h"

enum { LOWEST = 0x10000 }; /* nothing of ours or of the guest lies below */

static void go_on(void *arg) {
    struct lockstep_machine *machine = arg;
    machine->go_on(machine);
}

/* The guest's memory is not the front's business. */
static void *memory_of(struct task *task, size_t *size) {
    const struct address_space *space = task_space(task);
    const uint64_t base = space_base(space);
    if (base == SPACE_NO_BASE) return NULL;
    *size = (size_t)space_end(space) - LOWEST;
    return (void *)(uintptr_t)(base + LOWEST);
}

bool machine_first_fork(void *arg, struct task *task) {
    struct lockstep_machine *machine = arg;
    const bool is_lent = kernel_runs_first(machine->kernel, task);
    size_t size = 0;
    void *memory = memory_of(task, &size);
    if (machine_more_threads(machine)) return false;
    scheduler_before_fork(machine->scheduler);
    const int r = host_front_split(&machine->front, machine->watcher, memory, size);
    scheduler_after_fork(machine->scheduler, r == 0, !is_lent);
    if (r) {
        log_verbose(&machine->log, "no process of its own for what the program leaves behind: %s", error_text(r));
    } else if (!is_lent && host_thread_start(go_on, machine)) {
        log_error(&machine->log, "no thread to wait for the machine");
    }
    return r == 0;
}

void machine_front_settle(void *arg) {
    struct lockstep_machine *machine = arg;
    host_front_settle(&machine->front);
}

/* Of a status as wait(2) has it. */
static int exit_code(int status) {
    const int signal = status & 0x7f;
    return signal ? 128 + signal : (status >> 8) & 0xff;
}

void machine_init_gone(void *arg, int status) {
    struct lockstep_machine *machine = arg;
    host_front_release(&machine->front, exit_code(status));
}

void machine_front_end(struct lockstep_machine *machine) {
    if (machine->ended) host_front_end(&machine->front, exit_code(machine->status));
}
