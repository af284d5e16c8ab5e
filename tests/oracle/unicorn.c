/* SPDX-License-Identifier: ISC */
/* Random instances of every instruction form on the interpreter and on Unicorn, where that has the instruction.
 *   unicorn [--per-form N] [--op NAME] [--seed S] [--list 1]
 * A child does the work; where Unicorn ends it, the next child goes on behind. Not compared: what raises an exception on either
 * side, REP, odd x87 formats, 66 beside F2 or F3, DAZ and FTZ, status bits of floating point, upper vector halves, and the rows of
 * unicorn_wrong.def. Exit status 0: all agree; prints one line per form that does not. --list: what could not be compared. */
#include "cpu/state.h"
#include "tests/differential/compare.h"
#include "tests/differential/interp_run.h"
#include "tests/differential/random_state.h"
#include "tests/oracle/unicorn_run.h"
#include "tests/support/form_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
    unsigned per_form;
    const char *op;
    uint64_t seed;
    bool list;
};

struct count {
    unsigned compared, failed, refused, ended; /* refused: an exception or unknown; ended: the child died of it */
};

/* Shared with the children. */
struct progress {
    uint16_t form;
    unsigned instance;
    struct count count[8192]; /* by form */
};

struct tester {
    const struct options *options;
    struct progress *progress;
    struct interp_runner *interp;
    struct unicorn_runner *unicorn;
    struct rng rng;
    struct instance instance;
    struct result ours, theirs;
};

/* What Unicorn gets wrong: everything, arithmetic flags, OF SF AF, x87 registers; or everything in some instances: with REX, with
 * LOCK, with the same register twice, with operands of 16 or 32 bits, of MMX with REX, where strings are searched for one
 * another; which of two NaNs results. */
enum wrong { WRONG_ALL = 1, WRONG_FLAGS = 2, WRONG_OSA = 4, WRONG_X87 = 8, WRONG_REX = 16, WRONG_LOCK = 32, WRONG_SAME = 64,
             WRONG_16_BITS = 128, WRONG_32_BITS = 256, WRONG_NAN = 512,
             WRONG_REX_MMX = 1024, WRONG_ORDERED = 2048, WRONG_REX_ORDERED = WRONG_REX | WRONG_ORDERED,
             WRONG_SAME_REX_MMX = WRONG_SAME | WRONG_REX_MMX };

static unsigned wrong_of(uint16_t op) {
    static const struct { uint16_t op; unsigned what; } rows[] = {
#define UNICORN_WRONG(name, what, reason) {OP_##name, WRONG_##what},
#include "tests/oracle/unicorn_wrong.def"
#undef UNICORN_WRONG
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].op == op) return rows[i].what;
    }
    return 0;
}

static bool is_excluded(const struct insn *insn) {
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
    return insn->mem.seg == SEG_FS || insn->mem.seg == SEG_GS || insn->vex || insn->vector_size == 32;
}

/* 66 counts for Unicorn even where F2 or F3 hides it; it runs one iteration of REP. */
static bool has_odd_prefixes(const struct instance *in) {
    bool has_66 = false, has_rep = false;
    for (unsigned i = 0; i < in->length; i++) {
        const uint8_t byte = in->bytes[i];
        const bool prefix = byte == 0x66 || byte == 0x67 || byte == 0xf0 || byte == 0xf2 || byte == 0xf3 ||
                            (byte & 0xe7) == 0x26 || byte == 0x64 || byte == 0x65;
        if (!prefix) break;
        has_66 |= byte == 0x66;
        has_rep |= byte == 0xf2 || byte == 0xf3;
    }
    return has_66 && has_rep;
}

static bool uses_mmx(const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++) {
        if (insn->operand[i].reg_class == REG_MMX) return true;
    }
    return insn->op == OP_EMMS;
}

