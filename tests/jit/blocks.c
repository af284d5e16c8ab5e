/* SPDX-License-Identifier: ISC */
/* Random programs on two engines, compared in full: registers, defined flags, vectors, x87, memory, exceptions, counts.
 *   blocks [--a NAME] [--b NAME] [--count N | --seconds S] [--seed S] [--size N] [--repeat N] [--all 1] [--program N]
 * Exit status 0: all agree; 1: they do not, the first failing program is made small and printed (--all: each that fails gets a
 * line instead); 77: an engine is not available.
 * A program that does not end within 10 s is a difference. */
#include "tests/jit/subject.h"
#include "host/fault.h"
#include "host/memory.h"
#include "host/thread.h"
#include "mmu/space.h"
#include "tests/jit/agree.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIMIT 100000

struct options {
    const char *a, *b;
    uint64_t count, seed, program;
    unsigned seconds, size, repeat;
    bool all;
};

struct tester {
    struct subject *a, *b;
    struct program program, small;
    struct outcome_of_run of_a, of_b;
    uint64_t insns, counted_b, ended_by_fault;
    _Atomic uint64_t n_runs; /* atomic: for the watching thread */
};

/* Interrupts a program that does not end on B within 10 s; gives up if that does not help. */
static void *watch(void *arg) {
    struct tester *t = arg;
    uint64_t last = 0;
    for (unsigned same = 0;; same++) {
        nanosleep(&(struct timespec){0, 200000000}, NULL);
        if (t->n_runs != last) same = 0;
        last = t->n_runs;
        if (same >= 50) subject_interrupt(t->b);
        if (same < 150) continue;
        fprintf(stderr, "program %" PRIu64 " cannot be interrupted\n", t->program.seed);
        abort();
    }
    return NULL;
}

enum verdict { AGREE, DIFFER, TOO_LONG /* or not to be compared */ };

/* A stray access to where a translating engine keeps its own: a window does not protect that. */
static bool hits_engine(const struct tester *t, const struct outcome_of_run *run) {
    const struct exception *e = &run->exception;
    return subject_translates(t->b) && run->exit == EXIT_EXCEPTION && e->vector == EXCEPTION_PF && e->fault.gva >= SPACE_HOST_START &&
           e->fault.gva < SPACE_HOST_END;
}

static enum verdict compare(struct tester *t, const struct program *program, unsigned repeat, char *text, size_t size) {
    t->n_runs++;
    if (subject_translates(t->b)) subject_renew(t->b);
    subject_run(t->a, program, LIMIT, &t->of_a);
    if (t->of_a.retired >= LIMIT || hits_engine(t, &t->of_a)) return TOO_LONG;
    for (unsigned i = 0; i < repeat; i++) {
        if (i && subject_keeps(t->b)) subject_renew(t->b);
        subject_run(t->b, program, LIMIT + 10, &t->of_b);
        t->insns += t->of_a.retired;
        t->counted_b += t->of_b.retired;
        if (!outcomes_agree(program, &t->of_a, &t->of_b, subject_counts(t->b), text, size)) return DIFFER;
    }
    t->ended_by_fault += t->of_a.exit == EXIT_EXCEPTION;
    return AGREE;
}

/* The same kind of difference: the words before the comma. */
static bool is_same_kind(const char *a, const char *b) {
    const size_t n = strcspn(a, ",");
    return !strncmp(a, b, n);
}

/* Takes over t->small if it differs in the same way. */
static bool try_small(struct tester *t, unsigned repeat, char *text, size_t size) {
    char now[256];
    if (compare(t, &t->small, repeat, now, sizeof now) != DIFFER || !is_same_kind(now, text)) return false;
    t->program = t->small;
    snprintf(text, size, "%s", now);
    return true;
}

/* Ends it as early as possible, then leaves out whatever does not matter for the difference. */
static void minimise(struct tester *t, unsigned repeat, char *text, size_t size) {
    bool again = true;
    for (unsigned i = 0; i < t->program.n; i++) {
        t->small = t->program;
        if (CODE_GVA + t->program.insn[i].at >= t->program.start.rip && program_cut(&t->small, i) && try_small(t, repeat, text, size)) break;
    }
    while (again) {
        again = false;
        for (unsigned i = t->program.n; i-- > 0;) {
            t->small = t->program;
            if (program_leave_out(&t->small, i) && try_small(t, repeat, text, size)) again = true;
        }
    }
}

