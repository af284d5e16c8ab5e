/* SPDX-License-Identifier: ISC */
/* Instructions of straight code: copied as they are, unless their memory operand is relative to RIP or to a guest segment base,
 * which takes another operand and sometimes a scratch register. */
#include "cpu/jit/x86_64/emitter.h"
#include "cpu/jit/x86_64/operands.h"
#include "cpu/jit/x86_64/thread.h"

#define AT(member) jit_thread_at(&jit_thread.member)

/* lea reg, [rip + disp]: the guest's address is a constant. */
static bool emit_lea_rip(struct emitter *e, const struct unit_insn *u) {
    const uint64_t address = u->pc + u->insn.length + (uint64_t)u->insn.mem.disp;
    const unsigned reg = u->insn.operand[0].reg;
    if (u->insn.op_size < 4 || u->insn.mem.addr_size != 8 || reg == RSP) return false;
    asm_move_guest_address(&e->a, reg, u->insn.op_size == 4 ? (uint32_t)address : address);
    return true;
}

static bool fits_i32(int64_t value) {
    return value == (int32_t)value;
}

/* address: the host's */
static bool is_reachable(const struct emitter *e, uint64_t address) {
    const int64_t low = (int64_t)(address - jit_space_address(e->space, 0));
    return fits_i32(low) && fits_i32(low - (int64_t)e->space->code.size);
}

/* A scratch register: R11 or R10 where the unit has no use for it; else another, whose old value goes to thread.saved and
 * must come back. */
static unsigned take_scratch(struct emitter *e, const struct insn *insn, bool *restore) {
    const bool low_only = insn_has_high_byte(insn);
    *restore = false;
    const unsigned idle = emitter_idle_register(e);
    if (!low_only && idle != REG_NONE) return idle;
    *restore = true;
    const unsigned scratch = insn_free_register(insn);
    asm_store_fs(&e->a, scratch, AT(saved));
    emitter_record(e, scratch + 1, false);
    return scratch;
}

static int with_segment(struct emitter *e, const struct insn *insn, struct operand_address *out) {
    const struct mem_operand *m = &insn->mem;
    bool restore;
    if (m->rip_relative || m->vsib || m->addr_size != 8 || !fits_i32(m->disp)) return -1;
    const unsigned scratch = take_scratch(e, insn, &restore);
    asm_load_fs(&e->a, scratch, AT(seg_base[0]) + (m->seg == SEG_GS ? 8 : 0));
    *out = (struct operand_address){.base = m->base, .index = scratch, .disp = m->disp};
    if (m->base == REG_NONE) {
        *out = (struct operand_address){.base = scratch, .index = m->index, .scale = m->scale, .disp = m->disp};
    } else if (m->index != REG_NONE) {
        asm_lea_sum(&e->a, scratch, m->base);
        *out = (struct operand_address){.base = scratch, .index = m->index, .scale = m->scale, .disp = m->disp};
    }
    out->gs = e->space->base != 0;
    return restore ? (int)scratch : 0;
}

static int with_rip(struct emitter *e, const struct insn *insn, struct operand_address *out) {
    const struct unit_insn *u = &e->plan->insn[e->i];
    const uint64_t address = u->pc + insn->length + (uint64_t)insn->mem.disp;
    bool restore;
    if (insn->mem.addr_size != 8) return -1;
    const bool gs = e->space->base != 0;
    *out = (struct operand_address){
        .base = REG_NONE, .index = REG_NONE, .disp = (int64_t)(address + e->space->base), .rip = true};
    if (is_reachable(e, address + e->space->base)) return 0;
    *out = (struct operand_address){.base = REG_NONE, .index = REG_NONE, .disp = (int64_t)address, .gs = gs, .is_guest = true};
    if (address <= INT32_MAX) return 0;
    const unsigned scratch = take_scratch(e, insn, &restore);
    asm_mov_imm64(&e->a, scratch, address);
    asm_note(&e->a, NOTE_GUEST64, 8);
    *out = (struct operand_address){.base = scratch, .index = REG_NONE, .gs = gs};
    return restore ? (int)scratch : 0;
}

