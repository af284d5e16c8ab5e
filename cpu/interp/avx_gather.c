/* SPDX-License-Identifier: ISC */
/* Gathers: each element is loaded in order and its mask element cleared, so that after a fault in the middle the
 * instruction goes on where it stopped. At the end the mask and everything above the vector are zero.
 * Uop: dst result, src mask, index vector of indices, imm8 number of elements, size 4 when addresses have 32 bits. */
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_access.h"

/* The base includes that of the segment, which does not take part in a 32-bit address. */
static uint64_t element_address(const struct cpu *cpu, const struct uop *u, int64_t index) {
    const uint64_t gva = cpu->state.gpr[u->base] + ((uint64_t)index << u->scale) + (uint64_t)u->disp;
    const uint64_t segment = cpu->state.seg_base[u->seg];
    return u->size == 4 ? segment + (uint32_t)(gva - segment) : gva;
}

/* D: bits of an element; I: bits of an index. */
#define GATHER(D, I) \
    static const struct uop *gather##D##_##I(struct cpu *cpu, const struct uop *u) { \
        union vec *to = &cpu->state.ymm[u->dst], *mask = &cpu->state.ymm[u->src]; \
        const union vec *index = &cpu->state.ymm[u->index]; \
        const unsigned n = u->imm8; \
        for (unsigned i = 0; i < n; i++) { \
            uint##D##_t value = to->u##D[i]; \
            if (mask->i##D[i] < 0 && !mem_read(cpu, element_address(cpu, u, index->i##I[i]), &value, D / 8)) return uop_raise_memory(cpu, u); \
            to->u##D[i] = value; \
            mask->u##D[i] = 0; \
        } \
        for (unsigned i = n; i < 256 / D; i++) to->u##D[i] = 0; \
        memset(mask, 0, sizeof *mask); \
        return u + 1; \
    }

GATHER(32, 32)
GATHER(32, 64)
GATHER(64, 32)
GATHER(64, 64)

static bool has_quad_index(uint16_t op) {
    return op == OP_VGATHERQPS || op == OP_VGATHERQPD || op == OP_VPGATHERQD || op == OP_VPGATHERQQ;
}

static bool has_quad_element(uint16_t op) {
    return op == OP_VGATHERDPD || op == OP_VGATHERQPD || op == OP_VPGATHERDQ || op == OP_VPGATHERQQ;
}

/* Result, index and mask must be three registers: #UD otherwise. */
int lower_vec_gather(const struct insn *insn, struct uop *u) {
    static uop_fn *const handler[2][2] = {{gather32_32, gather32_64}, {gather64_32, gather64_64}};
    const bool quad_index = has_quad_index(insn->op), quad_element = has_quad_element(insn->op);
    const uint8_t to = insn->operand[0].reg, mask = insn->operand[2].reg, index = insn->mem.index;
    if (to == mask || to == index || mask == index) return LOWER_UD;
    u->dst = to;
    u->src = mask;
    u->imm8 = (uint8_t)(insn->vector_size / (quad_index || quad_element ? 8 : 4));
    u->size = insn->addr_size == 4 ? 4 : 8;
    u->fn = handler[quad_element][quad_index];
    return LOWER_NEXT;
}