static void report(struct tester *t, const struct options *o, uint64_t seed) {
    char text[256] = "";
    program_make(&t->program, seed, o->size);
    const bool again = compare(t, &t->program, o->repeat, text, sizeof text) == DIFFER;
    printf("%s\n", again ? "again:" : "not again");
    if (again) {
        minimise(t, o->repeat, text, sizeof text);
        printf("made small: %s\n", text);
    }
    printf("start:");
    for (int i = 0; i < 16; i++) printf(" %016" PRIx64 "%s", t->program.start.gpr[i], i % 8 == 7 ? "\n      " : "");
    printf(" rflags %" PRIx64 "\n", t->program.start.rflags);
    program_print(&t->program);
    fflush(stdout);
}

static bool parse(int argc, char **argv, struct options *o) {
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--a")) o->a = argv[i + 1];
        else if (!strcmp(argv[i], "--b")) o->b = argv[i + 1];
        else if (!strcmp(argv[i], "--count")) o->count = strtoull(argv[i + 1], NULL, 0);
        else if (!strcmp(argv[i], "--seconds")) o->seconds = (unsigned)atoi(argv[i + 1]), o->count = UINT64_MAX;
        else if (!strcmp(argv[i], "--seed")) o->seed = strtoull(argv[i + 1], NULL, 0);
        else if (!strcmp(argv[i], "--size")) o->size = (unsigned)atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--repeat")) o->repeat = (unsigned)atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--all")) o->all = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--program")) o->program = strtoull(argv[i + 1], NULL, 0), o->count = 1;
        else return false;
    }
    return argc % 2 == 1;
}

static struct subject *open_subject(const char *name) {
    const char *why = "";
    struct subject *s = subject_new(name, &why);
    if (!s) {
        printf("skipped: engine %s: %s\n", name, why);
        exit(77);
    }
    return s;
}

static bool run_all(struct tester *t, const struct options *o) {
    const time_t end = time(NULL) + o->seconds;
    uint64_t done = 0, skipped = 0;
    char text[256];
    bool ok = true;
    for (uint64_t i = 0; (ok || o->all) && i < o->count && (!o->seconds || time(NULL) < end); i++) {
        const uint64_t seed = o->program ? o->program : o->seed * 1000000 + i;
        program_make(&t->program, seed, o->size);
        const enum verdict v = compare(t, &t->program, o->repeat, text, sizeof text);
        if (o->program) printf("%s: exit %d, vector %d, rip %" PRIx64 ", rflags %" PRIx64 "\n", o->a, t->of_a.exit, t->of_a.exception.vector,
                               t->of_a.after.rip, t->of_a.after.rflags);
        done++;
        skipped += v == TOO_LONG;
        if (v != DIFFER) continue;
        printf("program %" PRIu64 " differs: %s\n", seed, text);
        if (!o->all) report(t, o, seed);
        ok = false;
    }
    printf("%s against %s: %" PRIu64 " programs (%" PRIu64 " too long, %" PRIu64 " ended by an exception), %" PRIu64 " instructions",
           o->b, o->a, done, skipped, t->ended_by_fault, t->insns);
    if (!subject_counts(t->b)) printf(", %" PRIu64 " of them not translated", t->counted_b);
    if (subject_kicks(t->b)) printf(", %" PRIu64 " kicks", subject_kicks(t->b));
    printf(": %s\n", ok ? "agree" : "DIFFER");
    return ok && done;
}

int main(int argc, char **argv) {
    struct options o = {.a = "interp", .b = "steps", .count = 1000, .seed = 1, .size = 60, .repeat = 1};
    if (!parse(argc, argv, &o)) return fprintf(stderr, "blocks: bad arguments\n"), 2;
    host_kick_init();
    host_bus_guard_init();
    host_fault_init();
    struct tester *t = calloc(1, sizeof *t + 64);
    t = (struct tester *)(((uintptr_t)t + 63) & ~(uintptr_t)63);
    t->a = open_subject(o.a);
    t->b = open_subject(o.b);
    pthread_t watcher;
    if (pthread_create(&watcher, NULL, watch, t)) return 2;
    const bool ok = run_all(t, &o);
    return ok ? 0 : 1;
}
