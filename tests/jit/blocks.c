/* SPDX-License-Identifier: ISC */
/* Random programs on two engines, compared in full: registers, defined flags, vectors, x87, memory, exceptions, counts.
 *   blocks [--a NAME] [--b NAME] [--count N | --seconds S] [--seed S] [--size N] [--repeat N] [--all 1] [--program N]
 * Exit status 0: all agree; 1: they do not, the first failing program is made small and printed (--all: each that fails gets a
 * line instead); 77: an engine is not available.
 * A program that does not end within 10 s prints its seed and aborts. */
#include "tests/jit/subject.h"
#include "host/fault.h"
#include "host/memory.h"
#include "host/thread.h"
#include "tests/jit/agree.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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
};

static volatile uint64_t running_seed;

static void on_alarm(int signo) {
    static const char text[] = "a program does not end; its seed in hexadecimal: ";
    char digits[17];
    for (int i = 0; i < 16; i++) digits[i] = "0123456789abcdef"[running_seed >> (60 - 4 * i) & 15];
    digits[16] = '\n';
    if (write(2, text, sizeof text - 1) < 0 || write(2, digits, sizeof digits) < 0) _exit(1);
    abort();
}

enum verdict { AGREE, DIFFER, TOO_LONG };

static enum verdict compare(struct tester *t, const struct program *program, unsigned repeat, char *text, size_t size) {
    alarm(10);
    if (!subject_counts(t->b)) subject_renew(t->b);
    subject_run(t->a, program, LIMIT, &t->of_a);
    if (t->of_a.retired >= LIMIT) return TOO_LONG;
    for (unsigned i = 0; i < repeat; i++) {
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
        running_seed = seed;
        program_make(&t->program, seed, o->size);
        const enum verdict v = compare(t, &t->program, o->repeat, text, sizeof text);
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
    signal(SIGALRM, on_alarm);
    struct tester *t = calloc(1, sizeof *t + 64);
    t = (struct tester *)(((uintptr_t)t + 63) & ~(uintptr_t)63);
    t->a = open_subject(o.a);
    t->b = open_subject(o.b);
    const bool ok = run_all(t, &o);
    subject_free(t->b);
    subject_free(t->a);
    return ok ? 0 : 1;
}
