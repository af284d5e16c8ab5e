/* SPDX-License-Identifier: ISC */
/* Shared handlers of vector instructions, one instance for each (source, result) pair: load b, compute into a temporary,
 * check for unmasked SSE exceptions, commit. Everything that can fault comes before the first change. */
#include "cpu/interp/vec_handler.h"

#include "cpu/interp/fp.h"
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_access.h"

/* The operands of one execution. */
struct operands {
    const struct uop *u;
    const union vec *a, *b, *c;
    union vec *d;
};

typedef void compute_fn(struct cpu *cpu, const struct operands *o);

static void compute3(struct cpu *cpu, const struct operands *o) {
    ((vec_fn *)o->u->ptr)(o->d, o->a, o->b, o->u->imm8);
}

static void compute4(struct cpu *cpu, const struct operands *o) {
    ((vec4_fn *)o->u->ptr)(o->d, o->a, o->b, o->c);
}

static void compute_value(struct cpu *cpu, const struct operands *o) {
    o->d->u64[0] = ((vec_value_fn *)o->u->ptr)(o->b, o->u->imm8);
}

static void compute_flags(struct cpu *cpu, const struct operands *o) {
    ((vec_flags_fn *)o->u->ptr)(&cpu->state, o->a, o->b);
}

/* Half-precision results are computed in integers, which flush-to-zero does not concern. */
static uint32_t half_tiny(const struct operands *o) {
    if (o->u->ptr != vec_vcvtps2ph_16 && o->u->ptr != vec_vcvtps2ph_32) return 0;
    for (unsigned i = 0; i < 8; i++)
        if (!(o->d->u16[i] & 0x7c00) && o->d->u16[i] & 0x3ff) return MXCSR_UE;
    return 0;
}

/* The slow way while the guest has unmasked an exception: true if it happened. With underflow unmasked, tiny results
 * count even when exact (SDM 1 11.5.2.5): flush-to-zero, in a first try, reports them. */
static __attribute__((noinline)) bool compute_trapping(struct cpu *cpu, const struct operands *o, compute_fn *compute) {
    uint32_t tiny = 0;
    fp_trap_begin(cpu);
    if (!(cpu->state.mxcsr & MXCSR_UM)) {
        fp_tiny_begin();
        compute(cpu, o);
        tiny = fp_tiny_end(cpu);
    }
    compute(cpu, o);
    if (!(cpu->state.mxcsr & MXCSR_UM)) tiny |= half_tiny(o);
    return fp_trap_end(cpu, tiny);
}

ALWAYS_INLINE bool compute_checked(struct cpu *cpu, const struct operands *o, compute_fn *compute, bool fp) {
    if (fp && UNLIKELY(fp_unmasked(cpu))) return compute_trapping(cpu, o, compute);
    compute(cpu, o);
    return false;
}

