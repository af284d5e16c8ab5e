/* SPDX-License-Identifier: ISC */
/* PUSH POP PUSHF POPF ENTER LEAVE. The stack's width is 64 bits; with an operand-size prefix 2 bytes move. A refused
 * access leaves RSP as it was. */
#include "cpu/interp/handler.h"
#include "cpu/interp/interp.h"
#include "cpu/interp/ops_int.h"

#define PUSH(name, size, operand)                                                                                  \
    SLOW_HANDLER(name##_slow) {                                                                                    \
        const uint64_t rsp = cpu->state.gpr[RSP] - size;                                                           \
        if (!store_slow(cpu, rsp, size, operand)) return uop_raise_memory(cpu, u);                                 \
        cpu->state.gpr[RSP] = rsp;                                                                                 \
        return u + 1;                                                                                              \
    }                                                                                                              \
    HANDLER(name) {                                                                                                \
        const uint64_t rsp = cpu->state.gpr[RSP] - size;                                                           \
        void *p = mem_write_hit(cpu, rsp, size);                                                                   \
        if (UNLIKELY(!p)) return name##_slow(cpu, u);                                                              \
        host_store(p, size, operand);                                                                              \
        cpu->state.gpr[RSP] = rsp;                                                                                 \
        NEXT(cpu, u);                                                                                              \
    }
PUSH(push_r8, 8, cpu->state.gpr[u->src])
PUSH(push_i8, 8, (uint64_t)u->imm)
PUSH(push_r2, 2, reg_get(&cpu->state, u->src, 2))
PUSH(push_i2, 2, (uint64_t)u->imm)
PUSH(push_seg8, 8, cpu->state.seg_sel[u->src])
PUSH(push_seg2, 2, cpu->state.seg_sel[u->src])

HANDLER(push_m) {
    const uint64_t rsp = cpu->state.gpr[RSP] - u->size;
    uint64_t v;
    if (!mem_load(cpu, uop_address(cpu, u), u->size, &v)) return uop_raise_memory(cpu, u);
    if (!mem_store(cpu, rsp, u->size, v)) return uop_raise_stack(cpu, u);
    cpu->state.gpr[RSP] = rsp;
    return u + 1;
}

int lower_push(const struct insn *insn, struct uop *u) {
    const struct operand *a = &insn->operand[0];
    const bool wide = insn->op_size == 8;
    if (a->kind == OPERAND_MEM) {
        u->fn = push_m;
        return LOWER_NEXT;
    }
    u->seg = SEG_SS;
    if (a->kind == OPERAND_IMM) u->fn = wide ? push_i8 : push_i2;
    else if (a->reg_class == REG_SEG) u->fn = wide ? push_seg8 : push_seg2;
    else u->fn = wide ? push_r8 : push_r2;
    if (a->kind == OPERAND_REG) u->src = a->reg;
    return LOWER_NEXT;
}

#define POP(size)                                                                                                  \
    SLOW_HANDLER(pop_r##size##_slow) {                                                                             \
        const uint64_t rsp = cpu->state.gpr[RSP];                                                                  \
        uint64_t v;                                                                                                \
        if (!load_slow(cpu, rsp, size, &v)) return uop_raise_memory(cpu, u);                                       \
        cpu->state.gpr[RSP] = rsp + size;                                                                          \
        reg_set(&cpu->state, u->dst, size, v);                                                                     \
        return u + 1;                                                                                              \
    }                                                                                                              \
    HANDLER(pop_r##size) {                                                                                         \
        const uint64_t rsp = cpu->state.gpr[RSP];                                                                  \
        const void *p = mem_read_hit(cpu, rsp, size);                                                              \
        if (UNLIKELY(!p)) return pop_r##size##_slow(cpu, u);                                                       \
        const uint64_t v = host_load(p, size);                                                                     \
        cpu->state.gpr[RSP] = rsp + size;                                                                          \
        reg_set(&cpu->state, u->dst, size, v);                                                                     \
        NEXT(cpu, u);                                                                                              \
    }
POP(2)
POP(8)

/* The address of the destination is computed with RSP already moved. imm8: address size. */
static uint64_t pop_address(const struct cpu *cpu, const struct uop *u) {
    const uint64_t gva = uop_address(cpu, u);
    return cpu->state.seg_base[u->seg] + (u->imm8 == 4 ? (uint32_t)gva : gva);
}

HANDLER(pop_m) {
    const uint64_t rsp = cpu->state.gpr[RSP];
    uint64_t v;
    if (!mem_load(cpu, rsp, u->size, &v)) return uop_raise_stack(cpu, u);
    cpu->state.gpr[RSP] = rsp + u->size;
    if (mem_store(cpu, pop_address(cpu, u), u->size, v)) return u + 1;
    cpu->state.gpr[RSP] = rsp;
    return uop_raise_memory(cpu, u);
}

