/* SPDX-License-Identifier: ISC */
/* Stores: FST, FSTP, FIST, FISTP, FISTTP, FBSTP. An exception that is unmasked keeps memory and
 * stack as they were; a memory fault keeps the status word too. Source: SDM 2; SDM 1 8.5. */
#include "cpu/interp/x87.h"

/* Everything but PE suppresses a store to memory when it is unmasked. */
enum { STORE_STOPPERS = FLOAT80_IE | FLOAT80_DE | FLOAT80_ZE | FLOAT80_OE | FLOAT80_UE };

enum { STORE_POP = 1, STORE_TRUNCATE = 2, STORE_UNCHECKED = 4 };

struct stored {
    uint8_t byte[10];
    uint8_t size;
};

static void put_bits(struct stored *out, uint64_t bits, unsigned size) {
    memcpy(out->byte, &bits, 8);
    out->size = (uint8_t)size;
}

static void convert_to_memory(struct float80_env *env, enum x87_format format, struct float80 value,
                              struct stored *out) {
    switch (format) {
    case X87_F32:
        put_bits(out, float80_to_f32(env, value), 4);
        break;
    case X87_F64:
        put_bits(out, float80_to_f64(env, value), 8);
        break;
    case X87_I16:
        put_bits(out, (uint64_t)float80_to_int(env, value, 16), 2);
        break;
    case X87_I32:
        put_bits(out, (uint64_t)float80_to_int(env, value, 32), 4);
        break;
    case X87_I64:
        put_bits(out, (uint64_t)float80_to_int(env, value, 64), 8);
        break;
    case X87_BCD:
        float80_to_bcd(env, value, out->byte);
        out->size = 10;
        break;
    case X87_F80:
        put_bits(out, value.mantissa, 10);
        memcpy(out->byte + 8, &value.se, 2);
        break;
    }
}

/* The status word after storing ST(0); *out is what to store if nothing unmasked stands against it.
 */
static struct float80_env store_convert(const struct x87 *f, enum x87_format format, unsigned how,
                                        struct stored *out) {
    struct float80_env env = float80_env_of(f->fcw);
    if (how & STORE_TRUNCATE) env.rounding = FLOAT80_ZERO;
    if (LIKELY(!x87_empty(f, 0))) {
        convert_to_memory(&env, format, f->st[x87_top(f)], out);
    } else {
        convert_to_memory(&env, format, float80_default_nan(), out);
        env.raised = FLOAT80_IE | X87_SF;
    }
    return env;
}

static bool write_stored(struct cpu *cpu, uint64_t gva, const struct stored *out) {
    switch (out->size) {
    case 2:
        return mem_write(cpu, gva, out->byte, 2);
    case 4:
        return mem_write(cpu, gva, out->byte, 4);
    case 8:
        return mem_write(cpu, gva, out->byte, 8);
    default:
        return mem_write(cpu, gva, out->byte, 10);
    }
}

static const struct uop *x87_store_memory(struct cpu *cpu, const struct uop *u) {
    struct x87 *f = &cpu->state.x87;
    const uint64_t gva = uop_address(cpu, u);
    struct stored out;
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    const struct float80_env env = store_convert(f, u->dst, u->src, &out);
    const bool stopped = env.raised & ~(unsigned)env.masked & STORE_STOPPERS;
    if (!stopped) {
        if (UNLIKELY(!write_stored(cpu, gva, &out))) return uop_raise_memory(cpu, u);
    } else if (!mem_probe_write(cpu, gva, out.size)) {
        return uop_raise_memory(cpu, u);
    }
    x87_track_memory(cpu, u, gva);
    x87_settle(f, &env);
    if (!stopped && u->src & STORE_POP) x87_pop(f);
    return u + 1;
}

static void store_register(struct x87 *f, unsigned i, unsigned how) {
    const bool empty = x87_empty(f, 0);
    if (UNLIKELY(empty && !(how & STORE_UNCHECKED))) {
        if (!x87_underflow(f)) return;
        x87_set(f, i, float80_default_nan());
    } else {
        f->fsw &= (uint16_t)~X87_C1;
        if (LIKELY(!empty)) x87_set(f, i, *x87_st(f, 0));
    }
    if (how & STORE_POP) x87_pop(f);
}

static const struct uop *x87_store_register(struct cpu *cpu, const struct uop *u) {
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_track(cpu, u);
    store_register(&cpu->state.x87, u->dst, u->src);
    NEXT(cpu, u);
}

static int lower_store(const struct insn *insn, struct uop *u, bool integer, unsigned how) {
    const struct operand *memory = x87_memory_operand(insn);
    x87_lower_common(insn, u);
    u->dst = memory ? (uint8_t)x87_format_of(memory, integer) : insn->modrm & 7;
    u->src = (uint8_t)how;
    u->fn = memory ? x87_store_memory : x87_store_register;
    return LOWER_NEXT;
}

int lower_x87_fst(const struct insn *insn, struct uop *u) {
    return lower_store(insn, u, false, 0);
}

/* The alias D9 D8+i does not check that ST(0) is in use. */
int lower_x87_fstp(const struct insn *insn, struct uop *u) {
    const bool alias = !x87_memory_operand(insn) && insn->opcode == 0xd9;
    return lower_store(insn, u, false, STORE_POP | (alias ? STORE_UNCHECKED : 0));
}

int lower_x87_fist(const struct insn *insn, struct uop *u) {
    return lower_store(insn, u, true, 0);
}

int lower_x87_fistp(const struct insn *insn, struct uop *u) {
    return lower_store(insn, u, true, STORE_POP);
}

int lower_x87_fisttp(const struct insn *insn, struct uop *u) {
    return lower_store(insn, u, true, STORE_POP | STORE_TRUNCATE);
}

int lower_x87_fbstp(const struct insn *insn, struct uop *u) {
    lower_store(insn, u, true, STORE_POP);
    u->dst = X87_BCD;
    return LOWER_NEXT;
}
