/* SPDX-License-Identifier: ISC */
/* The x87 register stack and status word, as the x87_*.c handlers and the MMX handlers use them.
 * Everything here acts on struct cpu_state and cannot fault. An instruction's order is always: #MF
 * check (x87_pending), memory read or probe, x87_track, then changes. Source: SDM 1 chapter 8. */
#pragma once

#include "cpu/float80/float80.h"
#include "cpu/interp/lower.h"
#include "cpu/interp/mem.h"
#include "cpu/interp/uop.h"

enum x87_status {
    X87_SF = 0x40,
    X87_ES = 0x80,
    X87_C0 = 0x100,
    X87_C1 = 0x200,
    X87_C2 = 0x400,
    X87_TOP = 0x3800,
    X87_C3 = 0x4000,
    X87_BUSY = 0x8000,
    X87_EXCEPTIONS = 0x3f,
    X87_CC = X87_C0 | X87_C1 | X87_C2 | X87_C3,
};

enum { X87_FCW_WRITABLE = 0x1f7f, X87_FCW_FIXED = 0x40, X87_FCW_INIT = 0x37f };

/* An unmasked exception waits: the next waiting x87 or MMX instruction raises #MF before it does
 * anything. */
static inline bool x87_pending(const struct cpu_state *s) {
    return s->x87.fsw & X87_ES;
}

static inline unsigned x87_top(const struct x87 *f) {
    return (f->fsw >> 11) & 7;
}

/* Physical number of ST(i). */
static inline unsigned x87_index(const struct x87 *f, unsigned i) {
    return (x87_top(f) + i) & 7;
}

static inline struct float80 *x87_st(struct x87 *f, unsigned i) {
    return &f->st[x87_index(f, i)];
}

static inline bool x87_empty(const struct x87 *f, unsigned i) {
    return !(f->ftw >> x87_index(f, i) & 1);
}

static inline void x87_set_top(struct x87 *f, unsigned top) {
    f->fsw = (uint16_t)((f->fsw & ~X87_TOP) | (top & 7) << 11);
}

static inline void x87_set(struct x87 *f, unsigned i, struct float80 value) {
    const unsigned at = x87_index(f, i);
    f->st[at] = value;
    f->ftw |= (uint8_t)(1u << at);
}

static inline void x87_push(struct x87 *f, struct float80 value) {
    x87_set_top(f, x87_top(f) - 1);
    x87_set(f, 0, value);
}

static inline void x87_free(struct x87 *f, unsigned i) {
    f->ftw &= (uint8_t) ~(1u << x87_index(f, i));
}

static inline void x87_pop(struct x87 *f) {
    x87_free(f, 0);
    x87_set_top(f, x87_top(f) + 1);
}

/* Makes ES and B what the exception flags and masks say. */
static inline void x87_summarize(struct x87 *f) {
    f->fsw &= (uint16_t) ~(X87_ES | X87_BUSY);
    if (f->fsw & ~f->fcw & X87_EXCEPTIONS) f->fsw |= X87_ES | X87_BUSY;
}

static inline void x87_set_fcw(struct x87 *f, uint16_t fcw) {
    f->fcw = (fcw & X87_FCW_WRITABLE) | X87_FCW_FIXED;
    x87_summarize(f);
}

/* Sets the condition code. C1 is part of it. */
static inline void x87_set_cc(struct x87 *f, unsigned cc) {
    f->fsw = (uint16_t)((f->fsw & ~X87_CC) | cc);
}

/* Merges what an operation raised into the status word; C1 tells of this operation alone. */
static inline void x87_settle(struct x87 *f, const struct float80_env *env) {
    f->fsw = (uint16_t)((f->fsw & ~X87_C1) | env->raised);
    if (UNLIKELY(env->raised & ~f->fcw & X87_EXCEPTIONS)) f->fsw |= X87_ES | X87_BUSY;
}

/* Stack faults: raise IE and SF, C1 saying which. Return whether the masked response is to follow.
 */
static inline bool x87_stack_fault(struct x87 *f, unsigned c1) {
    f->fsw = (uint16_t)((f->fsw & ~X87_C1) | c1 | X87_SF | FLOAT80_IE);
    if (f->fcw & FLOAT80_IE) return true;
    f->fsw |= X87_ES | X87_BUSY;
    return false;
}

static inline bool x87_underflow(struct x87 *f) {
    return x87_stack_fault(f, 0);
}

static inline bool x87_overflow(struct x87 *f) {
    return x87_stack_fault(f, X87_C1);
}

/* What an MMX instruction does to the x87 state, whatever its operands: top 0, all registers in
 * use. Its writer of a register also sets st[i].se to 0xffff. EMMS: x87_leave_mmx. Check
 * x87_pending() first and raise EXCEPTION_MF. */
static inline void x87_enter_mmx(struct cpu_state *s) {
    s->x87.fsw &= (uint16_t)~X87_TOP;
    s->x87.ftw = 0xff;
}

static inline void x87_leave_mmx(struct cpu_state *s) {
    s->x87.fsw &= (uint16_t)~X87_TOP;
    s->x87.ftw = 0;
}

/* Instruction opcode and pointer, for every instruction that is not a control instruction; lowering
 * puts the opcode where x87_track finds it. */
static inline void x87_lower_common(const struct insn *insn, struct uop *u) {
    u->src2 = insn->opcode & 7;
    u->imm8 = insn->modrm;
}

static inline void x87_track(struct cpu *cpu, const struct uop *u) {
    struct x87 *f = &cpu->state.x87;
    f->fop = (uint16_t)(u->src2 << 8 | u->imm8);
    f->fip = uop_rip(cpu, u);
}

static inline void x87_track_memory(struct cpu *cpu, const struct uop *u, uint64_t gva) {
    x87_track(cpu, u);
    cpu->state.x87.fdp = gva;
}

/* The number i of the first ST(i) or the size of the memory operand among insn's operands. */
static inline const struct operand *x87_memory_operand(const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++)
        if (insn->operand[i].kind == OPERAND_MEM) return &insn->operand[i];
    return NULL;
}

/* Formats of memory operands. */
enum x87_format { X87_F32, X87_F64, X87_F80, X87_I16, X87_I32, X87_I64, X87_BCD };

static inline enum x87_format x87_format_of(const struct operand *operand, bool integer) {
    switch (operand->size) {
    case 2:
        return X87_I16;
    case 4:
        return integer ? X87_I32 : X87_F32;
    case 8:
        return integer ? X87_I64 : X87_F64;
    default:
        return X87_F80;
    }
}

/* An operand from memory. denormal: it was one in its own format, which its 80-bit form no longer
 * shows. */
struct x87_operand {
    struct float80 value;
    bool denormal;
};

/* Reads any format but BCD; false on a memory fault. Raises nothing in the FPU: a signalling NaN
 * stays one. */
bool x87_read_operand(struct cpu *cpu, uint64_t gva, enum x87_format format,
                      struct x87_operand *out);

#define LOWER(op, function) lower_fn function;
#include "cpu/interp/ops_x87.def"
#undef LOWER
