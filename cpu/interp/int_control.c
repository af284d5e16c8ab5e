/* SPDX-License-Identifier: ISC */
/* JMP CALL RET LOOP JRCXZ and the far transfers. An indirect transfer to a non-canonical address faults at the
 * transfer, with nothing changed. */
#include "cpu/interp/handler.h"
#include "cpu/interp/interp.h"
#include "cpu/interp/ops_int.h"

enum { USER_CS = 0x33, USER_SS = 0x2b };

static ALWAYS_INLINE bool canonical(uint64_t gva) {
    return gva + (1ull << 47) < 1ull << 48;
}

int lower_jmp(const struct insn *insn, struct uop *u) {
    u->fn = uop_goto;
    return LOWER_JUMP;
}

/* disp: the return address. */
SLOW_HANDLER(call_slow) {
    const uint64_t rsp = cpu->state.gpr[RSP] - 8;
    if (!store_slow(cpu, rsp, 8, (uint64_t)u->disp)) return uop_raise_memory(cpu, u);
    cpu->state.gpr[RSP] = rsp;
    return u->ptr;
}

HANDLER(call) {
    const uint64_t rsp = cpu->state.gpr[RSP] - 8;
    void *p = mem_write_hit(cpu, rsp, 8);
    if (UNLIKELY(!p)) return call_slow(cpu, u);
    host_store(p, 8, (uint64_t)u->disp);
    cpu->state.gpr[RSP] = rsp;
    GOTO(cpu, (const struct uop *)u->ptr);
}

int lower_call(const struct insn *insn, struct uop *u) {
    u->seg = SEG_SS;
    u->fn = call;
    return LOWER_CALL;
}

SLOW_HANDLER(ret_slow) {
    const uint64_t rsp = cpu->state.gpr[RSP];
    uint64_t target;
    if (!mem_load(cpu, rsp, 8, &target)) return uop_raise_memory(cpu, u);
    if (!canonical(target)) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    cpu->state.gpr[RSP] = rsp + 8 + (uint64_t)u->imm;
    return interp_jump(cpu, target);
}

/* imm: bytes of arguments to drop. */
HANDLER(ret) {
    const uint64_t rsp = cpu->state.gpr[RSP];
    const void *p = mem_read_hit(cpu, rsp, 8);
    if (UNLIKELY(!p)) return ret_slow(cpu, u);
    const uint64_t target = host_load(p, 8);
    const struct jump_slot *slot = cache_jump_slot(&cpu->interp->cache, target);
    if (UNLIKELY(slot->rip != target)) return ret_slow(cpu, u);
    cpu->state.gpr[RSP] = rsp + 8 + (uint64_t)u->imm;
    GOTO(cpu, slot->uop);
}

int lower_ret(const struct insn *insn, struct uop *u) {
    u->seg = SEG_SS;
    u->imm = insn->operand[0].kind == OPERAND_IMM ? insn->imm & 0xffff : 0;
    u->fn = ret;
    return LOWER_LEAVE;
}

static __attribute__((noinline, cold)) const struct uop *jump_slow(struct cpu *cpu, const struct uop *u, uint64_t target) {
    if (!canonical(target)) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    return interp_goto(cpu, target);
}

HANDLER(jmp_r) {
    const uint64_t target = cpu->state.gpr[u->src];
    const struct jump_slot *slot = cache_jump_slot(&cpu->interp->cache, target);
    if (UNLIKELY(slot->rip != target)) return jump_slow(cpu, u, target);
    GOTO(cpu, slot->uop);
}

SLOW_HANDLER(jmp_m_slow) {
    uint64_t target;
    if (!mem_load(cpu, uop_address(cpu, u), 8, &target)) return uop_raise_memory(cpu, u);
    return jump_slow(cpu, u, target);
}

HANDLER(jmp_m) {
    const void *p = mem_read_hit(cpu, uop_address(cpu, u), 8);
    if (UNLIKELY(!p)) return jmp_m_slow(cpu, u);
    const uint64_t target = host_load(p, 8);
    const struct jump_slot *slot = cache_jump_slot(&cpu->interp->cache, target);
    if (UNLIKELY(slot->rip != target)) return jump_slow(cpu, u, target);
    GOTO(cpu, slot->uop);
}

