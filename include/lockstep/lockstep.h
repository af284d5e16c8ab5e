/* SPDX-License-Identifier: ISC */
/* Lockstep's embedding interface: a Linux x86-64 machine inside your process. Everything is a machine; there may be
 * several, they share nothing. Calls on one machine come from one thread, save lockstep_machine_signal.
 *
 *     struct lockstep_options options = lockstep_options_default();
 *     struct lockstep_machine *machine;
 *     struct lockstep_error error;
 *     struct lockstep_status status;
 *     if (lockstep_machine_new(&options, &machine, &error)) ...
 *     if (lockstep_machine_start(machine, "/bin/true", argv, envp, &error)) ...
 *     lockstep_machine_wait(machine, &status);
 *     lockstep_machine_free(machine);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lockstep_machine;
struct machine_hooks;
struct lockstep_trace; /* trace.h */

struct lockstep_options {
    const char *engine;   /* "auto", "interp", "jit" */
    const char *memory;   /* "auto", "paged", "window" */
    unsigned jit_cache_mib; /* for translated code of each process, at most 256; 0: the default, 128 */
    const char *jit_cache_dir; /* host directory that keeps translated code for later runs; NULL: none does */
    const char *cpu;      /* CPU model by name; NULL: the default one */
    const char *net;      /* what sockets reach: "host", "none", "loopback" (the machine's own); NULL: "host" */
    const char *rootfs;   /* host directory that is the guest's /; NULL: the host's own */
    const char *user;     /* "UID" or "UID:GID" that the first process has, and that the files of the host's user and group
                           * seem to have; everybody else's are 65534's then. NULL: the host's ids, and all files are as they are */
    bool strace;          /* print every system call */
    bool strace_count;    /* print a table of system calls at the end */
    const char *strace_file;   /* where strace writes; NULL: stderr */
    const char *strace_filter; /* "open,%file,!futex": names and classes of calls; NULL: all */
    bool strace_clock, strace_relative, strace_duration; /* times that strace shows */
    bool verbose;         /* say more on stderr */
    bool count;           /* count instructions exactly, in every engine; strace and verbose then say the counts */
    bool explain_crash;   /* say on stderr where and why a process crashed; wants lockstep-explain beside this program */
    bool fixed_addresses; /* no randomisation of the guest's layout */
    /* One thread at a time, chosen by the seed, and time, randomness and addresses that the seed decides: the same seed gives the same
     * run. The number of processors that the guest sees is fixed, and instructions are counted. */
    bool deterministic;
    uint64_t seed;
    const char *strategy; /* by name, of a deterministic machine; NULL: "random" */
    unsigned depth;       /* of the strategy pct; 0: its own */
    const char *schedule; /* host file with a schedule that `explore` wrote: done again instead of a strategy; NULL: none */
    const struct machine_hooks *hooks; /* Lockstep's own explorer; NULL otherwise */
    /* A file to record the run to (NULL: none); the machine is deterministic then. argv and envp, NULL-terminated: what will be started. */
    const char *record;
    char *const *record_argv, *const *record_envp;
    struct lockstep_trace *replay; /* set by lockstep_trace_apply */
    bool quiet;                    /* of a replay: do not show again what was written to standard output and error */
    /* Of a replay in a process that is copied: how far into the trace that has been shown by any copy, in memory that they share; only what
     * comes later is. NULL: the process is not copied. */
    uint64_t *shown;
    bool progress;                 /* of a replay: say on a terminal behind stderr how far it is, if the program's output goes elsewhere */
    /* Take the signals that the host sends to this process and give them to the guest's first process. Blocks them
     * in the calling thread; make the machine before any other thread. */
    bool forward_signals;
    /* The guest's first thread may run on the thread that is in lockstep_machine_wait, and not before: starts a small program faster. For
     * a process with one machine, with forward_signals; does nothing where time is not the host's. */
    bool lend_thread;
    /* With forward_signals: when the first process makes a second one, our process may become two: this one waits in place of the
     * first process, for whose end it ends, too; in the new one the machine goes on. If the thread in lockstep_machine_wait is not there, this
     * is called on one of its own, to wait for the machine and to end the process. NULL: our process stays one. */
    void (*go_on)(struct lockstep_machine *machine);
    /* Give the guest the descriptors that this process was started with; else none but 0, 1, 2. */
    bool inherit_descriptors;
    /* A fault of Lockstep itself prints one line and ends this process with status 125. */
    bool report_faults;
};

struct lockstep_options lockstep_options_default(void);

enum lockstep_error_kind {
    LOCKSTEP_UNAVAILABLE, /* an option asks for what this build or host does not have */
    LOCKSTEP_NO_RESOURCE, /* memory, threads, descriptors */
    LOCKSTEP_NOT_FOUND,   /* no such program */
    LOCKSTEP_NOT_RUNNABLE /* a program that cannot be executed */
};

struct lockstep_error {
    enum lockstep_error_kind kind;
    int number;     /* Linux's error number, 0 when there is none */
    char text[320]; /* one line for people, without a newline */
};

/* Returns 0 and the machine, or -1 with *error filled. The options' strings are only used during the call. */
int lockstep_machine_new(const struct lockstep_options *options, struct lockstep_machine **machine,
                         struct lockstep_error *error);
/* Finds a program as execvp(3) does, among the guest's files: a name without a slash in the directories of `search`
 * ("dir:dir", NULL: /bin:/usr/bin). Returns 0 with the guest path in out, or -1 with *error filled. */
int lockstep_machine_find(struct lockstep_machine *machine, const char *name, const char *search, char *out,
                          size_t size, struct lockstep_error *error);
/* Starts the first process. path: guest path; argv, envp: NULL-terminated. Once per machine. Returns 0 or -1. */
int lockstep_machine_start(struct lockstep_machine *machine, const char *path, char *const argv[],
                           char *const envp[], struct lockstep_error *error);

struct lockstep_status {
    bool signaled; /* ended by a signal */
    int code;      /* exit code 0..255, or the signal's number */
};

/* Waits until the first process has ended and no process of the machine is left; *status is the first one's.
 * A signal that ends programs, sent after the first process has ended, ends the others. */
void lockstep_machine_wait(struct lockstep_machine *machine, struct lockstep_status *status);
/* Sends a signal (Linux's number) to the first process as a terminal would. From any thread while the machine is. */
void lockstep_machine_signal(struct lockstep_machine *machine, int number);
/* Ends every process that is left and frees the machine. */
void lockstep_machine_free(struct lockstep_machine *machine);

/* "0.1.0" */
const char *lockstep_version(void);

#ifdef __cplusplus
}
#endif
