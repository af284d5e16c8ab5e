/* SPDX-License-Identifier: ISC */
/* A budget of n retires exactly n instructions, however a run is cut: the state after n is the same in one run as in
 * runs of one instruction, for random programs of integer instructions with branches. This also holds block-wide
 * decisions (dead flags, fused pairs, followed jumps) against single instructions. */
#include "decoder/decode.h"
#include "tests/cpu/guest.h"
#include "tests/support/form_bytes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROGRAM = 400, STEPS = 300, PROGRAMS = 600 };

static bool is_wanted(const struct insn *insn) {
    static const uint16_t ops[] = {
        OP_ADD, OP_OR, OP_ADC, OP_SBB, OP_AND, OP_SUB, OP_XOR, OP_CMP, OP_INC, OP_DEC, OP_NEG, OP_NOT, OP_TEST, OP_MOV,
        OP_MOVZX, OP_MOVSX, OP_LEA, OP_IMUL, OP_MUL, OP_DIV, OP_ROL, OP_ROR, OP_RCL, OP_RCR, OP_SHL, OP_SHR, OP_SAR,
        OP_SHLD, OP_SHRD, OP_BT, OP_BTS, OP_BSF, OP_TZCNT, OP_POPCNT, OP_ANDN, OP_BZHI, OP_BLSR, OP_ADCX, OP_ADOX,
        OP_SETCC, OP_CMOVCC, OP_CLC, OP_STC, OP_CMC, OP_LAHF, OP_SAHF, OP_PUSH, OP_PUSHF, OP_XADD, OP_CMPXCHG, OP_CBW,
        OP_MULX, OP_SHLX, OP_CMP, OP_TEST, OP_CMP, OP_TEST,
    };
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (insn->op == ops[i]) return true;
    }
    return false;
}

/* A compare of registers, memory, or with a small number. */
static int random_compare(struct rng *rng, uint8_t *out) {
    static const uint8_t opcodes[] = {0x38, 0x39, 0x3a, 0x3b, 0x84, 0x85, 0x80, 0x83};
    static const uint8_t bases[] = {RAX, RCX, RDX, RBX, RSI, RDI};
    const bool memory = rng_below(rng, 3) == 0;
    const uint8_t opcode = opcodes[rng_below(rng, 8)];
    const uint8_t rm = memory ? bases[rng_below(rng, 6)] : (uint8_t)(0xc0 | rng_below(rng, 8));
    const bool immediate = opcode == 0x80 || opcode == 0x83;
    int n = 0;
    if (rng_below(rng, 2)) out[n++] = 0x48;
    out[n++] = opcode;
    out[n++] = (uint8_t)(rm | (immediate ? 7 : rng_below(rng, 8)) << 3);
    if (immediate) out[n++] = (uint8_t)(rng_below(rng, 5) - 2);
    return n;
}

/* One random instruction, or now and then a short branch, mostly forwards, perhaps with a compare before it. */
static int random_insn(struct rng *rng, uint8_t *out) {
    if (rng_below(rng, 4) == 0) {
        const int n = rng_below(rng, 2) ? random_compare(rng, out) : 0;
        out[n] = rng_below(rng, 5) ? (uint8_t)(0x70 + rng_below(rng, 16)) : 0xeb;
        out[n + 1] = (uint8_t)(rng_below(rng, 8) ? rng_below(rng, 12) : 0xd0 + rng_below(rng, 40));
        return n + 2;
    }
    struct insn insn;
    for (;;) {
        const uint16_t form = (uint16_t)rng_below(rng, form_count());
        const int n = form_bytes_mod(form, rng, rng_below(rng, 5) ? FORM_MOD_REGISTER : FORM_MOD_ANY, out);
        if (n <= 0) {
            const int any = form_bytes(form, rng, out);
            if (any > 0 && decode(out, (size_t)any, &insn) == any && is_wanted(&insn)) return any;
            continue;
        }
        if (decode(out, (size_t)n, &insn) == n && is_wanted(&insn)) return n;
    }
}

static size_t random_program(struct rng *rng, uint8_t *code) {
    size_t n = 0;
    while (n < PROGRAM) n += (size_t)random_insn(rng, code + n);
    return n;
}

/* Pointers into DATA, small numbers (so that comparisons find equal ones), and anything. */
static uint64_t random_value(struct rng *rng) {
    switch (rng_below(rng, 4)) {
    case 0: return DATA + rng_below(rng, DATA_SIZE - 64);
    case 1: return rng_below(rng, 3);
    case 2: return (uint64_t)-(int64_t)rng_below(rng, 3);
    default: return rng_next(rng);
    }
}

static void random_registers(struct rng *rng, struct cpu *cpu) {
    for (unsigned i = 0; i < 16; i++) cpu->state.gpr[i] = random_value(rng);
    cpu->state.gpr[RSP] = DATA + DATA_SIZE / 2;
    rflags_set(&cpu->state, (rng_next(rng) & RFLAGS_ARITH) | 2);
}

