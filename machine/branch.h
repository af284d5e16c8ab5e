/* SPDX-License-Identifier: ISC */
/* What an explorer does with a machine: it is called where the program stops being one thread, may copy the whole process there, gives
 * each copy another schedule, and hears how it ended. For explore/ and machine/. */
#pragma once

#include "include/lockstep/lockstep.h"
#include "sched/strategy.h"

enum machine_ending { MACHINE_EXITED, MACHINE_SIGNALED, MACHINE_STUCK, MACHINE_LIMIT };

enum { MACHINE_STACK = 8, MACHINE_TEXT = 1536 };

struct machine_outcome {
    enum machine_ending ending;
    int code;                        /* exit code or signal of the first process, or of the first one that crashed */
    uint64_t retired, n_questions;
    unsigned n_threads;              /* that ever began */
    uint64_t stack[MACHINE_STACK];   /* of the crash: the instruction, then what look like return addresses; 0: no more */
    uint64_t stack_key;              /* of all that: equal for what is the same failure */
    char text[MACHINE_TEXT];         /* lines for people: who waits for what */
};

/* What runs of one program have seen of its memory. Shared by copies of the process that change it at any time, one word after the other. */
enum { LEARNED_PAGES = 4096, LEARNED_PLACES = 16384, LEARNED_COUNTED = 256, LEARNED_THREADS = 64 };
struct machine_learned {
    _Atomic uint64_t pages[LEARNED_PAGES];   /* hash table: pages that several threads access */
    _Atomic uint64_t places[LEARNED_PLACES]; /* hash table: words of 8 bytes, by address / 8, that several access and one writes */
    _Atomic uint64_t counted[LEARNED_COUNTED]; /* some of these places, */
    _Atomic uint32_t count[LEARNED_COUNTED][LEARNED_THREADS]; /* and how often threads, by number, access them in a run */
    _Atomic uint32_t n_counted;
};

/* One access to memory. */
struct machine_access {
    uint64_t retired, rip, address;
    uint32_t thread;
    uint16_t size;
    bool write;
};

/* Call-backs run on the machine's only thread. */
struct machine_hooks {
    /* The first process is about to make its first thread or child. */
    void (*branch)(void *arg);
    /* The run is over; outcome is borrowed. Does not return: it ends the process. */
    void (*ended)(void *arg, const struct machine_outcome *outcome);
    /* NULL: accesses are decision points. Else they are only told, before they are made: those to pages that several threads access. */
    void (*access)(void *arg, const struct machine_access *access);
    struct machine_learned *learned; /* NULL: every access to shared pages is a decision point */
    uint64_t limit;                  /* of instructions; may be changed in branch */
    void *arg;
};

/* From inside branch: the schedule from now on. Takes over the strategy. out: where its switches are kept, borrowed. */
void machine_reschedule(struct lockstep_machine *machine, struct strategy *strategy, struct strategy_switch *out, uint64_t room);
/* Has ready what a run with so many threads more is likely to map of the host's memory. */
void machine_get_ready(struct lockstep_machine *machine, unsigned n_threads);
/* The same, with the schedule that the machine has. */
void machine_log_schedule(struct lockstep_machine *machine, struct strategy_switch *out, uint64_t room);
/* How many switches there were. */
uint64_t machine_switches(const struct lockstep_machine *machine);
