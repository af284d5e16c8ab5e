/* SPDX-License-Identifier: ISC */
/* In a window with a base W, host RSP is guest RSP + W. Addresses through RSP and pushes and pops are right as they are; here is what
 * reads or writes RSP as a number, and the string instructions, whose ES segment cannot be overridden. */
#include "cpu/jit/x86_64/emitter.h"
#include "cpu/jit/x86_64/operands.h"
#include "cpu/jit/x86_64/thread.h"

#define AT(member) jit_thread_at(&jit_thread.member)

/* lea rsp, [rsp + reg] */
static void add_to_stack_pointer(struct assembler *a, unsigned reg) {
    asm_byte(a, 0x48 | (reg & 8) >> 2);
    asm_bytes(a, "\x8d\x24", 2);
    asm_byte(a, (reg & 7) << 3 | 4);
}

/* reg = guest RSP */
static void read_stack_pointer(struct assembler *a, unsigned reg) {
    asm_load_fs(a, reg, AT(minus_base));
    asm_lea_sum(a, reg, RSP);
}

/* RSP = guest value in reg */
static void write_stack_pointer(struct assembler *a, unsigned reg) {
    asm_load_fs(a, RSP, AT(base));
    add_to_stack_pointer(a, reg);
}

static bool is_register(const struct operand *operand, unsigned reg) {
    return operand->kind == OPERAND_REG && operand->reg_class == REG_GPR && operand->reg == reg;
}

/* Numbers that only differ by W give results that do, too. As W is a multiple of the page size and far from the sign, so are the
 * flags, as long as RSP holds an address. */
static bool is_plain_arithmetic(const struct unit_insn *u) {
    const struct insn *insn = &u->insn;
    if (!is_register(&insn->operand[0], RSP) || insn->op_size != 8 || insn->operand[1].kind != OPERAND_IMM) return false;
    if (insn->op == OP_AND && (insn->imm >= 0 || insn->imm < -4096)) return false;
    return insn->op == OP_ADD || insn->op == OP_SUB || insn->op == OP_AND;
}

/* lea reg, [reg + rsp + disp32]; reg is not RSP */
static void add_stack_address(struct assembler *a, unsigned reg, int64_t disp) {
    asm_byte(a, 0x48 | (reg & 8) >> 1 | (reg & 8) >> 2);
    asm_byte(a, 0x8d);
    asm_byte(a, 0x84 | (reg & 7) << 3);
    asm_byte(a, (reg & 7) << 3 | RSP);
    asm_i32(a, disp);
}

static bool emit_lea(struct emitter *e, const struct unit_insn *u) {
    const struct insn *insn = &u->insn;
    const unsigned to = insn->operand[0].reg;
    if (insn->mem.addr_size != 8 || insn->op_size != 8) return false;
    if (to == RSP && insn->mem.base == RSP) {
        asm_bytes(&e->a, u->bytes, insn->length);
        return true;
    }
    if (to == RSP || to == insn->mem.index) return false;
    asm_load_fs(&e->a, to, AT(minus_base));
    add_stack_address(&e->a, to, insn->mem.disp);
    if (insn->mem.index != REG_NONE) asm_lea_scaled(&e->a, to, insn->mem.index, insn->mem.scale);
    return true;
}

/* The instruction reads RSP: a copy without W takes its place. */
static bool emit_reader(struct emitter *e, const struct unit_insn *u) {
    const struct insn *insn = &u->insn;
    struct encoding encoding;
    unsigned n = 0;
    for (unsigned i = 0; i < insn->n_operands; i++) {
        if (!is_register(&insn->operand[i], RSP)) continue;
        if (insn->operand[i].access != ACCESS_READ || ++n > 1) return false;
    }
    if (insn->vex || !encoding_scan_registers(&encoding, u->bytes, insn)) return false;
    if (insn_has_memory_bytes(insn) && (insn->mem.rip_relative || insn->mem.seg == SEG_FS || insn->mem.seg == SEG_GS)) return false;
    const bool gs = insn_has_memory_bytes(insn) && insn->mem.base != RSP;
    const unsigned scratch = insn_free_register(insn);
    asm_store_fs(&e->a, scratch, AT(saved));
    emitter_record(e, scratch + 1, false);
    read_stack_pointer(&e->a, scratch);
    asm_with_stack_pointer_in(&e->a, &encoding, scratch, gs);
    asm_load_fs(&e->a, scratch, AT(saved));
    return true;
}

bool emit_stack_pointer(struct emitter *e, const struct unit_insn *u) {
    const struct insn *insn = &u->insn;
    const struct operand *to = &insn->operand[0], *from = &insn->operand[1];
    if (insn->op == OP_LEA) return emit_lea(e, u);
    if (insn->op == OP_PUSH || insn->op == OP_POP || insn->op == OP_XCHG) return false;
    if (is_plain_arithmetic(u)) {
        asm_bytes(&e->a, u->bytes, insn->length);
        return true;
    }
    if (insn->op == OP_MOV && insn->op_size == 8 && is_register(from, RSP) && to->kind == OPERAND_REG && to->reg != RSP) {
        read_stack_pointer(&e->a, to->reg);
        return true;
    }
    if (insn->op == OP_MOV && insn->op_size == 8 && is_register(to, RSP) && from->kind == OPERAND_REG && from->reg != RSP) {
        write_stack_pointer(&e->a, from->reg);
        return true;
    }
    return emit_reader(e, u);
}

/* MOV RSP, RBP; POP RBP. If the pop faults, RSP must be as before. */
bool emit_leave_frame(struct emitter *e) {
    asm_store_fs(&e->a, RSP, AT(saved));
    emitter_record(e, RSP + 1, false);
    write_stack_pointer(&e->a, RBP);
    asm_byte(&e->a, 0x5d);
    return true;
}

/* Which of RDI and RSI the instruction uses. */
static unsigned pointers_of(const struct insn *insn) {
    switch (insn->op) {
    case OP_MOVS: case OP_CMPS: return 3;
    case OP_LODS: return 2;
    default: return 1;
    }
}

static void add_to_pointers(struct emitter *e, unsigned pointers, int32_t at) {
    struct assembler *a = &e->a;
    const unsigned idle = emitter_idle_register(e), scratch = idle == REG_NONE ? R11 : idle;
    if (idle == REG_NONE) asm_store_fs(a, scratch, AT(saved));
    asm_load_fs(a, scratch, at);
    if (pointers & 1) asm_lea_sum(a, RDI, scratch);
    if (pointers & 2) asm_lea_sum(a, RSI, scratch);
    if (idle == REG_NONE) asm_load_fs(a, scratch, AT(saved));
}

bool emit_string(struct emitter *e, const struct unit_insn *u) {
    const struct insn *insn = &u->insn;
    const unsigned pointers = pointers_of(insn);
    if (insn->addr_size != 8 || insn->mem.seg == SEG_FS || insn->mem.seg == SEG_GS) return false;
    add_to_pointers(e, pointers, AT(base));
    emitter_record_biased(e, pointers);
    asm_bytes(&e->a, u->bytes, insn->length);
    emitter_record(e, 0, false);
    add_to_pointers(e, pointers, AT(minus_base));
    return true;
}
