/* SPDX-License-Identifier: ISC */
/* A machine under a debugger: the one interface that the gdb server and the terminal debugger use. The machine is serial; it is either
 * stopped as a whole, and then may be looked at and changed, or it runs until the next stop.
 * Calls come from one thread, the debugger's; all but target_interrupt, target_wait and target_is_stopped want the machine stopped.
 * Errors are Linux numbers, negative. */
#pragma once

#include "cpu/xsave.h"
#include "include/lockstep/lockstep.h"
#include "syscall/linux/abi/ptrace.h"
#include "syscall/linux/abi/siginfo.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct target;
struct process;
struct task;

enum target_stop_kind {
    TARGET_STARTED,        /* before the first instruction */
    TARGET_SOUGHT,         /* where target_seek wanted to be */
    TARGET_STEPPED, TARGET_BREAKPOINT, TARGET_SIGNALLED, TARGET_INTERRUPTED,
    TARGET_WATCH_CHANGED,  /* the bytes at `address`, by the instruction or the system call before, */
    TARGET_WATCH_READ, TARGET_WATCH_ACCESSED, /* or an access to them by the instruction */
    TARGET_FORKED, TARGET_VFORKED, TARGET_VFORK_DONE, TARGET_CLONED, /* value: the child's tid */
    TARGET_EXECED,         /* value: the thread's tid before */
    TARGET_CALL_ENTRY, TARGET_CALL_EXIT, /* value: number of the system call */
    TARGET_THREAD_ENDED,   /* value: its wait status */
    TARGET_PROCESS_ENDED,  /* value: the wait status; there is no such process any more */
    TARGET_HISTORY_BEGINS, /* said by whoever went back there */
    TARGET_HISTORY_ENDS,   /* of a replay: the first process is about to end */
};

struct target_stop {
    enum target_stop_kind kind;
    int pid, tid;
    int signo;        /* TARGET_SIGNALLED */
    int64_t value;
    uint64_t address; /* of a watchpoint */
};

/* What a thread does after target_resume. */
enum target_action { TARGET_HOLD, TARGET_GO, TARGET_STEP };
/* An order is for the threads that it names and for those that they make: the first that fits counts; none: TARGET_HOLD. */
enum { TARGET_ALL = -1, TARGET_MAX_ORDERS = 64 };
struct target_order {
    int pid, tid;               /* TARGET_ALL: any */
    enum target_action action;
    int signo;                  /* delivered first; 0: none, and the signal that it stopped for is dropped */
    uint64_t range_start, range_end; /* TARGET_STEP: on while rip is in there; both 0: one instruction */
};

struct target_options {
    struct lockstep_options machine; /* deterministic is implied */
};

/* Makes a machine that will stop before the first instruction of path. argv, envp: borrowed for the call. Returns 0, or -1 with *error. */
int target_new(const struct target_options *options, struct target **out, struct lockstep_error *error);
struct lockstep_machine *target_machine(struct target *target);
int target_start(struct target *target, const char *path, char *const argv[], char *const envp[], struct lockstep_error *error);
/* Ends what is left of the machine, and frees it. */
void target_free(struct target *target);

/* --- Time, of a replay (machine.replay): nothing that is looked at can be written (-EROFS), nothing is held, signals are delivered as
 * they were. history.h goes back. --- */

/* Instructions that all threads have retired. */
uint64_t target_time(const struct target *target);
/* A place in time: before the thread's next instruction, when it has retired so many. tid TARGET_ALL: before anybody's, when all have. */
struct target_point {
    int tid;
    uint64_t retired;
};
/* A breakpoint (size 0) of a process and those that it forks, or a watchpoint. */
enum target_watch_kind { TARGET_CHANGES, TARGET_READS, TARGET_ACCESSES };
struct target_break {
    uint64_t address;
    unsigned size;
    int pid;
    enum target_watch_kind kind; /* of a watchpoint */
};
int target_set_break(struct target *target, const struct target_break *b, bool on);
/* All that there are. */
void target_clear_breaks(struct target *target);
/* A stop comes at the point (TARGET_SOUGHT), and none before. Not while the machine is stopped. */
void target_seek(struct target *target, const struct target_point *point);
/* Runs until target_time is `until`, and stops there (TARGET_SOUGHT), or where the history ends. What is found is the last place before at
 * which one of n breakpoints was hit, or from which the thread changed what is watched. breaks: borrowed until then. */