int lower_jmp_ind(const struct insn *insn, struct uop *u) {
    const struct operand *a = &insn->operand[0];
    if (a->kind == OPERAND_REG) u->src = a->reg;
    u->fn = a->kind == OPERAND_REG ? jmp_r : jmp_m;
    return LOWER_LEAVE;
}

/* src GPR_ZERO: memory. */
SLOW_HANDLER(call_ind_slow) {
    uint64_t target;
    if (u->src != GPR_ZERO) target = cpu->state.gpr[u->src];
    else if (!mem_load(cpu, uop_address(cpu, u), 8, &target)) return uop_raise_memory(cpu, u);
    const uint64_t rsp = cpu->state.gpr[RSP] - 8;
    if (!mem_probe_write(cpu, rsp, 8)) return uop_raise_stack(cpu, u);
    if (!canonical(target)) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    mem_store(cpu, rsp, 8, uop_next_rip(cpu, u));
    cpu->state.gpr[RSP] = rsp;
    return interp_jump(cpu, target);
}

static ALWAYS_INLINE uint64_t next_rip(const struct uop *u) {
    return (uint64_t)(u - u->position)->imm + (uint64_t)(int64_t)u->offset + u->length;
}

/* Stores the return address and enters a block that the jump cache knows. */
#define CALL_KNOWN(target)                                                                                         \
    const struct jump_slot *slot = cache_jump_slot(&cpu->interp->cache, target);                                   \
    const uint64_t rsp = cpu->state.gpr[RSP] - 8;                                                                  \
    void *stack = mem_write_hit(cpu, rsp, 8);                                                                      \
    if (UNLIKELY(slot->rip != (target)) || UNLIKELY(!stack)) return call_ind_slow(cpu, u);                         \
    host_store(stack, 8, next_rip(u));                                                                             \
    cpu->state.gpr[RSP] = rsp;                                                                                     \
    GOTO(cpu, slot->uop)

HANDLER(call_r) {
    const uint64_t target = cpu->state.gpr[u->src];
    CALL_KNOWN(target);
}

HANDLER(call_m) {
    const void *p = mem_read_hit(cpu, uop_address(cpu, u), 8);
    if (UNLIKELY(!p)) return call_ind_slow(cpu, u);
    const uint64_t target = host_load(p, 8);
    CALL_KNOWN(target);
}

int lower_call_ind(const struct insn *insn, struct uop *u) {
    const struct operand *a = &insn->operand[0];
    if (a->kind == OPERAND_REG) u->src = a->reg;
    u->fn = a->kind == OPERAND_REG ? call_r : call_m;
    return LOWER_LEAVE;
}

/* LOOP family and JRCXZ; size 4 or 8: width of the counter. */
static ALWAYS_INLINE const struct uop *loop(struct cpu *cpu, const struct uop *u, bool condition_holds) {
    struct cpu_state *s = &cpu->state;
    const uint64_t count = reg_get(s, RCX, 8) - 1;
    reg_set(s, RCX, u->size, count);
    if (!s->gpr[RCX] || !condition_holds) return u + 1;
    cpu->budget += u->src2;
    return u->ptr;
}

HANDLER(loop_any) { return loop(cpu, u, true); }
HANDLER(loop_e) { return loop(cpu, u, flag_zf(&cpu->state)); }
HANDLER(loop_ne) { return loop(cpu, u, !flag_zf(&cpu->state)); }

HANDLER(jrcxz) {
    if (reg_get(&cpu->state, RCX, u->size)) return u + 1;
    cpu->budget += u->src2;
    return u->ptr;
}

static int lower_counted(const struct insn *insn, struct uop *u, uop_fn *fn) {
    u->size = insn->addr_size;
    u->fn = fn;
    return LOWER_JCC;
}

int lower_loop(const struct insn *insn, struct uop *u) {
    return lower_counted(insn, u, loop_any);
}

