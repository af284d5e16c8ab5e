/* SPDX-License-Identifier: ISC */
/* Makes and frees a machine: the one place where the parts meet. */
#include "machine/machine.h"

#include "base/error.h"
#include "cpu/model.h"
#include "host/limits.h"
#include "machine/session.h"
#include "mmu/space.h"
#include "replay/session.h"
#include "syscall/linux/fs/tty.h"
#include "syscall/linux/fs/vfs.h"
#include "syscall/linux/process/kernel.h"
#include "syscall/linux/procfs/procfs.h"
#include "syscall/linux/run.h"
#include "syscall/linux/strace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int machine_fail(struct lockstep_error *error, enum lockstep_error_kind kind, int number, const char *fmt, ...) {
    va_list ap;
    error->kind = kind;
    error->number = number < 0 ? -number : number;
    va_start(ap, fmt);
    vsnprintf(error->text, sizeof error->text, fmt, ap);
    va_end(ap);
    return -1;
}

static int no_memory(struct lockstep_error *error) {
    return machine_fail(error, LOCKSTEP_NO_RESOURCE, -ENOMEM, "no memory for the machine");
}

struct lockstep_options lockstep_options_default(void) {
    return (struct lockstep_options){.engine = "auto", .memory = "auto", .net = "host"};
}

static int choose(struct lockstep_machine *machine, const struct lockstep_options *options,
                  struct lockstep_error *error) {
    const struct cpu_model *model;
    if (machine_choose(options, &machine->engine, &machine->memory, error)) return -1;
    if (machine_choose_cpu(options->cpu, &model, error)) return -1;
    if (machine_choose_net(options->net, &machine->net, error)) return -1;
    if (machine_choose_user(options->user, &machine->ids, error)) return -1;
    machine_init_cpu_env(machine, model);
    machine->cpu_env.counting = options->count || options->deterministic;
    machine->cpu_env.is_copied = options->shown != NULL;
    machine->cpu_env.code_limit = (size_t)options->jit_cache_mib << 20;
    return 0;
}

static int make_files(struct lockstep_machine *machine, const struct lockstep_options *options,
                      struct lockstep_error *error) {
    const struct vfs_options vfs_options = {.rootfs = options->rootfs, .log = &machine->log, .scheduler = machine->scheduler,
                                            .entropy = machine->entropy, .ids = machine->ids};
    int err = 0;
    machine->vfs = vfs_new(&vfs_options, &err);
    if (machine->vfs) return machine_find_place(machine, options->rootfs) == 0 ? 0 : no_memory(error);
    const char *root = options->rootfs ? options->rootfs : "/";
    return machine_fail(error, LOCKSTEP_UNAVAILABLE, err, "cannot use %s as root: %s", root, error_text(err));
}

static int make_strace(struct lockstep_machine *machine, const struct lockstep_options *options,
                       struct lockstep_error *error) {
    const struct strace_options strace = {
        .lines = options->strace, .count = options->strace_count, .file = options->strace_file, .filter = options->strace_filter,
        .clock = options->strace_clock, .relative = options->strace_relative, .duration = options->strace_duration,
    };
    char reason[256];
    if (!strace.lines && !strace.count) return 0;
    machine->strace = strace_new(&strace, reason, sizeof reason);
    return machine->strace ? 0 : machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "strace: %s", reason);
}

/* A machine that is watched from outside stays where it is. */
static bool can_split(const struct lockstep_machine *machine, const struct lockstep_options *options) {
    return machine->go_on && options->forward_signals && !machine->hooks && !machine->session;
}

static int make_kernel(struct lockstep_machine *machine, const struct lockstep_options *options,
                       struct lockstep_error *error) {
    struct kernel_options kernel_options = {
        .log = &machine->log,
        .engine = machine->engine,
        .run_task = task_run,
        .cpu_env = &machine->cpu_env,
        .frame_pool = machine->frame_pool,
        .vfs = machine->vfs,
        .scheduler = machine->scheduler,
        .entropy = machine->entropy,
        .n_cpus = (int)machine->cpu_env.n_processors,
        .net = machine->net,
        .strace = machine->strace,
        .uid = machine->ids.uid,
        .gid = machine->ids.gid,
        .hwcap = cpu_model_hwcap(machine->cpu_env.model),
        .hwcap2 = cpu_model_hwcap2(machine->cpu_env.model),
        .fixed_addresses = options->fixed_addresses,
        .core_limit = host_limit_core(),
        .inherited_ignored = machine->inherited_ignored,
        .inherited_blocked = machine->inherited_blocked,
        .explain_crash = machine->hooks ? machine_note_crash : options->explain_crash ? machine_explain_crash : NULL,
        .explain_crash_arg = machine,
        .tap = machine->watch ? watch_tap(machine->watch) : NULL,
        .access = machine->hooks && machine->hooks->access ? machine_note_access : NULL,
        .access_arg = machine,
        .before_clone = machine->hooks ? machine_note_clone : NULL,
        .before_clone_arg = machine,
        .init_stopped = machine_init_stopped,
        .open = machine->lends ? machine_open : NULL,
        .take = machine_take_signals,
        .more = machine_more_threads,
        .first_fork = can_split(machine, options) ? machine_first_fork : NULL,
        .forked = machine_front_settle,
        .init_gone = machine_init_gone,
        .last_ends = machine->hooks ? machine_note_end : NULL,
        .callback_arg = machine,
        .at_call = machine->session ? session_at_call : NULL,
        .at_call_arg = machine->session,
    };
    machine->kernel = kernel_new(&kernel_options);
    if (!machine->kernel) return no_memory(error);
    struct node *proc = procfs_new(machine->vfs, machine->kernel);
    return proc && vfs_mount(machine->vfs, "proc", proc) == 0 ? 0 : no_memory(error);
}

