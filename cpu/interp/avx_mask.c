/* SPDX-License-Identifier: ISC */
/* VMASKMOVPS/PD and VPMASKMOVD/Q: elements whose mask has its top bit clear are neither read nor written and cannot fault;
 * a store checks all its elements before the first byte. Uop: dst and src data, src2 mask, size bytes of the vector. */
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_access.h"

#define MASKED(W) \
    static bool is_on##W(const union vec *mask, unsigned i) { \
        return mask->i##W[i] < 0; \
    } \
    static const struct uop *load##W(struct cpu *cpu, const struct uop *u) { \
        const union vec *mask = &cpu->state.ymm[u->src2]; \
        const uint64_t gva = uop_address(cpu, u); \
        union vec r = {.u64 = {0}}; \
        for (unsigned i = 0; i < u->size * 8u / W; i++) \
            if (is_on##W(mask, i) && !mem_read(cpu, gva + i * (W / 8), &r.u##W[i], W / 8)) \
                return uop_raise_memory(cpu, u); \
        cpu->state.ymm[u->dst] = r; \
        return u + 1; \
    } \
    static const struct uop *store##W(struct cpu *cpu, const struct uop *u) { \
        const union vec *mask = &cpu->state.ymm[u->src2], *from = &cpu->state.ymm[u->src]; \
        const uint64_t gva = uop_address(cpu, u); \
        for (unsigned i = 0; i < u->size * 8u / W; i++) \
            if (is_on##W(mask, i) && !mem_probe_write(cpu, gva + i * (W / 8), W / 8)) return uop_raise_memory(cpu, u); \
        for (unsigned i = 0; i < u->size * 8u / W; i++) \
            if (is_on##W(mask, i) && !mem_write(cpu, gva + i * (W / 8), &from->u##W[i], W / 8)) \
                return uop_raise_memory(cpu, u); \
        return u + 1; \
    }

MASKED(32)
MASKED(64)

static int lower_masked(const struct insn *insn, struct uop *u, uop_fn *load, uop_fn *store) {
    const bool is_store = insn->operand[0].kind == OPERAND_MEM;
    u->dst = insn->operand[0].reg;
    u->src = insn->operand[2].reg;
    u->src2 = insn->operand[1].reg;
    u->size = insn->vector_size;
    u->fn = is_store ? store : load;
    return LOWER_NEXT;
}

int lower_vec_maskmov32(const struct insn *insn, struct uop *u) {
    return lower_masked(insn, u, load32, store32);
}

int lower_vec_maskmov64(const struct insn *insn, struct uop *u) {
    return lower_masked(insn, u, load64, store64);
}
