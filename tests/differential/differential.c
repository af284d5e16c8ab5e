/* SPDX-License-Identifier: ISC */
/* Random instances of every instruction form on the host CPU and on the interpreter, compared in full.
 *   differential [--per-form N] [--op NAME] [--seed S] [--verbose]
 * Exit status 0: all agree. Prints one line per form that does not, with the first instance. */
#include "tests/differential/compare.h"
#include "tests/differential/host_run.h"
#include "tests/differential/interp_run.h"
#include "tests/differential/random_state.h"
#include "tests/support/form_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    unsigned per_form;
    const char *op;
    uint64_t seed;
    bool verbose;
};

static const char *excluded(uint16_t op) {
    static const struct { uint16_t op; const char *reason; } rows[] = {
#define EXCLUDED(name, reason) {OP_##name, reason},
#include "tests/differential/excluded.def"
#undef EXCLUDED
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].op == op) return rows[i].reason;
    }
    return NULL;
}

/* FS and GS belong to the host's C library here; so do segment registers. */
static bool uses_thread_segment(const struct insn *insn) {
    for (int i = 0; i < insn->n_operands; i++) {
        if (insn->operand[i].reg_class == REG_SEG) return true;
    }
    if (insn->op == OP_LFS || insn->op == OP_LGS || insn->op == OP_LSS) return true;
    return insn->mem.seg == SEG_FS || insn->mem.seg == SEG_GS;
}

static void print_failure(const struct insn *insn, const struct instance *in, const char *text, unsigned failed,
                          unsigned ran) {
    printf("FAIL %-12s %-28s %u/%u ", op_name(insn->op), form_info(insn->form)->text, failed, ran);
    for (unsigned i = 0; i < in->length; i++) printf("%02x", in->bytes[i]);
    printf("  %s\n", text);
}

struct tester {
    struct interp_runner *interp;
    struct rng rng;
    struct instance instance;
    struct result ours, theirs;
};

/* The guest faults where the host has pages of the tester: nothing to compare. */
static bool meets_tester(const struct result *ours) {
    return ours->outcome == OUTCOME_EXCEPTION && ours->vector == 14 && host_run_owns(ours->fault_address);
}

/* Returns 1 agree, 0 differ, -1 nothing to compare. Ours first: an access to the tester's pages must not come to the host. */
static int compare_once(struct tester *t, const struct insn *insn, char *text, size_t size) {
    memset(&t->ours, 0, sizeof t->ours);
    memset(&t->theirs, 0, sizeof t->theirs);
    interp_run(t->interp, &t->instance, &t->ours);
    if (meets_tester(&t->ours)) return -1;
    host_run(&t->instance, &t->theirs);
    return results_agree(insn, &t->instance, &t->ours, &t->theirs, text, size);
}

/* One instance. Returns 1 agree, 0 differ (text says how), -1 nothing to compare. */
static int test_instance(struct tester *t, uint16_t form, struct insn *insn, char *text, size_t size) {
    struct instance *in = &t->instance;
    const int length = form_bytes(form, &t->rng, in->bytes);
    if (length <= 0 || decode(in->bytes, (size_t)length, insn) != length || insn->form != form) return -1;
    if (uses_thread_segment(insn) || excluded(insn->op)) return -1;
    in->length = (unsigned)length;
    in->repeats = insn->rep != REP_NONE || insn->mem.vsib;
    in->before.rip = CODE_GVA + 0x800 + rng_below(&t->rng, 64);
    random_state(&t->rng, insn, in);
    /* A hypervisor that has to emulate an access may answer #UD once; a real difference stays. */
    int agree = 0;
    for (int try = 0; try < 2 && !agree; try++) agree = compare_once(t, insn, text, size);
    return agree;
}

static bool test_form(struct tester *t, uint16_t form, const struct options *options) {
    unsigned failed = 0, ran = 0;
    struct insn insn, first = {0};
    struct instance instance = {0};
    char text[256], kept[256] = "";
    for (unsigned i = 0; i < options->per_form; i++) {
        const int r = test_instance(t, form, &insn, text, sizeof text);
        ran += r >= 0;
        if (r != 0) continue;
        if (options->verbose) print_failure(&insn, &t->instance, text, failed + 1, ran);
        if (failed++) continue;
        first = insn;
        instance = t->instance;
        memcpy(kept, text, sizeof kept);
    }
    if (failed && !options->verbose) print_failure(&first, &instance, kept, failed, ran);
    fflush(stdout);
    return failed == 0;
}

static bool wanted(uint16_t form, const struct options *options, struct rng *rng) {
    if (!options->op) return true;
    uint8_t bytes[15];
    struct insn insn;
    const int length = form_bytes(form, rng, bytes);
    return length > 0 && decode(bytes, (size_t)length, &insn) > 0 && !strcmp(op_name(insn.op), options->op);
}

int main(int argc, char **argv) {
    struct options options = {.per_form = 100, .seed = 1};
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--per-form") && i + 1 < argc) options.per_form = (unsigned)atoi(argv[++i]);
        else if (!strcmp(argv[i], "--op") && i + 1 < argc) options.op = argv[++i];
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc) options.seed = strtoull(argv[++i], NULL, 0);
        else if (!strcmp(argv[i], "--verbose")) options.verbose = true;
        else return fprintf(stderr, "differential: unknown argument %s\n", argv[i]), 2;
    }
    if (host_run_init()) return fprintf(stderr, "differential: the fixed address ranges are taken\n"), 2;
    struct tester *t = calloc(1, sizeof *t);
    t->interp = interp_runner_new();
    unsigned bad = 0, tested = 0;
    for (uint16_t form = 0; form < form_count(); form++) {
        rng_init(&t->rng, options.seed * 65536 + form);
        if (!wanted(form, &options, &t->rng)) continue;
        tested++;
        if (!test_form(t, form, &options)) bad++;
    }
    printf("%u passed, %u failed\n", tested - bad, bad);
    interp_runner_free(t->interp);
    free(t);
    return bad || !tested;
}
