/* SPDX-License-Identifier: ISC */
/* Between the files of debugger/ that make the target. The carrier (hooks.c) and the debugger's thread take turns: `state` says whose it
 * is, and whoever's turn it is not touches nothing else. */
#pragma once

#include "debugger/target.h"
#include "debugger/timeline.h"

#include "machine/machine.h"
#include "syscall/linux/process/debugger.h"

#include <uthash.h>

/* What is known of a thread; from its first instruction, or the first question about it, to its end. */
struct debugged_thread {
    int tid;
    uint64_t generation;        /* of the orders that it follows */
    struct target_order order;
    bool is_held;               /* asleep because of its order */
    bool in_hook;               /* its registers may be changed: it is not inside a call */
    uint64_t began_retired, began_rip; /* when its order began */
    bool passes;                /* it was seen at passed_rip: the breakpoint there is behind it */
    uint64_t passed_rip, passed_retired;
    uint64_t watch_generation;  /* that its TLB knows */
    int sent_signo;             /* the debugger's own: not shown again */
    struct guest_siginfo *info; /* borrowed from its stack while it is stopped for a signal; NULL */
    UT_hash_handle hh;
};

struct watchpoint {
    struct target_break what;
    const struct address_space *space; /* where that was when it was looked at; only compared */
    bool is_shared;                 /* taps do not see who writes */
    bool is_there;                  /* the memory is, and had this: */
    uint8_t old[TARGET_WATCH_MAX];
};

enum target_state { TARGET_IS_RUNNING, TARGET_IS_STOPPED };

struct target {
    struct debugger debugger;   /* first: what the kernel calls */
    struct lockstep_machine *machine;
    int event;                  /* host event: set while stopped */
    _Atomic uint32_t state;     /* atomic, futex word: enum target_state */
    _Atomic bool interrupt;     /* atomic: a stop is wanted */

    struct target_stop stop;
    struct target_catches catches;
    struct target_order orders[TARGET_MAX_ORDERS];
    size_t n_orders;
    uint64_t generation;        /* of the orders */
    struct debugged_thread *threads; /* hash by tid */
    int *ignored;               /* owned: pids of processes that are not seen */
    size_t n_ignored;
    int last_pid, last_tid;     /* that ran */
    bool has_started;
    bool is_replay;
    bool is_ending;             /* TARGET_HISTORY_ENDS has been told */
    bool has_ended;             /* the last process has */
    struct target_point sought; /* tid 0: nothing is */
    struct {
        uint64_t until;         /* 0: there is no scan */
        const struct target_break *breaks;
        size_t n;
        bool has_begun;         /* what it looks for has been set */
        struct target_found found;
    } scan;
    struct timeline timeline;
    struct watchpoint watches[TARGET_MAX_WATCHES];
    size_t n_watches;
    struct mem_tap tap;
    uint64_t watch_generation;  /* of the watches */
    struct watchpoint *accessed; /* by an instruction that is about to pass; NULL */
    uint64_t last_retired, last_time; /* what last_tid, and all, had retired when it began its last turn */
    bool is_free;               /* nothing stops any more */
};

void target_hooks_init(struct target *target);
/* The carrier, in a copy of the process that waited: nobody debugs it yet, and nothing is left of what the one before wanted. */
void target_wake(struct target *target);
/* NULL without memory. */
struct debugged_thread *target_thread(struct target *target, int tid);
bool target_ignores(const struct target *target, int pid);
/* Without memory it is seen further. */
void target_ignore(struct target *target, int pid);
void target_see(struct target *target, int pid);
/* watch.c: the first watched thing that has changed since it was looked at, which is now; NULL: none. */
const struct watchpoint *watch_look(struct target *target);
void watch_init(struct target *target);
/* The thread's accesses come by, from now on, as long as there are watches; thread NULL: never. */
void watch_before_run(struct target *target, struct debugged_thread *thread, struct task *task);
/* Whether taps do not see all of it. */
bool watch_must_step(const struct target *target);
enum target_stop_kind target_stop_of_watch(enum target_watch_kind kind);
struct kernel *target_kernel(const struct target *target);
