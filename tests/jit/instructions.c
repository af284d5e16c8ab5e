/* SPDX-License-Identifier: ISC */
/* Random instances of every instruction form, each a program of one instruction on an engine, against the host CPU.
 *   instructions [--engine interp|jit] [--per-form N] [--op NAME] [--seed S]
 * Exit status 0: all agree; 77: the engine is not available. Prints one line per form that does not agree. */
#include "cpu/jit/jit.h"
#include "host/fault.h"
#include "host/memory.h"
#include "host/thread.h"
#include "mmu/space.h"
#include "tests/differential/compare.h"
#include "tests/differential/random_state.h"
#include "tests/jit/insn_run.h"
#include "tests/jit/oracle.h"
#include "tests/support/form_bytes.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *engine, *op;
    unsigned per_form;
    uint64_t seed;
};

struct tester {
    struct insn_runner *runner;
    struct oracle *oracle;
    struct rng rng;
    struct result ours;
    bool is_window;
    unsigned failed, ran;
};

static bool excluded(const struct insn *insn) {
    static const uint16_t ops[] = {
#define EXCLUDED(name, reason) OP_##name,
#include "tests/differential/excluded.def"
#undef EXCLUDED
        OP_LFS, OP_LGS, OP_LSS};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (ops[i] == insn->op) return true;
    }
    for (unsigned i = 0; i < insn->n_operands; i++) {
        if (insn->operand[i].reg_class == REG_SEG) return true;
    }
    return insn->mem.seg == SEG_FS || insn->mem.seg == SEG_GS;
}

/* Into its own bytes: it would go on there. */
static bool jumps_into_itself(const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++) {
        if (insn->operand[i].kind == OPERAND_REL) return insn->imm < 0 && insn->imm >= -(int64_t)insn->length;
    }
    return false;
}

/* A stray access hits what the engine itself keeps there: a window does not protect it. */
static bool hits_engine(const struct result *theirs) {
    return theirs->outcome == OUTCOME_EXCEPTION && theirs->vector == 14 && theirs->fault_address >= SPACE_HOST_START &&
           theirs->fault_address < SPACE_HOST_END;
}

static bool compare_once(struct tester *t, const struct insn *insn, char *text, size_t size) {
    const struct instance *in = oracle_instance(t->oracle);
    const struct result *theirs = oracle_run(t->oracle);
    if (!theirs) return snprintf(text, size, "the host's process ended"), false;
    if (t->is_window && hits_engine(theirs)) return true;
    memset(&t->ours, 0, sizeof t->ours);
    insn_run(t->runner, in, &t->ours);
    return results_agree(insn, in, &t->ours, theirs, text, size);
}

static void test_instance(struct tester *t, uint16_t form) {
    struct instance *in = oracle_instance(t->oracle);
    struct insn insn;
    char text[256] = "";
    const int length = form_bytes(form, &t->rng, in->bytes);
    if (length <= 0 || decode(in->bytes, (size_t)length, &insn) != length || insn.form != form) return;
    if (excluded(&insn) || jumps_into_itself(&insn)) return;
    in->length = (unsigned)length;
    in->repeats = insn.rep != REP_NONE || insn.mem.vsib;
    in->before.rip = CODE_GVA + 0x800 + rng_below(&t->rng, 64);
    random_state(&t->rng, &insn, in);
    t->ran++;
    /* A hypervisor that has to emulate an access may answer #UD once; a real difference stays. */
    for (int try = 0; try < 2; try++) {
        if (compare_once(t, &insn, text, sizeof text)) return;
    }
    if (t->failed++) return;
    printf("FAIL %-12s %-28s ", op_name(insn.op), form_info(form)->text);
    for (unsigned i = 0; i < in->length; i++) printf("%02x", in->bytes[i]);
    printf("  %s", text);
    if (oracle_last(t->oracle)->outcome == OUTCOME_EXCEPTION && oracle_last(t->oracle)->vector == 14)
        printf(" at %llx", (unsigned long long)oracle_last(t->oracle)->fault_address);
    printf("\n");
    fflush(stdout);
}

static bool wanted(uint16_t form, const struct options *options, struct rng *rng) {
    uint8_t bytes[15];
    struct insn insn;
    if (!options->op) return true;
    const int length = form_bytes(form, rng, bytes);
    return length > 0 && decode(bytes, (size_t)length, &insn) > 0 && !strcmp(op_name(insn.op), options->op);
}

static bool parse(int argc, char **argv, struct options *o) {
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--engine")) o->engine = argv[i + 1];
        else if (!strcmp(argv[i], "--per-form")) o->per_form = (unsigned)atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--op")) o->op = argv[i + 1];
        else if (!strcmp(argv[i], "--seed")) o->seed = strtoull(argv[i + 1], NULL, 0);
        else return false;
    }
    return argc % 2 == 1;
}

static const struct engine *choose_engine(const char *name) {
    const char *why = "no such engine";
    const struct engine *engine = !strcmp(name, "interp") ? &engine_interp : !strcmp(name, "jit") ? engine_jit(&why) : NULL;
    if (!engine) printf("skipped: engine %s: %s\n", name, why);
    return engine;
}

int main(int argc, char **argv) {
    struct options options = {.engine = "interp", .per_form = 100, .seed = 1};
    if (!parse(argc, argv, &options)) return fprintf(stderr, "instructions: bad arguments\n"), 2;
    const struct engine *engine = choose_engine(options.engine);
    if (!engine) return 77;
    struct tester t = {.oracle = oracle_new()};
    if (!t.oracle) return fprintf(stderr, "instructions: the host cannot run them\n"), 2;
    host_kick_init();
    host_bus_guard_init();
    host_fault_init();
    t.is_window = engine != &engine_interp;
    t.runner = insn_runner_new(engine, t.is_window);
    unsigned bad = 0, tested = 0, ran = 0;
    for (uint16_t form = 0; form < form_count(); form++) {
        rng_init(&t.rng, options.seed * 65536 + form);
        if (!wanted(form, &options, &t.rng)) continue;
        t.failed = t.ran = 0;
        for (unsigned i = 0; i < options.per_form; i++) test_instance(&t, form);
        tested += t.ran > 0;
        ran += t.ran;
        bad += t.failed > 0;
    }
    printf("%s against the host: %u forms, %u instances: %u forms differ\n", options.engine, tested, ran, bad);
    insn_runner_free(t.runner);
    oracle_free(t.oracle);
    return bad || !tested;
}
