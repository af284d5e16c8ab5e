/* SPDX-License-Identifier: ISC */
/* The machine as one program under the host's shell: signals sent to our process reach the guest's first process, and
 * when that process stops, ours does. A thread watches for signals. If a machine lends its thread, that one is started by the first
 * signal or the second guest thread: until then the first guest thread is open to signals and takes them itself. A terminal's job control
 * wants signals blocked in whoever uses it, so such a machine does not lend. Never in a signal handler, save tell_first. */
#include "machine/machine.h"

#include "base/error.h"
#include "replay/session.h"
#include "syscall/linux/abi/siginfo.h"
#include "syscall/linux/process/kernel.h"
#include "syscall/linux/process/process.h"

enum { NUMBER_MASK = 0xff };

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
static void take(void *arg, int value) {
    struct kernel *kernel = arg;
    const int number = value & NUMBER_MASK;
    if (!first_process_gone(kernel)) kernel_signal_from_host(kernel, number, (enum host_signal_reach)(value / (NUMBER_MASK + 1)));
    else if (ends_programs(number)) kernel_kill_all(kernel); /* the ones it left behind */
}

static void post(struct lockstep_machine *machine, int number, enum host_signal_reach reach) {
    const int value = number | (int)reach * (NUMBER_MASK + 1);
    if (scheduler_post(machine->scheduler, take, machine->kernel, value)) log_error(&machine->log, "no memory for a signal");
}

void lockstep_machine_signal(struct lockstep_machine *machine, int number) {
    if (number >= 1 && number <= NUMBER_MASK) post(machine, number, HOST_SIGNAL_PROCESS);
}

static void forward(void *arg, const struct host_signal *signal) {
    struct lockstep_machine *machine = arg;
    log_verbose(&machine->log, "host signal %d from process %d goes to the guest", signal->number, signal->sender);
    post(machine, signal->number, signal->reach);
}

static void tell_first(void *arg) {
    struct lockstep_machine *machine = arg;
    kernel_notify_first(machine->kernel);
}

void machine_forward_init(struct lockstep_machine *machine, const struct lockstep_options *options) {
    if (!options->forward_signals) return;
    machine->forwards = !options->replay;
    machine->lends = options->lend_thread && !options->deterministic;
    if (machine->lends) {
        host_signal_catch(tell_first, machine, &machine->inherited_ignored, &machine->inherited_blocked);
        return;
    }
    host_signal_inherited(&machine->inherited_ignored, &machine->inherited_blocked);
    if (machine->forwards) host_signal_block_all();
}

static int start_watcher(struct lockstep_machine *machine) {
    machine->watcher = host_signal_watch(forward, machine);
    return machine->watcher ? 0 : -EAGAIN;
}

/* A replay's signals come from its recording; those of the host are for us ourselves. */
int machine_forward_start(struct lockstep_machine *machine, const struct lockstep_options *options, struct lockstep_error *error) {
    if (machine->session) scheduler_set_door(machine->scheduler, session_door(machine->session), take, machine->kernel);
    if (!machine->forwards || machine->lends || start_watcher(machine) == 0) return 0;
    return machine_fail(error, LOCKSTEP_NO_RESOURCE, 0, "cannot start the thread that takes signals");
}

/* The first thread's, while it is the only one; others find the watcher there. */
static int close_first(struct lockstep_machine *machine) {
    if (machine->watcher || !machine->forwards) return 0;
    host_signal_open(false);
    if (start_watcher(machine) == 0) return 0;
    host_signal_open(true);
    return -EAGAIN;
}

void machine_init_stopped(void *arg) {
    struct lockstep_machine *machine = arg;
    if (machine->forwards && close_first(machine) == 0) host_signal_stop_self();
}

static void take_noted(struct lockstep_machine *machine) {
    struct host_signal signal;
    while (host_signal_take(&signal)) forward(machine, &signal);
}

/* What was noted when the thread had no time to look is for those that it leaves behind. */
void machine_open(void *arg, bool open) {
    struct lockstep_machine *machine = arg;
    if (!machine->watcher) host_signal_open(open);
    if (!open) take_noted(machine);
}

void machine_take_signals(void *arg) {
    close_first(arg); /* if that cannot be, the next signal comes here as well */
    take_noted(arg);
}

int machine_more_threads(void *arg) {
    return close_first(arg);
}

void machine_forward_stop(struct lockstep_machine *machine) {
    if (machine->watcher) host_signal_unwatch(machine->watcher);
    machine->watcher = NULL;
}