/* Selectors that user code may load into FS and GS: null ones, which also clear the base, and the user data segment. */
HANDLER(pop_seg) {
    struct cpu_state *s = &cpu->state;
    uint64_t v;
    if (!mem_load(cpu, s->gpr[RSP], u->size, &v)) return uop_raise_memory(cpu, u);
    const uint16_t selector = (uint16_t)v;
    if (selector > 3 && selector != 0x2b) return uop_raise(cpu, u, EXCEPTION_GP, selector & 0xfffcu);
    s->gpr[RSP] += u->size;
    s->seg_sel[u->dst] = selector;
    s->seg_base[u->dst] = 0;
    return u + 1;
}

int lower_pop(const struct insn *insn, struct uop *u) {
    const struct operand *a = &insn->operand[0];
    if (a->kind == OPERAND_MEM) {
        u->imm8 = insn->mem.addr_size;
        u->fn = pop_m;
        return LOWER_NEXT;
    }
    u->seg = SEG_SS;
    u->dst = a->reg;
    u->fn = a->reg_class == REG_SEG ? pop_seg : insn->op_size == 8 ? pop_r8 : pop_r2;
    return LOWER_NEXT;
}

HANDLER(pushf) {
    struct cpu_state *s = &cpu->state;
    const uint64_t rsp = s->gpr[RSP] - u->size;
    if (!mem_store(cpu, rsp, u->size, rflags_get(s) & ~(uint64_t)RFLAGS_RF)) return uop_raise_memory(cpu, u);
    s->gpr[RSP] = rsp;
    return u + 1;
}

int lower_pushf(const struct insn *insn, struct uop *u) {
    u->seg = SEG_SS;
    u->fn = pushf;
    return LOWER_NEXT;
}

/* Leaves to the engine's loop, which looks at TF. */
HANDLER(popf) {
    struct cpu_state *s = &cpu->state;
    uint64_t v;
    if (!mem_load(cpu, s->gpr[RSP], u->size, &v)) return uop_raise_memory(cpu, u);
    uint64_t may = RFLAGS_ARITH | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID;
    if (u->size == 2) may &= 0xffff;
    s->gpr[RSP] += u->size;
    rflags_set(s, ((rflags_get(s) & ~may) | (v & may)) & ~(uint64_t)RFLAGS_RF);
    const uint64_t next = uop_next_rip(cpu, u);
    if (s->rflags_other & RFLAGS_TF) return uop_stop(cpu, u, next, EXIT_NONE);
    return interp_goto(cpu, next);
}

int lower_popf(const struct insn *insn, struct uop *u) {
    u->seg = SEG_SS;
    u->fn = popf;
    return LOWER_LEAVE;
}

HANDLER(leave) {
    struct cpu_state *s = &cpu->state;
    const uint64_t rbp = s->gpr[RBP];
    uint64_t v;
    if (!mem_load(cpu, rbp, u->size, &v)) return uop_raise_memory(cpu, u);
    s->gpr[RSP] = rbp + u->size;
    reg_set(s, RBP, u->size, v);
    return u + 1;
}

int lower_leave(const struct insn *insn, struct uop *u) {
    u->seg = SEG_SS;
    u->fn = leave;
    return LOWER_NEXT;
}

/* imm: bytes to allocate; imm8: nesting level. What was pushed before a fault stays in memory, as on the processor: it
 * is below RSP, which does not move. */
HANDLER(enter) {
    struct cpu_state *s = &cpu->state;
    const unsigned size = u->size, level = u->imm8 & 31;
    const uint64_t rbp = s->gpr[RBP], frame = s->gpr[RSP] - size, bottom = frame - level * size;
    const uint64_t rsp = bottom - (uint64_t)u->imm;
    if (!mem_store(cpu, frame, size, rbp)) return uop_raise_memory(cpu, u);
    for (unsigned i = 1; i < level; i++) {
        uint64_t v;
        if (!mem_load(cpu, rbp - i * size, size, &v) || !mem_store(cpu, frame - i * size, size, v))
            return uop_raise_memory(cpu, u);
    }
    if (level && !mem_store(cpu, bottom, size, frame)) return uop_raise_memory(cpu, u);
    if (!mem_probe_write(cpu, rsp, 1)) return uop_raise_memory(cpu, u);
    reg_set(s, RBP, size, frame);
    s->gpr[RSP] = rsp;
    return u + 1;
}

int lower_enter(const struct insn *insn, struct uop *u) {
    u->seg = SEG_SS;
    u->imm = insn->imm & 0xffff;
    u->imm8 = (uint8_t)insn->imm2;
    u->fn = enter;
    return LOWER_NEXT;
}
