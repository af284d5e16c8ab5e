/* SPDX-License-Identifier: ISC */
/* Pushes: FLD, FILD, FBLD and the constants. Source: SDM 2 FLD, FILD, FBLD,
 * FLD1/FLDL2T/FLDL2E/FLDPI/FLDLG2/FLDLN2/FLDZ. */
#include "cpu/interp/x87.h"

bool x87_read_operand(struct cpu *cpu, uint64_t gva, enum x87_format format,
                      struct x87_operand *out) {
    uint32_t bits32;
    uint64_t bits64;
    uint16_t bits16;
    uint8_t bytes[10];
    out->denormal = false;
    switch (format) {
    case X87_F32:
        if (!mem_read(cpu, gva, &bits32, 4)) return false;
        out->value = float80_from_f32(bits32, &out->denormal);
        return true;
    case X87_F64:
        if (!mem_read(cpu, gva, &bits64, 8)) return false;
        out->value = float80_from_f64(bits64, &out->denormal);
        return true;
    case X87_I16:
        if (!mem_read(cpu, gva, &bits16, 2)) return false;
        out->value = float80_from_int((int16_t)bits16);
        return true;
    case X87_I32:
        if (!mem_read(cpu, gva, &bits32, 4)) return false;
        out->value = float80_from_int((int32_t)bits32);
        return true;
    case X87_I64:
        if (!mem_read(cpu, gva, &bits64, 8)) return false;
        out->value = float80_from_int((int64_t)bits64);
        return true;
    default:
        if (!mem_read(cpu, gva, bytes, 10)) return false;
        memcpy(&out->value.mantissa, bytes, 8);
        memcpy(&out->value.se, bytes + 8, 2);
        return true;
    }
}

/* FLD of a narrow format converts, which is an operation: it quiets and it reports denormals. */
static struct float80 load_converted(struct float80_env *env, const struct x87_operand *operand) {
    struct float80 value = operand->value;
    if (float80_classify(value) == FLOAT80_CLASS_SNAN) {
        env->raised |= FLOAT80_IE;
        value.mantissa |= FLOAT80_QUIET_BIT;
    }
    if (operand->denormal) env->raised |= FLOAT80_DE;
    return value;
}

static void push_loaded(struct x87 *f, enum x87_format format, const struct x87_operand *operand) {
    if (UNLIKELY(!x87_empty(f, 7))) {
        if (x87_overflow(f)) x87_push(f, float80_default_nan());
        return;
    }
    struct float80_env env = float80_env_of(f->fcw);
    const struct float80 value = format <= X87_F64 ? load_converted(&env, operand) : operand->value;
    x87_settle(f, &env);
    /* An unmasked DE does not hinder a load. */
    if (LIKELY(!(env.raised & ~env.masked & FLOAT80_IE))) x87_push(f, value);
}

static const struct uop *x87_load_memory(struct cpu *cpu, const struct uop *u) {
    struct x87_operand operand;
    const uint64_t gva = uop_address(cpu, u);
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    if (UNLIKELY(!x87_read_operand(cpu, gva, u->dst, &operand))) return uop_raise_memory(cpu, u);
    x87_track_memory(cpu, u, gva);
    push_loaded(&cpu->state.x87, u->dst, &operand);
    return u + 1;
}

static const struct uop *x87_load_bcd(struct cpu *cpu, const struct uop *u) {
    uint8_t bcd[10];
    const uint64_t gva = uop_address(cpu, u);
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    if (UNLIKELY(!mem_read_slow(cpu, gva, bcd, sizeof(bcd)))) return uop_raise_memory(cpu, u);
    x87_track_memory(cpu, u, gva);
    const struct x87_operand operand = {float80_from_bcd(bcd), false};
    push_loaded(&cpu->state.x87, X87_BCD, &operand);
    return u + 1;
}

/* Pushes a register's value; an empty one is a stack underflow, a full stack an overflow. */
static void push_register(struct x87 *f, unsigned i) {
    if (UNLIKELY(x87_empty(f, i) || !x87_empty(f, 7))) {
        if (x87_stack_fault(f, x87_empty(f, i) ? 0 : X87_C1)) x87_push(f, float80_default_nan());
        return;
    }
    const struct float80 value = *x87_st(f, i);
    f->fsw &= (uint16_t)~X87_C1;
    x87_push(f, value);
}

static const struct uop *x87_load_register(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    push_register(&cpu->state.x87, u->dst);
    NEXT(cpu, u);
}

static int lower_load(const struct insn *insn, struct uop *u, bool integer) {
    const struct operand *memory = x87_memory_operand(insn);
    x87_lower_common(insn, u);
    u->dst = memory ? (uint8_t)x87_format_of(memory, integer) : insn->modrm & 7;
    u->fn = memory ? x87_load_memory : x87_load_register;
    return LOWER_NEXT;
}

int lower_x87_fld(const struct insn *insn, struct uop *u) {
    return lower_load(insn, u, false);
}

int lower_x87_fild(const struct insn *insn, struct uop *u) {
    return lower_load(insn, u, true);
}

int lower_x87_fbld(const struct insn *insn, struct uop *u) {
    x87_lower_common(insn, u);
    u->fn = x87_load_bcd;
    return LOWER_NEXT;
}

/* A constant: what the 64-bit significand leaves off stands in rest, for RC to round by. */
struct constant_row {
    uint16_t op, exp;
    uint64_t mantissa, rest;
};

static const struct constant_row CONSTANTS[] = {
    {OP_FLD1, 0x3fff, 0x8000000000000000, 0},
    {OP_FLDL2T, 0x4000, 0xd49a784bcd1b8afe, 0x492f6ff4dafdb4cd},
    {OP_FLDL2E, 0x3fff, 0xb8aa3b295c17f0bb, 0xbe87fed0691d3e89},
    {OP_FLDPI, 0x4000, 0xc90fdaa22168c234, 0xc4c6628b80dc1cd1},
    {OP_FLDLG2, 0x3ffd, 0x9a209a84fbcff798, 0x8f8959ac0b7c9178},
    {OP_FLDLN2, 0x3ffe, 0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af},
    {OP_FLDZ, 0, 0, 0},
};

static void push_constant(struct x87 *f, const struct constant_row *row) {
    if (UNLIKELY(!x87_empty(f, 7))) {
        if (x87_overflow(f)) x87_push(f, float80_default_nan());
        return;
    }
    const unsigned rounding = (f->fcw >> 10) & 3;
    const bool up =
        rounding == FLOAT80_NEAREST ? row->rest >> 63 : rounding == FLOAT80_UP && row->rest;
    f->fsw &= (uint16_t)~X87_C1;
    x87_push(f, float80_make(0, row->exp, row->mantissa + up));
}

static const struct uop *x87_load_constant(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    push_constant(&cpu->state.x87, u->ptr);
    NEXT(cpu, u);
}

int lower_x87_constant(const struct insn *insn, struct uop *u) {
    const struct constant_row *row = CONSTANTS;
    while (row->op != insn->op) row++;
    x87_lower_common(insn, u);
    u->ptr = row;
    u->fn = x87_load_constant;
    return LOWER_NEXT;
}