ALWAYS_INLINE const struct uop *run(struct cpu *cpu, const struct uop *u, bool fp, enum vec_result result,
                                    enum vec_source source, compute_fn *compute) {
    union vec r, room_a, room_b;
    struct operands o = {.u = u, .a = &cpu->state.ymm[u->src & 15], .d = &r};
    const bool mmx = result == RESULT_MMX || source == SOURCE_MMX;
    if (mmx && UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    if (vec_misaligned(cpu, u, source)) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    if (!vec_load(cpu, u, source, &room_b, &o.b)) return uop_raise_memory(cpu, u);
    if (result == RESULT_MMX) {
        room_a.u64[0] = mmx_read(cpu, u->src);
        room_a.u64[1] = 0;
        o.a = &room_a;
    }
    if (fp && result == RESULT_MEM && !mem_probe_write(cpu, uop_address(cpu, u), u->size)) return uop_raise_memory(cpu, u);
    if (compute == compute4) o.c = &cpu->state.ymm[u->imm8 & 15];
    const bool trapped = compute_checked(cpu, &o, compute, fp);
    if (fp && mmx) x87_enter_mmx(&cpu->state); /* also when it traps */
    if (trapped) return uop_raise(cpu, u, EXCEPTION_XM, 0);
    if (!vec_commit(cpu, u, result, &r)) return uop_raise_memory(cpu, u);
    if (mmx) x87_enter_mmx(&cpu->state);
    return u + 1;
}

ALWAYS_INLINE const struct uop *run_value(struct cpu *cpu, const struct uop *u, bool fp, bool to_memory,
                                          enum vec_source source) {
    union vec r, room;
    struct operands o = {.u = u, .d = &r};
    const bool mmx = source == SOURCE_MMX;
    if (mmx && UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    if (!vec_load(cpu, u, source, &room, &o.b)) return uop_raise_memory(cpu, u);
    if (compute_checked(cpu, &o, compute_value, fp)) return uop_raise(cpu, u, EXCEPTION_XM, 0);
    if (to_memory) {
        if (!vec_write_small(cpu, uop_address(cpu, u), u->size, &r)) return uop_raise_memory(cpu, u);
    } else {
        /* imm8 of a conversion is the width of its result; size then belongs to the memory operand */
        cpu->state.gpr[u->dst] = (fp ? u->imm8 : u->size) == 8 ? r.u64[0] : r.u32[0];
    }
    if (mmx) x87_enter_mmx(&cpu->state);
    return u + 1;
}

ALWAYS_INLINE const struct uop *run_flags(struct cpu *cpu, const struct uop *u, bool fp, enum vec_source source) {
    struct cpu_state *s = &cpu->state;
    union vec room;
    struct operands o = {.u = u, .a = &s->ymm[u->dst]};
    if (vec_misaligned(cpu, u, source)) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    if (!vec_load(cpu, u, source, &room, &o.b)) return uop_raise_memory(cpu, u);
    if (fp && UNLIKELY(fp_unmasked(cpu))) {
        const uint64_t result = s->flag_result, carry = s->flag_carry, aux = s->flag_aux;
        if (!compute_trapping(cpu, &o, compute_flags)) return u + 1;
        s->flag_result = result;
        s->flag_carry = carry;
        s->flag_aux = aux;
        return uop_raise(cpu, u, EXCEPTION_XM, 0);
    }
    compute_flags(cpu, &o);
    return u + 1;
}

#define SOURCES(X, ...) \
    X(__VA_ARGS__, VEC) X(__VA_ARGS__, MMX) X(__VA_ARGS__, GPR) X(__VA_ARGS__, IMM) X(__VA_ARGS__, MEM16A) \
    X(__VA_ARGS__, MEM16) X(__VA_ARGS__, MEM32) X(__VA_ARGS__, MEM)
/* Stores have no memory source; c is never an MMX register. */
#define SOURCES_REG(X, ...) X(__VA_ARGS__, VEC) X(__VA_ARGS__, MMX)
#define SOURCES_WIDE(X, ...) \
    X(__VA_ARGS__, VEC) X(__VA_ARGS__, MEM16A) X(__VA_ARGS__, MEM16) X(__VA_ARGS__, MEM32) X(__VA_ARGS__, MEM)

#define HANDLERS(X) \
    SOURCES(X, compute3, 0, KEEP) SOURCES(X, compute3, 0, ZERO) SOURCES(X, compute3, 0, FULL) SOURCES(X, compute3, 0, MMX) \
    SOURCES(X, compute3, 1, KEEP) SOURCES(X, compute3, 1, ZERO) SOURCES(X, compute3, 1, FULL) SOURCES(X, compute3, 1, MMX) \
    SOURCES_REG(X, compute3, 0, MEM) SOURCES_REG(X, compute3, 1, MEM)
#define HANDLERS4(X) \
    SOURCES_WIDE(X, compute4, 0, KEEP) SOURCES_WIDE(X, compute4, 0, ZERO) SOURCES_WIDE(X, compute4, 0, FULL) \
    SOURCES_WIDE(X, compute4, 1, KEEP) SOURCES_WIDE(X, compute4, 1, ZERO) SOURCES_WIDE(X, compute4, 1, FULL)

#define DEFINE(compute, fp, result, source) \
    static const struct uop *compute##_##fp##_##result##_##source(struct cpu *cpu, const struct uop *u) { \
        return run(cpu, u, fp, RESULT_##result, SOURCE_##source, compute); \
    }
HANDLERS(DEFINE)
HANDLERS4(DEFINE)

#define ENTRY(compute, fp, result, source) \
    [fp][RESULT_##result][SOURCE_##source] = compute##_##fp##_##result##_##source,
uop_fn *const vec3_handler[2][RESULT_COUNT][SOURCE_COUNT] = {HANDLERS(ENTRY)};
uop_fn *const vec4_handler[2][RESULT_COUNT][SOURCE_COUNT] = {HANDLERS4(ENTRY)};

#define VALUES(X) \
    X(0, GPR, VEC) X(0, GPR, MMX) X(0, MEM, VEC) X(1, GPR, VEC) X(1, GPR, MEM)
#define DEFINE_VALUE(fp, result, source) \
    static const struct uop *value_##fp##_##result##_##source(struct cpu *cpu, const struct uop *u) { \
        return run_value(cpu, u, fp, VALUE_##result == VALUE_MEM, SOURCE_##source); \
    }
VALUES(DEFINE_VALUE)
#define ENTRY_VALUE(fp, result, source) [fp][VALUE_##result][SOURCE_##source] = value_##fp##_##result##_##source,
uop_fn *const vec_value_handler[2][VALUE_COUNT][SOURCE_COUNT] = {VALUES(ENTRY_VALUE)};

#define FLAGS(X) SOURCES_WIDE(X, 0) SOURCES_WIDE(X, 1)
#define DEFINE_FLAGS(fp, source) \
    static const struct uop *flags_##fp##_##source(struct cpu *cpu, const struct uop *u) { \
        return run_flags(cpu, u, fp, SOURCE_##source); \
    }
FLAGS(DEFINE_FLAGS)
#define ENTRY_FLAGS(fp, source) [fp][SOURCE_##source] = flags_##fp##_##source,
uop_fn *const vec_flags_handler[2][SOURCE_COUNT] = {FLAGS(ENTRY_FLAGS)};