static bool uses_segment(const struct insn *insn) {
    return (insn->mem.seg == SEG_FS || insn->mem.seg == SEG_GS) && insn->op != OP_LEA;
}

static int emit_address(struct emitter *e, const struct encoding *encoding, struct operand_address *out) {
    const struct insn *insn = &e->plan->insn[e->i].insn;
    const struct mem_operand *m = &insn->mem;
    if (!encoding->modrm_at && insn->op != OP_MOV) return -1;
    if (uses_segment(insn)) return with_segment(e, insn, out);
    if (m->rip_relative) return with_rip(e, insn, out);
    if (m->addr_size != 8) return -1;
    *out = (struct operand_address){.base = m->base, .index = m->index, .scale = m->scale, .disp = m->disp,
                                    .gs = e->space->base && m->base != RSP};
    return 0;
}

/* With another memory operand than the one its bytes say. */
static bool emit_rewritten(struct emitter *e, const struct unit_insn *u) {
    struct encoding encoding;
    struct operand_address address;
    if (!insn_has_memory_bytes(&u->insn) || !encoding_scan(&encoding, u->bytes, &u->insn)) return false;
    const int scratch = emit_address(e, &encoding, &address);
    if (scratch < 0) return false;
    asm_with_memory(&e->a, &encoding, &address);
    if (scratch > 0) asm_load_fs(&e->a, (unsigned)scratch, AT(saved));
    return true;
}

static bool has_memory(const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++)
        if (insn->operand[i].kind == OPERAND_MEM) return true;
    return false;
}

static bool is_string(const struct insn *insn) {
    return insn->op >= OP_MOVS && insn->op <= OP_OUTS;
}

static bool emit_copy(struct emitter *e, const struct unit_insn *u) {
    asm_bytes(&e->a, u->bytes, u->insn.length);
    return true;
}

/* In the window with base 0 host addresses are guest addresses. */
static bool emit_identity(struct emitter *e, const struct unit_insn *u) {
    if (!has_memory(&u->insn) || (!uses_segment(&u->insn) && !u->insn.mem.rip_relative)) return emit_copy(e, u);
    if (is_string(&u->insn)) return false;
    if (u->insn.op == OP_LEA) return emit_lea_rip(e, u);
    return emit_rewritten(e, u);
}

/* In others the host's GS holds the window's base, and RSP holds its guest value plus the base. */
static bool emit_windowed(struct emitter *e, const struct unit_insn *u) {
    const struct insn *insn = &u->insn;
    struct encoding encoding;
    if (insn_uses_stack_pointer(insn)) return emit_stack_pointer(e, u);
    if (insn->op == OP_LEAVE) return emit_leave_frame(e);
    if (insn->op == OP_ENTER || insn->op == OP_XLAT) return false;
    if (!has_memory(insn)) return emit_copy(e, u);
    if (insn->op == OP_LEA) return insn->mem.rip_relative ? emit_lea_rip(e, u) : emit_copy(e, u);
    if (is_string(insn)) return emit_string(e, u);
    if (uses_segment(insn) || insn->mem.rip_relative) return emit_rewritten(e, u);
    if (insn->mem.base == RSP && insn_has_memory_bytes(insn)) return insn->mem.addr_size == 8 && emit_copy(e, u);
    if (!insn_has_memory_bytes(insn) && !insn_has_masked_store(insn)) return emit_copy(e, u); /* PUSH, POP */
    if (!encoding_scan(&encoding, u->bytes, insn)) return false;
    if (encoding_has_segment_prefix(&encoding)) return emit_rewritten(e, u);
    asm_byte(&e->a, 0x65);
    return emit_copy(e, u);
}

bool emit_memory(struct emitter *e) {
    const struct unit_insn *u = &e->plan->insn[e->i];
    return e->space->base ? emit_windowed(e, u) : emit_identity(e, u);
}