int lower_loope(const struct insn *insn, struct uop *u) {
    return lower_counted(insn, u, loop_e);
}

int lower_loopne(const struct insn *insn, struct uop *u) {
    return lower_counted(insn, u, loop_ne);
}

int lower_jrcxz(const struct insn *insn, struct uop *u) {
    return lower_counted(insn, u, jrcxz);
}

/* Far transfers go only to the 64-bit user code segment; everything else is #GP(selector). */
static bool far_target_ok(uint64_t selector, uint64_t target) {
    return (selector & 0xffff) == USER_CS && canonical(target);
}

static const struct uop *raise_selector(struct cpu *cpu, const struct uop *u, uint64_t selector) {
    return uop_raise(cpu, u, EXCEPTION_GP, (selector & 0xffff) == USER_CS ? 0 : selector & 0xfffc);
}

/* size: of the offset; the selector follows it. dst: also a call. */
HANDLER(transfer_far) {
    struct cpu_state *s = &cpu->state;
    const unsigned size = u->size;
    const uint64_t gva = uop_address(cpu, u), rsp = s->gpr[RSP] - 2 * size;
    uint64_t target, selector;
    if (!mem_load(cpu, gva, size, &target) || !mem_load(cpu, gva + size, 2, &selector)) return uop_raise_memory(cpu, u);
    if (!far_target_ok(selector, target)) return raise_selector(cpu, u, selector);
    if (u->dst) {
        if (!mem_probe_write(cpu, rsp, 2 * size)) return uop_raise_stack(cpu, u);
        mem_store(cpu, rsp, size, uop_next_rip(cpu, u));
        mem_store(cpu, rsp + size, size, s->seg_sel[SEG_CS]);
        s->gpr[RSP] = rsp;
    }
    return interp_jump(cpu, target);
}

int lower_jmp_far(const struct insn *insn, struct uop *u) {
    u->dst = insn->op == OP_CALL_FAR;
    u->fn = transfer_far;
    return LOWER_LEAVE;
}

HANDLER(ret_far) {
    struct cpu_state *s = &cpu->state;
    const uint64_t rsp = s->gpr[RSP];
    uint64_t target, selector;
    if (!mem_load(cpu, rsp, u->size, &target) || !mem_load(cpu, rsp + u->size, u->size, &selector))
        return uop_raise_memory(cpu, u);
    if (!far_target_ok(selector, target)) return raise_selector(cpu, u, selector);
    s->gpr[RSP] = rsp + 2u * u->size + (uint64_t)u->imm;
    return interp_jump(cpu, target);
}

int lower_ret_far(const struct insn *insn, struct uop *u) {
    u->seg = SEG_SS;
    u->imm = insn->operand[0].kind == OPERAND_IMM ? insn->imm & 0xffff : 0;
    u->fn = ret_far;
    return LOWER_LEAVE;
}

/* To the same privilege level: five words of the operand size, RSP and SS always taken in 64-bit mode. */
HANDLER(iret) {
    struct cpu_state *s = &cpu->state;
    const unsigned size = u->size;
    uint64_t frame[5]; /* RIP CS RFLAGS RSP SS */
    for (unsigned i = 0; i < 5; i++) {
        if (!mem_load(cpu, s->gpr[RSP] + i * size, size, &frame[i])) return uop_raise_memory(cpu, u);
    }
    if (s->rflags_other & RFLAGS_NT) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    if (!far_target_ok(frame[1], frame[0])) return raise_selector(cpu, u, frame[1]);
    if ((frame[4] & 0xffff) != USER_SS) return uop_raise(cpu, u, EXCEPTION_GP, frame[4] & 0xfffc);
    uint64_t may = RFLAGS_ARITH | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID;
    if (size == 2) may &= 0xffff;
    rflags_set(s, (rflags_get(s) & ~may) | (frame[2] & may));
    reg_set(s, RSP, size, frame[3]);
    return uop_stop(cpu, u, frame[0], EXIT_NONE);
}

int lower_iret(const struct insn *insn, struct uop *u) {
    u->seg = SEG_SS;
    u->fn = iret;
    return LOWER_LEAVE;
}