static bool is_wrong(const struct insn *insn, const struct instance *in) {
    const unsigned wrong = wrong_of(insn->op);
    bool rex = false;
    for (unsigned i = 0; i + 1 < in->length && i < 6; i++) rex |= (in->bytes[i] & 0xf0) == 0x40;
    const bool same = insn->n_operands > 1 && insn->operand[0].kind == OPERAND_REG && insn->operand[1].kind == OPERAND_REG &&
                      insn->operand[0].reg == insn->operand[1].reg;
    return (wrong & WRONG_ALL) || (wrong & WRONG_REX && rex) || (wrong & WRONG_LOCK && insn->lock) || (wrong & WRONG_SAME && same) ||
           (wrong & WRONG_16_BITS && insn->op_size == 2) || (wrong & WRONG_32_BITS && insn->op_size == 4) ||
           (wrong & WRONG_ORDERED && (insn->imm & 0xc) == 0xc) || (wrong & WRONG_REX_MMX && rex && uses_mmx(insn));
}

/* SDM 1 8.1.3.1: other operations leave C0, C2 and C3 undefined. */
static bool defines_conditions(uint16_t op) {
    static const uint16_t ops[] = {OP_FCOM, OP_FCOMP, OP_FCOMPP, OP_FICOM, OP_FICOMP, OP_FUCOM, OP_FUCOMP, OP_FUCOMPP, OP_FTST, OP_FXAM};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (ops[i] == op) return true;
    }
    return false;
}

/* No unsupported format, no pseudo-denormal, no signalling NaN: Unicorn takes them for something else. */
static void tame_register(uint8_t *st) {
    uint64_t mantissa;
    const unsigned exponent = (st[8] | st[9] << 8) & 0x7fff;
    memcpy(&mantissa, st, 8);
    if (exponent == 0) mantissa &= ~(1ull << 63);
    else mantissa |= 1ull << 63;
    if (exponent == 0x7fff && mantissa << 1) mantissa |= 1ull << 62;
    memcpy(st, &mantissa, 8);
}

/* All exceptions masked and none pending, no DAZ and FTZ. */
static void tame(struct machine_state *s) {
    for (int i = 0; i < 8; i++) tame_register(s->xsave + 32 + 16 * i);
    uint32_t mxcsr;
    memcpy(&mxcsr, s->xsave + 24, 4);
    mxcsr = (mxcsr | 0x1f80) & ~0x8040u;
    memcpy(s->xsave + 24, &mxcsr, 4);
    s->xsave[0] |= 0x3f;
    s->xsave[2] = 0;
    s->xsave[3] &= 0x7f;
}

/* Unicorn does not do what every MMX instruction does to the x87 state: tags, top, the upper parts of what it writes. */
static void copy_mmx_side_effects(uint8_t *theirs, const uint8_t *ours) {
    const unsigned top_theirs = theirs[3] >> 3 & 7, top_ours = ours[3] >> 3 & 7;
    uint8_t registers[128];
    memcpy(registers, theirs + 32, 128);
    for (unsigned i = 0; i < 8; i++) {
        memcpy(theirs + 32 + 16 * i, registers + 16 * ((top_ours + i - top_theirs) & 7), 8);
        memcpy(theirs + 40 + 16 * i, ours + 40 + 16 * i, 2);
    }
    memcpy(theirs + 2, ours + 2, 3);
}

static bool is_nan(const uint8_t *at, unsigned size) {
    uint64_t value = 0;
    memcpy(&value, at, size);
    return size == 4 ? (value & 0x7fffffff) > 0x7f800000 : (value << 1) > 0xffe0000000000000;
}

/* Where both are NaNs, whichever. */
static void copy_nans(uint8_t *theirs, const uint8_t *ours, unsigned size) {
    for (unsigned at = 160; at < 416; at += size) {
        if (is_nan(theirs + at, size) && is_nan(ours + at, size)) memcpy(theirs + at, ours + at, size);
    }
}

