/* SPDX-License-Identifier: ISC */
/* MOVD, MOVQ, MOVQ2DQ, MOVDQ2Q, MOVNTQ, MOVNTI: 4 or 8 bytes between two of general registers, MMX, XMM and memory. A write
 * to a register zeroes what is above. Uop: dst and src register numbers; size 4 or 8. */
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_access.h"

enum place { PLACE_GPR, PLACE_MMX, PLACE_XMM, PLACE_XMM_VEX, PLACE_MEM, PLACE_COUNT };

ALWAYS_INLINE bool get(struct cpu *cpu, const struct uop *u, enum place place, unsigned size, uint64_t *value) {
    switch (place) {
    case PLACE_GPR: *value = cpu->state.gpr[u->src]; break;
    case PLACE_MMX: *value = mmx_read(cpu, u->src); break;
    case PLACE_MEM: return vec_read_small(cpu, uop_address(cpu, u), size, value);
    default: *value = cpu->state.ymm[u->src].u64[0]; break;
    }
    if (size == 4) *value = (uint32_t)*value;
    return true;
}

ALWAYS_INLINE bool put(struct cpu *cpu, const struct uop *u, enum place place, unsigned size, uint64_t value) {
    union vec *to = &cpu->state.ymm[u->dst & 15];
    switch (place) {
    case PLACE_GPR: cpu->state.gpr[u->dst] = value; return true;
    case PLACE_MMX: mmx_write(cpu, u->dst, value); return true;
    case PLACE_MEM: return vec_write_small(cpu, uop_address(cpu, u), size, &value);
    case PLACE_XMM_VEX: to->u64[2] = to->u64[3] = 0; break;
    default: break;
    }
    to->u64[0] = value;
    to->u64[1] = 0;
    return true;
}

ALWAYS_INLINE const struct uop *move(struct cpu *cpu, const struct uop *u, enum place from, enum place to, unsigned size) {
    const bool mmx = from == PLACE_MMX || to == PLACE_MMX;
    uint64_t value;
    if (mmx && UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    if (!get(cpu, u, from, size, &value) || !put(cpu, u, to, size, value)) return uop_raise_memory(cpu, u);
    if (mmx) x87_enter_mmx(&cpu->state);
    return u + 1;
}

/* Between registers nothing has its address taken: these go on directly. */
#define MOVES_REG(X) \
    X(GPR, XMM, 4) X(GPR, XMM, 8) X(GPR, XMM_VEX, 4) X(GPR, XMM_VEX, 8) \
    X(XMM, GPR, 4) X(XMM, GPR, 8) X(XMM, XMM, 8) X(XMM, XMM_VEX, 8)
#define MOVES_SLOW(X) \
    X(GPR, MMX, 4) X(GPR, MMX, 8) X(MMX, GPR, 4) X(MMX, GPR, 8) X(MMX, MMX, 8) X(MMX, XMM, 8) X(XMM, MMX, 8) \
    X(MEM, MMX, 4) X(MEM, MMX, 8) X(MMX, MEM, 4) X(MMX, MEM, 8) \
    X(MEM, XMM, 4) X(MEM, XMM, 8) X(MEM, XMM_VEX, 4) X(MEM, XMM_VEX, 8) \
    X(XMM, MEM, 4) X(XMM, MEM, 8) X(GPR, MEM, 4) X(GPR, MEM, 8)

#define DEFINE_REG(from, to, size) \
    static const struct uop *from##_##to##_##size(struct cpu *cpu, const struct uop *u) { \
        uint64_t value = 0; \
        get(cpu, u, PLACE_##from, size, &value); \
        put(cpu, u, PLACE_##to, size, value); \
        NEXT(cpu, u); \
    }
#define DEFINE_SLOW(from, to, size) \
    static const struct uop *from##_##to##_##size(struct cpu *cpu, const struct uop *u) { \
        return move(cpu, u, PLACE_##from, PLACE_##to, size); \
    }
MOVES_REG(DEFINE_REG)
MOVES_SLOW(DEFINE_SLOW)

#define ENTRY(from, to, size) [PLACE_##from][PLACE_##to][size == 8] = from##_##to##_##size,
static uop_fn *const handlers[PLACE_COUNT][PLACE_COUNT][2] = {MOVES_REG(ENTRY) MOVES_SLOW(ENTRY)};

static enum place place_of(const struct operand *o) {
    if (o->kind == OPERAND_MEM) return PLACE_MEM;
    if (o->reg_class == REG_MMX) return PLACE_MMX;
    return o->reg_class == REG_XMM ? PLACE_XMM : PLACE_GPR;
}

int lower_vec_movd(const struct insn *insn, struct uop *u) {
    const struct operand *to = &insn->operand[0], *from = &insn->operand[1];
    const enum place from_place = place_of(from);
    enum place to_place = place_of(to);
    unsigned size = 8;
    if (from_place == PLACE_GPR || from_place == PLACE_MEM) size = from->size;
    if (to_place == PLACE_GPR || to_place == PLACE_MEM) size = to->size;
    if (to_place == PLACE_XMM && insn->vex) to_place = PLACE_XMM_VEX;
    u->dst = to->reg;
    u->src = from->reg;
    u->fn = handlers[from_place][to_place][size == 8];
    return u->fn ? LOWER_NEXT : LOWER_UD;
}
