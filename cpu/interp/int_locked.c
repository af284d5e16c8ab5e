/* SPDX-License-Identifier: ISC */
/* XADD CMPXCHG CMPXCHG8B CMPXCHG16B. With memory they always go the way of LOCK: the result is the same. */
#include "cpu/interp/locked.h"
#include "cpu/interp/atomic16.h"
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"

HANDLER(xadd_r) {
    struct cpu_state *s = &cpu->state;
    const unsigned size = u->size;
    const uint64_t a = reg_get(s, u->dst, size), b = reg_get(s, u->src, size);
    flags_add(s, size, a, b, a + b);
    reg_set(s, u->src, size, a);
    reg_set(s, u->dst, size, a + b);
    return u + 1;
}

HANDLER(xadd_m) {
    struct cpu_state *s = &cpu->state;
    const unsigned size = u->size;
    const uint64_t b = reg_get(s, u->src, size);
    struct locked_place place;
    if (!locked_begin(cpu, uop_address(cpu, u), size, &place)) return uop_raise_memory(cpu, u);
    uint64_t a = locked_load(&place);
    while (!locked_swap_if(&place, &a, a + b)) {
    }
    locked_end(cpu, &place);
    flags_add(s, size, a, b, a + b);
    reg_set(s, u->src, size, a);
    return u + 1;
}

int lower_xadd(const struct insn *insn, struct uop *u) {
    u->fn = lower_shape(insn, u) == SHAPE_RR ? xadd_r : xadd_m;
    return LOWER_NEXT;
}

/* Only what is written is zero-extended: the destination or the accumulator. */
HANDLER(cmpxchg_r) {
    struct cpu_state *s = &cpu->state;
    const unsigned size = u->size;
    const uint64_t a = reg_get(s, RAX, size), found = reg_get(s, u->dst, size), new = reg_get(s, u->src, size);
    flags_sub(s, size, a, found, a - found);
    if (a == found) reg_set(s, u->dst, size, new);
    else reg_set(s, RAX, size, found);
    return u + 1;
}

HANDLER(cmpxchg_m) {
    struct cpu_state *s = &cpu->state;
    const unsigned size = u->size;
    const uint64_t a = reg_get(s, RAX, size), new = reg_get(s, u->src, size);
    struct locked_place place;
    if (!locked_begin(cpu, uop_address(cpu, u), size, &place)) return uop_raise_memory(cpu, u);
    uint64_t found = a;
    const bool done = locked_swap_if(&place, &found, new);
    locked_end(cpu, &place);
    flags_sub(s, size, a, found, a - found);
    if (!done) reg_set(s, RAX, size, found);
    return u + 1;
}

int lower_cmpxchg(const struct insn *insn, struct uop *u) {
    const bool memory = insn->operand[0].kind == OPERAND_MEM;
    if (!memory) u->dst = lower_gpr(&insn->operand[0]);
    u->src = lower_gpr(&insn->operand[1]);
    u->fn = memory ? cmpxchg_m : cmpxchg_r;
    return LOWER_NEXT;
}

/* Only ZF changes: the other flags are packed and set again. */
static void set_zf(struct cpu_state *s, bool zf) {
    const uint64_t flags = rflags_get(s) & RFLAGS_ARITH & ~(uint64_t)RFLAGS_ZF;
    rflags_set_arith(s, flags | (zf ? RFLAGS_ZF : 0));
}

HANDLER(cmpxchg8b) {
    struct cpu_state *s = &cpu->state;
    struct locked_place place;
    if (!locked_begin(cpu, uop_address(cpu, u), 8, &place)) return uop_raise_memory(cpu, u);
    uint64_t found = s->gpr[RDX] << 32 | (uint32_t)s->gpr[RAX];
    const bool done = locked_swap_if(&place, &found, s->gpr[RCX] << 32 | (uint32_t)s->gpr[RBX]);
    locked_end(cpu, &place);
    if (!done) {
        s->gpr[RAX] = (uint32_t)found;
        s->gpr[RDX] = found >> 32;
    }
    set_zf(s, done);
    return u + 1;
}

int lower_cmpxchg8b(const struct insn *insn, struct uop *u) {
    u->fn = cmpxchg8b;
    return LOWER_NEXT;
}

HANDLER(cmpxchg16b) {
    struct cpu_state *s = &cpu->state;
    const uint64_t gva = uop_address(cpu, u);
    struct locked_place place;
    if (gva & 15) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    if (!locked_begin(cpu, gva, 16, &place)) return uop_raise_memory(cpu, u);
    uint64_t found[2] = {s->gpr[RAX], s->gpr[RDX]};
    const uint64_t desired[2] = {s->gpr[RBX], s->gpr[RCX]};
    const bool done = atomic16_swap_if(cpu->env->split_lock, place.host[0], found, desired);
    locked_end(cpu, &place);
    if (!done) {
        s->gpr[RAX] = found[0];
        s->gpr[RDX] = found[1];
    }
    set_zf(s, done);
    return u + 1;
}

int lower_cmpxchg16b(const struct insn *insn, struct uop *u) {
    u->fn = cmpxchg16b;
    return LOWER_NEXT;
}
