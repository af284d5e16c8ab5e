/* SPDX-License-Identifier: ISC */
/* MASKMOVDQU and MASKMOVQ: the bytes whose mask byte has its top bit set go to memory at rDI; the others cannot fault. All
 * bytes are checked before the first is stored. Uop: src data, src2 mask, size 8 (MMX) or 16; the address is the uop's. */
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_access.h"

/* The fault's address is the first byte of the whole operand that is refused, masked or not. */
static const struct uop *refused(struct cpu *cpu, const struct uop *u, uint64_t gva) {
    const uint64_t page = align_down(cpu->exception.fault.gva, GUEST_PAGE_SIZE);
    if (mem_probe_write(cpu, gva, 1)) cpu->exception.fault.gva = page;
    return uop_raise_memory(cpu, u);
}

static const struct uop *store_bytes(struct cpu *cpu, const struct uop *u, const uint8_t *data, const uint8_t *mask,
                                     unsigned n) {
    const uint64_t gva = uop_address(cpu, u);
    for (unsigned i = 0; i < n; i++)
        if (mask[i] & 0x80 && !mem_probe_write(cpu, gva + i, 1)) return refused(cpu, u, gva);
    for (unsigned i = 0; i < n; i++)
        if (mask[i] & 0x80 && !mem_write(cpu, gva + i, &data[i], 1)) return uop_raise_memory(cpu, u);
    return u + 1;
}

static const struct uop *maskmovdqu(struct cpu *cpu, const struct uop *u) {
    return store_bytes(cpu, u, cpu->state.ymm[u->src].u8, cpu->state.ymm[u->src2].u8, 16);
}

static const struct uop *maskmovq(struct cpu *cpu, const struct uop *u) {
    const uint64_t data = mmx_read(cpu, u->src), mask = mmx_read(cpu, u->src2);
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    x87_enter_mmx(&cpu->state); /* before a fault too */
    return store_bytes(cpu, u, (const uint8_t *)&data, (const uint8_t *)&mask, 8);
}

int lower_vec_maskmovdqu(const struct insn *insn, struct uop *u) {
    const struct operand *registers[2] = {NULL, NULL};
    unsigned found = 0;
    for (unsigned i = 0; i < insn->n_operands && found < 2; i++)
        if (insn->operand[i].reg_class == REG_MMX || insn->operand[i].reg_class == REG_XMM)
            registers[found++] = &insn->operand[i];
    if (found < 2) return LOWER_UD;
    u->src = registers[0]->reg;
    u->src2 = registers[1]->reg;
    u->fn = insn->op == OP_MASKMOVQ ? maskmovq : maskmovdqu;
    return LOWER_NEXT;
}