static int make_scheduler(struct lockstep_machine *machine, const struct lockstep_options *options, struct lockstep_error *error) {
    machine_init_entropy(machine, options->deterministic);
    machine->random.state = ~options->seed;
    struct strategy *chosen = machine->chosen;
    if (chosen) chosen = machine_session_strategy(machine, chosen);
    machine->scheduler = scheduler_new(chosen);
    if (!machine->scheduler) return no_memory(error);
    if (machine->hooks) machine_watch(machine);
    return 0;
}

/* Translated code does not show its accesses. */
static int make_watch(struct lockstep_machine *machine) {
    const bool is_explored = machine->hooks && !machine->session; /* a recording is what it was */
    const bool is_wanted = is_explored || (machine->strategy && machine->strategy->points & 1u << STRATEGY_ACCESS);
    if (!is_wanted) return 0;
    machine->watch = watch_new(machine->scheduler, is_explored ? machine->hooks->learned : NULL);
    machine->engine = &engine_interp;
    return machine->watch ? 0 : -1;
}

static int build(struct lockstep_machine *machine, const struct lockstep_options *options,
                 struct lockstep_error *error) {
    host_mutex_init(&machine->split_lock);
    machine->log.verbose = options->verbose;
    machine->go_on = options->go_on;
    machine->inherit_descriptors = options->inherit_descriptors;
    if (options->explain_crash && machine_find_explainer(machine, options->rootfs, error)) return -1;
    machine->hooks = options->hooks;
    if (make_scheduler(machine, options, error)) return -1;
    if (choose(machine, options, error)) return -1;
    if (machine_open_code(machine, options)) return no_memory(error);
    machine->frame_pool = frame_pool_new(machine->memory);
    if (!machine->frame_pool) return no_memory(error);
    if (options->deterministic) frame_pool_lay_out_as_windows(machine->frame_pool);
    if (make_watch(machine)) return no_memory(error);
    if (make_files(machine, options, error)) return -1;
    if (make_strace(machine, options, error)) return -1;
    if (vfs_has_terminal(machine->vfs)) machine->lends = false;
    if (make_kernel(machine, options, error)) return -1;
    return machine_forward_start(machine, options, error);
}

static int begin(struct lockstep_machine *machine, const struct lockstep_options *options, struct lockstep_error *error) {
    if (options->deterministic && machine_make_strategy(machine, options, &machine->chosen, error)) return -1;
    if (machine_make_session(machine, options, error)) return -1;
    host_kick_init();
    host_bus_guard_init();
    if (options->report_faults) host_crash_init();
    host_fault_init();
    machine_forward_init(machine, options);
    return build(machine, options, error);
}

int lockstep_machine_new(const struct lockstep_options *options, struct lockstep_machine **machine,
                         struct lockstep_error *error) {
    struct lockstep_options chosen = *options;
    struct lockstep_machine *made = calloc(1, sizeof *made);
    *machine = NULL;
    if (!made) return no_memory(error);
    chosen.deterministic |= options->record || options->replay;
    if (begin(made, &chosen, error)) {
        lockstep_machine_free(made);
        return -1;
    }
    *machine = made;
    return 0;
}

void lockstep_machine_free(struct lockstep_machine *machine) {
    if (!machine) return;
    machine_forward_stop(machine);
    if (machine->kernel) kernel_free(machine->kernel);
    strace_free(machine->strace);
    if (machine->vfs) vfs_free(machine->vfs);
    if (machine->frame_pool) frame_pool_free(machine->frame_pool);
    machine_close_code(machine);
    scheduler_free(machine->scheduler);
    machine_end_session(machine);
    watch_free(machine->watch);
    strategy_free(machine->strategy);
    free(machine->switches);
    host_mutex_fini(&machine->split_lock);
    free(machine->place);
    free(machine->explainer_root);
    machine_front_end(machine);
    free(machine);
}