static void copy_x87_nans(uint8_t *theirs, const uint8_t *ours) {
    for (unsigned at = 32; at < 160; at += 16) {
        uint64_t x, y;
        memcpy(&x, theirs + at, 8);
        memcpy(&y, ours + at, 8);
        const bool nans = x << 1 && y << 1 && (theirs[at + 9] & 0x7f) == 0x7f && theirs[at + 8] == 0xff;
        if (nans && !memcmp(theirs + at + 8, ours + at + 8, 2)) memcpy(theirs + at, ours + at, 8);
    }
}

static void copy_fields(struct tester *t, const struct insn *insn) {
    uint8_t *theirs = t->theirs.after.xsave;
    const uint8_t *ours = t->ours.after.xsave;
    const unsigned wrong = wrong_of(insn->op);
    const uint8_t conditions = defines_conditions(insn->op) ? 0x45 : 0;
    theirs[24] = (uint8_t)((theirs[24] & 0xc0) | (ours[24] & 0x3f));
    theirs[2] = ours[2];
    theirs[3] = (uint8_t)((theirs[3] & (0x38 | conditions)) | (ours[3] & ~(0x38 | conditions)));
    theirs[0] = (uint8_t)((theirs[0] & 0x3f) | (ours[0] & 0xc0)); /* reserved */
    theirs[1] = (uint8_t)((theirs[1] & 0x0f) | (ours[1] & 0xf0));
    if (uses_mmx(insn)) copy_mmx_side_effects(theirs, ours);
    if (wrong & WRONG_NAN) {
        copy_nans(theirs, ours, 4);
        copy_nans(theirs, ours, 8);
        copy_x87_nans(theirs, ours);
    }
    memcpy(theirs + 576, ours + 576, 256);
    if (wrong & WRONG_FLAGS) t->theirs.after.rflags = t->ours.after.rflags;
    const uint64_t osa = RFLAGS_OF | RFLAGS_SF | RFLAGS_AF;
    if (wrong & WRONG_OSA) t->theirs.after.rflags = (t->theirs.after.rflags & ~osa) | (t->ours.after.rflags & osa);
    if (wrong & WRONG_X87) memcpy(theirs, ours, 160);
}

/* Returns 1 agree, 0 differ, -1 nothing to compare. */
static int test_instance(struct tester *t, uint16_t form, struct insn *insn, char *text, size_t size) {
    struct instance *in = &t->instance;
    const int length = form_bytes(form, &t->rng, in->bytes);
    if (length <= 0 || decode(in->bytes, (size_t)length, insn) != length || insn->form != form) return -1;
    in->length = (unsigned)length;
    in->repeats = false;
    in->before.rip = CODE_GVA + 0x800 + rng_below(&t->rng, 64);
    random_state(&t->rng, insn, in);
    tame(&in->before);
    if (is_excluded(insn) || insn->rep || has_odd_prefixes(in) || is_wrong(insn, in)) return -1;
    memset(&t->ours, 0, sizeof t->ours);
    interp_run(t->interp, in, &t->ours);
    if (t->ours.outcome != OUTCOME_RETIRED || t->ours.after.xsave[2] & 0x40) return -1; /* Unicorn has no stack faults */
    const int error = unicorn_run(t->unicorn, in, &t->theirs);
    if (error && !unicorn_only_fetch_failed(error)) {
        t->progress->count[form].refused++;
        return -1;
    }
    copy_fields(t, insn);
    t->progress->count[form].compared++;
    return results_agree(insn, in, &t->ours, &t->theirs, text, size);
}

static void print_failure(const struct insn *insn, const struct instance *in, const char *text) {
    printf("FAIL %-12s %-28s ", op_name(insn->op), form_info(insn->form)->text);
    for (unsigned i = 0; i < in->length; i++) printf("%02x", in->bytes[i]);
    printf("  %s", text);
    if (insn->opcode >= 0xd8 && insn->opcode <= 0xdf && !insn->vector_size) {
        const uint8_t *image = in->before.xsave;
        printf("  (fcw %02x%02x", image[1], image[0]);
        for (int i = 0; i < 2; i++) {
            uint64_t mantissa;
            memcpy(&mantissa, image + 32 + 16 * i, 8);
            printf(" st%d %02x%02x:%016llx", i, image[41 + 16 * i], image[40 + 16 * i], (unsigned long long)mantissa);
        }
        printf(")");
    }
    printf("\n");
    fflush(stdout);
}

