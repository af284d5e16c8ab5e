/* SPDX-License-Identifier: ISC */
/* One machine: everything that a guest consists of hangs here. For machine/ only.
 * Invariant: parts are made in the order of the fields and freed backwards; each outlives those below it. */
#pragma once

#include "base/log.h"
#include "cpu/cpu.h"
#include "cpu/engine.h"
#include "host/host.h"
#include "include/lockstep/lockstep.h"
#include "machine/branch.h"
#include "mmu/space.h"
#include "sched/scheduler.h"
#include "syscall/linux/fs/id_map.h"

struct fd_table;
struct guest_siginfo;
struct jit_store;
struct task;
struct fs_context;
struct kernel;
struct session;
struct vfs;

/* Of a replay, to a terminal; the carrier's. */
struct machine_progress {
    int64_t start_ns, next_ns;
    uint64_t base; /* byte of the trace where it began */
    bool is_shown;
};

struct lockstep_machine {
    /* immutable after lockstep_machine_new */
    struct log log;
    struct session *session;        /* owned; NULL: neither recorded nor replayed */
    struct machine_progress progress;
    const struct engine *engine;
    enum space_memory memory;
    struct id_map ids;              /* the host's user and group, and which ones the guest sees in their place */
    int net;                        /* enum net_reach of net/net.h */
    struct host_mutex split_lock;   /* taken by locked accesses that cross a cache line */
    struct cpu_env cpu_env;
    struct strategy *strategy;           /* owned; of a serial scheduler */
    struct strategy *chosen;             /* borrowed: that one or one of those below */
    struct strategy_log schedule_log;    /* of an explored machine */
    struct strategy_switch *switches;    /* owned: the schedule that is replayed; NULL: none */
    struct strategy_schedule schedule;
    struct random_stream random;         /* of a serial machine: its randomness */
    struct entropy entropy;
    struct scheduler *scheduler;
    struct jit_store *code_store;
    char *code_dir;                      /* owned; host directory where translated code is kept, NULL: it is not */
    void *code_bytes;                    /* owned: the file that was loaded, NULL: none */
    size_t code_bytes_size;
    uint64_t code_root;                  /* hash of the guest's root */
    char code_file[128];                 /* there, of the first program; "" before it starts */
    struct frame_pool *frame_pool;
    struct vfs *vfs;
    struct strace *strace; /* owned; NULL: calls are not traced */
    struct kernel *kernel;
    char *place;                         /* owned; guest path to start in, NULL: "/" */
    char *explainer_root;                /* owned; host directory of the guest's /, "": the host's own; NULL: crashes are not explained */
    bool inherit_descriptors;
    uint64_t inherited_ignored, inherited_blocked; /* host signals as bits, 0 when they are not forwarded */
    bool forwards, lends;                /* host signals to the guest; the waiting thread to the first guest thread */
    struct host_signal_watcher *watcher; /* user's and first guest thread only, until it is there; NULL: not needed so far */
    void (*go_on)(struct lockstep_machine *machine); /* NULL: our process stays one */
    struct host_front front;

    struct watch *watch;                 /* owned; NULL: accesses to memory are no decision points */
    const struct machine_hooks *hooks;   /* borrowed; NULL: nobody explores */
    bool has_branched;                   /* carrier only, as outcome */
    struct machine_outcome outcome;

    /* user's thread only */
    bool started, ended;
    int status; /* of the first process, as wait(2) has it, once ended */
};

/* Fills *error and returns -1. number: -E or 0. */
int machine_fail(struct lockstep_error *error, enum lockstep_error_kind kind, int number, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* choice.c: resolves the options that choose among implementations. Return 0 or -1 with *error. */
int machine_choose(const struct lockstep_options *options, const struct engine **engine, enum space_memory *memory,
                   struct lockstep_error *error);
int machine_choose_cpu(const char *name, const struct cpu_model **out, struct lockstep_error *error);
int machine_choose_net(const char *name, int *out, struct lockstep_error *error);

/* environment.c: what the CPU and the kernel learn from outside. */
void machine_init_entropy(struct lockstep_machine *machine, bool is_serial);
void machine_init_cpu_env(struct lockstep_machine *machine, const struct cpu_model *model);

/* forward.c: host signals to guest signals. */
/* Before any other thread exists. */
void machine_forward_init(struct lockstep_machine *machine, const struct lockstep_options *options);
int machine_forward_start(struct lockstep_machine *machine, const struct lockstep_options *options, struct lockstep_error *error);
void machine_forward_stop(struct lockstep_machine *machine);
/* The kernel's news that the first process has stopped: our own process follows; and its other callbacks. arg: the machine. */
void machine_init_stopped(void *arg);
void machine_open(void *arg, bool open);
void machine_take_signals(void *arg);
int machine_more_threads(void *arg);

/* front.c: the kernel's news that the first process makes a second one: our process may become two; and that the first one has ended
 * before others. arg: the machine. */
bool machine_first_fork(void *arg, struct task *task);
void machine_front_settle(void *arg);
/* Our process is about to end, and all that the machine was to others is done. */
void machine_front_end(struct lockstep_machine *machine);
void machine_init_gone(void *arg, int status);

/* explain.c: find returns 0 or -1 with *error. The other goes into kernel_options. */
int machine_find_explainer(struct lockstep_machine *machine, const char *rootfs, struct lockstep_error *error);
void machine_explain_crash(void *arg, struct task *task, const struct guest_siginfo *info);

/* branch.c: go into kernel_options; arg: the machine. watch: the scheduler's news become outcomes. */
void machine_note_crash(void *arg, struct task *task, const struct guest_siginfo *info);
void machine_note_end(void *arg, int status);
void machine_note_clone(void *arg, struct task *task);
void machine_note_access(void *arg, const struct task *task, const struct strategy_event *event);
void machine_watch(struct lockstep_machine *machine);

/* watch.c: sees accesses to memory that threads share. learned: what earlier runs saw and this one adds to; borrowed; NULL: every access
 * to such a page is a decision point. NULL without memory. */
struct watch *watch_new(struct scheduler *scheduler, struct machine_learned *learned);
void watch_free(struct watch *watch);
struct mem_tap *watch_tap(struct watch *watch);
/* What has been learned since holds from now on. tlb: of the running thread. */
void watch_begin(struct watch *watch, struct tlb *tlb);

/* schedule.c: makes the strategy that the options ask for. Returns 0 or -1 with *error. */
int machine_make_strategy(struct lockstep_machine *machine, const struct lockstep_options *options, struct strategy **out,
                          struct lockstep_error *error);

/* code_cache.c: translated code that is shared and kept. open: 0 or -ENOMEM. */
int machine_open_code(struct lockstep_machine *machine, const struct lockstep_options *options);
/* What was kept for the first program, before it starts. */
void machine_load_code(struct lockstep_machine *machine, const char *program);
/* When nothing runs any more. */
void machine_close_code(struct lockstep_machine *machine);

/* descriptors.c: the first process's table, from our own descriptors. Returns NULL without memory. */
struct fd_table *machine_make_descriptors(struct lockstep_machine *machine);

/* run.c: the first process's directories: it starts where we were when the machine was made, if that is inside its
 * root. find: 0 or -ENOMEM. make returns NULL without memory. */
/* user: "UID" or "UID:GID"; NULL: the host's. Returns 0, or -1 with *error filled. */
int machine_choose_user(const char *user, struct id_map *out, struct lockstep_error *error);
int machine_find_place(struct lockstep_machine *machine, const char *rootfs);
struct fs_context *machine_make_place(struct lockstep_machine *machine);