struct target_found {
    struct target_point point; /* tid 0: none */
    uint64_t time;             /* target_time there */
    struct target_break hit;   /* which one */
};
void target_scan(struct target *target, uint64_t until, const struct target_break *breaks, size_t n);

bool target_is_stopped(const struct target *target);
/* The last process has ended: resumed, the machine would never stop again. */
bool target_has_ended(const struct target *target);
/* n orders, n <= TARGET_MAX_ORDERS. */
void target_resume(struct target *target, const struct target_order *orders, size_t n);
/* Waits until the machine has stopped (1, *stop filled), or host descriptor fd is readable (0; fd -1: none). -EINTR: a signal of the host. */
int target_wait(struct target *target, int fd, struct target_stop *stop);
/* From any thread: the machine stops soon, if it runs. */
void target_interrupt(struct target *target);
/* The process runs on undisturbed, and is not seen any more; all of them: the machine does, and never stops again. */
void target_detach(struct target *target, int pid);
void target_detach_all(struct target *target);
/* It dies when the machine goes on, and is not seen any more. */
int target_kill(struct target *target, int pid);
void target_kill_all(struct target *target);
/* All that is seen dies, the rest runs on, and nothing stops any more. */
void target_kill_seen(struct target *target);

/* What stops beside breakpoints and signals. */
struct target_catches {
    bool forks, vforks, execs, clones, thread_ends; /* vforks: TARGET_VFORK_DONE, too */
    bool calls;                 /* system calls: */
    uint64_t call_set[16];      /* bits by number; all_calls: each one */
    bool all_calls;
    uint64_t passed_signals;    /* signals that are delivered without a stop: bit n - 1 */
};
void target_catch(struct target *target, const struct target_catches *catches);

/* Threads in order of process and number. cb returns non-zero to end. */
struct target_thread {
    int pid, tid;
    const char *name;
    char state; /* as in /proc */
};
int target_each_thread(struct target *target, int (*cb)(const struct target_thread *thread, void *arg), void *arg);
/* The first of them: 0, or -ESRCH. */
int target_first_thread(struct target *target, int *pid, int *tid);
/* The pid of a thread, or -ESRCH. */
int target_pid_of(struct target *target, int tid);

struct target_registers {
    struct guest_user_regs user;
    uint8_t xstate[XSAVE_SIZE]; /* as XSAVE writes it */
};
int target_get_registers(struct target *target, int tid, struct target_registers *out);
/* -EBUSY: the thread is inside a system call. */
int target_set_registers(struct target *target, int tid, const struct target_registers *registers);
/* Instructions that the thread has retired; UINT64_MAX: there is no such thread. */
uint64_t target_retired(struct target *target, int tid);
/* The signal that the thread has stopped for, or -ENOENT. */
int target_get_siginfo(struct target *target, int tid, struct guest_siginfo *out);
int target_set_siginfo(struct target *target, int tid, const struct guest_siginfo *info);

/* Whatever the rights. Return how many bytes from the front could be moved, or -ESRCH. */
int64_t target_read(struct target *target, int pid, uint64_t gva, void *out, size_t n);
int64_t target_write(struct target *target, int pid, uint64_t gva, const void *bytes, size_t n);
int target_set_breakpoint(struct target *target, int pid, uint64_t gva, bool on);
/* Stops behind whatever changes the bytes, also a system call, or what instructions (not system calls) read or access them; size is at most
 * TARGET_WATCH_MAX. While there is one, all is interpreted, and runs one instruction at a time if the memory is shared with other mappings,
 * or if the machine itself looks at single accesses. -ENOSPC: there are too many. */
enum { TARGET_WATCH_MAX = 64, TARGET_MAX_WATCHES = 64 };
int target_set_watchpoint(struct target *target, const struct target_break *watch, bool on);

/* Calls fn with the process held; for what only the kernel's own structures know. Returns what fn does, or -ESRCH. */
int64_t target_with_process(struct target *target, int pid, int64_t (*fn)(struct process *process, void *arg), void *arg);