/* After an exception: past the instruction, with some registers new. */
static void recover(struct guest *g, unsigned n_exceptions) {
    uint8_t bytes[INSN_MAX_LENGTH];
    struct insn insn;
    struct rng rng;
    struct cpu_state *s = &g->cpu->state;
    rng_init(&rng, n_exceptions);
    const size_t n = space_copy_in_partial(g->space, bytes, s->rip, sizeof bytes);
    const int length = decode(bytes, n, &insn);
    s->rip = length > 0 && s->rip - CODE < PROGRAM ? s->rip + (uint64_t)length : CODE + rng_below(&rng, 40);
    for (unsigned i = 0; i < 16; i++) {
        if (rng_below(&rng, 2)) s->gpr[i] = random_value(&rng);
    }
}

/* Retires STEPS instructions in runs of at most `cut`. Returns a hash of the exceptions on the way. */
static uint64_t run_cut(struct guest *g, int64_t cut) {
    uint64_t hash = 0;
    unsigned n_exceptions = 0;
    g->cpu->retired = 0;
    while (g->cpu->retired < STEPS && n_exceptions < STEPS) {
        const int64_t left = STEPS - (int64_t)g->cpu->retired, n = cut < left ? cut : left;
        const uint64_t before = g->cpu->retired;
        const enum exit reason = guest_run(g, n);
        cr_assert_eq(g->cpu->budget, n - (int64_t)(g->cpu->retired - before));
        if (reason == EXIT_BUDGET) {
            cr_assert_eq(g->cpu->budget, 0);
            continue;
        }
        cr_assert_eq(reason, EXIT_EXCEPTION);
        hash = (hash ^ g->cpu->exception.vector ^ g->cpu->state.rip ^ rflags_get(&g->cpu->state)) * 0x9e3779b97f4a7c15;
        recover(g, n_exceptions++);
    }
    return hash;
}

static void print_program(const uint8_t *code, size_t n) {
    for (size_t i = 0; i < n; i++) fprintf(stderr, "%02x", code[i]);
    fprintf(stderr, "\n");
}

static void compare(const struct guest *a, const struct guest *b, uint64_t seed, int64_t cut, const uint8_t *code, size_t n) {
    const struct cpu_state *s = &a->cpu->state, *t = &b->cpu->state;
    const bool same = !memcmp(s->gpr, t->gpr, 16 * 8) && s->rip == t->rip && rflags_get(s) == rflags_get(t) &&
                      a->cpu->retired == b->cpu->retired && a->cpu->exception.vector == b->cpu->exception.vector;
    if (!same) print_program(code, n);
    cr_assert(same, "seed %lu cut %ld: retired %lu %lu rip %lx %lx flags %lx %lx", seed, cut, a->cpu->retired,
              b->cpu->retired, s->rip, t->rip, rflags_get(s), rflags_get(t));
    static uint8_t x[DATA_SIZE], y[DATA_SIZE];
    space_copy_in(a->space, x, DATA, DATA_SIZE);
    space_copy_in(b->space, y, DATA, DATA_SIZE);
    cr_assert_eq(memcmp(x, y, DATA_SIZE), 0, "seed %lu: memory differs", seed);
}

static void one_program(uint64_t seed) {
    uint8_t code[PROGRAM + 16] = {0};
    struct guest a, b;
    struct rng rng;
    rng_init(&rng, seed);
    const size_t n = random_program(&rng, code);
    guest_init(&a);
    guest_init(&b);
    random_registers(&rng, a.cpu);
    cpu_copy_state(b.cpu, a.cpu);
    guest_code(&a, code, n);
    guest_code(&b, code, n);
    const int64_t cut = 1 + (int64_t)rng_below(&rng, 3) * (int64_t)rng_below(&rng, 20);
    const uint64_t x = run_cut(&a, INT64_MAX), y = run_cut(&b, cut);
    cr_assert_eq(x, y, "seed %lu: exceptions differ", seed);
    compare(&a, &b, seed, cut, code, n);
    guest_fini(&a);
    guest_fini(&b);
}

Test(budget, cuts_do_not_matter) {
    const char *from = getenv("LOCKSTEP_SEED");
    const uint64_t first = from ? strtoull(from, NULL, 0) : 1;
    for (uint64_t seed = first; seed < first + PROGRAMS; seed++) one_program(seed);
}

Test(budget, zero_does_nothing) {
    struct guest g;
    guest_init(&g);
    guest_code(&g, "\x90", 1);
    cr_assert_eq(guest_run(&g, 0), EXIT_BUDGET);
    cr_assert_eq(g.cpu->state.rip, CODE);
    cr_assert_eq(g.cpu->retired, 0);
    guest_fini(&g);
}
