/* SPDX-License-Identifier: ISC */
/* The machine as one program under the host's shell: signals sent to our process reach the guest's first process, and
 * when that process stops, ours does. Runs on the watcher's thread, never in a signal handler. */
#include "machine/machine.h"

#include "replay/session.h"
#include "syscall/linux/abi/siginfo.h"
#include "syscall/linux/process/kernel.h"
#include "syscall/linux/process/process.h"

/* Whether the signal's default is to end a process. */
static bool ends_programs(int number) {
    switch (number) {
    case SIGCHLD: case SIGCONT: case SIGSTOP: case SIGTSTP: case SIGTTIN: case SIGTTOU: case SIGURG: case SIGWINCH:
        return false;
    default:
        return true;
    }
}

/* Or about to be: a signal to it would be lost. */
static bool first_process_gone(struct kernel *kernel) {
    host_mutex_lock(&kernel->tasks_lock);
    const bool gone = kernel->init_exited || (kernel->init && atomic_load(&kernel->init->dying));
    host_mutex_unlock(&kernel->tasks_lock);
    return gone;
}

/* Where the machine's threads may be touched. */
static void take(void *arg, int number) {
    struct kernel *kernel = arg;
    if (!first_process_gone(kernel)) kernel_signal_from_host(kernel, number);
    else if (ends_programs(number)) kernel_kill_all(kernel); /* the ones it left behind */
}

void lockstep_machine_signal(struct lockstep_machine *machine, int number) {
    if (scheduler_post(machine->scheduler, take, machine->kernel, number)) log_error(&machine->log, "no memory for a signal");
}

static void forward(void *arg, const struct host_signal *signal) {
    struct lockstep_machine *machine = arg;
    log_verbose(&machine->log, "host signal %d from process %d goes to the guest", signal->number, signal->sender);
    lockstep_machine_signal(machine, signal->number);
}

void machine_init_stopped(void *arg) {
    struct lockstep_machine *machine = arg;
    if (machine->watcher) host_signal_stop_self();
}

/* A replay's signals come from its recording; those of the host are for us ourselves. */
int machine_forward_start(struct lockstep_machine *machine, const struct lockstep_options *options, struct lockstep_error *error) {
    if (machine->session) scheduler_set_door(machine->scheduler, session_door(machine->session), take, machine->kernel);
    if (!options->forward_signals || options->replay) return 0;
    machine->watcher = host_signal_watch(forward, machine);
    if (machine->watcher) return 0;
    return machine_fail(error, LOCKSTEP_NO_RESOURCE, 0, "cannot start the thread that takes signals");
}

void machine_forward_stop(struct lockstep_machine *machine) {
    if (machine->watcher) host_signal_unwatch(machine->watcher);
    machine->watcher = NULL;
}