static bool is_wanted(uint16_t form, const struct options *options) {
    uint8_t bytes[15];
    struct insn insn;
    struct rng rng;
    rng_init(&rng, form);
    if (!options->op) return true;
    const int length = form_bytes(form, &rng, bytes);
    return length > 0 && decode(bytes, (size_t)length, &insn) > 0 && !strcmp(op_name(insn.op), options->op);
}

static void work(struct tester *t) {
    struct progress *p = t->progress;
    char text[256];
    struct insn insn;
    for (; p->form < form_count(); p->form++, p->instance = 0) {
        if (!is_wanted(p->form, t->options)) continue;
        for (; p->instance < t->options->per_form; p->instance++) {
            rng_init(&t->rng, (t->options->seed * 65536 + p->form) * 65536 + p->instance);
            alarm(3);
            if (test_instance(t, p->form, &insn, text, sizeof text) == 0 && p->count[p->form].failed++ == 0)
                print_failure(&insn, &t->instance, text);
        }
    }
}

/* Goes on where the last child stopped. Returns false when all is done or nothing can be. */
static bool run_child(struct tester *t) {
    struct progress *p = t->progress;
    const pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr)) _exit(3);
        t->unicorn = unicorn_runner_new();
        if (!t->unicorn) _exit(3);
        work(t);
        _exit(0);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3) return printf("Unicorn does not start\n"), exit(2), false;
    p->instance++;
    if (++p->count[p->form].ended >= 3) p->instance = t->options->per_form;
    return true;
}

static const char *form_op(uint16_t form) {
    uint8_t bytes[15];
    struct insn insn;
    struct rng rng;
    rng_init(&rng, form);
    const int length = form_bytes(form, &rng, bytes);
    return length > 0 && decode(bytes, (size_t)length, &insn) > 0 ? op_name(insn.op) : "?";
}

static int summarise(const struct progress *p, const struct options *options) {
    unsigned forms = 0, failed = 0, ended = 0;
    unsigned long compared = 0, refused = 0;
    for (uint16_t form = 0; form < form_count(); form++) {
        const struct count *c = &p->count[form];
        forms += c->compared > 0;
        compared += c->compared;
        failed += c->failed > 0;
        refused += c->refused;
        ended += c->ended;
        const bool nothing = !c->compared && c->refused + c->ended > 0;
        if (options->list && (c->ended || nothing))
            printf("%-12s %-28s compared %u, refused %u, ended by %u\n", form_op(form), form_info(form)->text, c->compared, c->refused,
                   c->ended);
    }
    printf("%u forms, %lu instances compared; %lu refused by Unicorn, %u ended it; %u forms differ\n", forms, compared, refused, ended,
           failed);
    return failed || !compared;
}

int main(int argc, char **argv) {
    struct options options = {.per_form = 50, .seed = 1};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--per-form")) options.per_form = (unsigned)atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--op")) options.op = argv[i + 1];
        else if (!strcmp(argv[i], "--seed")) options.seed = strtoull(argv[i + 1], NULL, 0);
        else if (!strcmp(argv[i], "--list")) options.list = atoi(argv[i + 1]);
        else return fprintf(stderr, "unicorn: unknown argument %s\n", argv[i]), 2;
    }
    struct tester *t = calloc(1, sizeof *t);
    t->options = &options;
    t->progress = mmap(NULL, sizeof *t->progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (t->progress == MAP_FAILED || form_count() > 8192) return 2;
    t->interp = interp_runner_new();
    while (run_child(t)) continue;
    const int status = summarise(t->progress, &options);
    interp_runner_free(t->interp);
    free(t);
    return status;
}
