/* SPDX-License-Identifier: ISC */
/* Counting instructions. Between units host R11 holds the instructions left, less JIT_RESERVE; units that use the guest's R11 move that to
 * a register they do not use, or to the thread.
 *
 * A block is straight code up to the next branch or the next place that a branch leads to; branches that leave by code out of the way
 * are in it, since that code can give back what has not run. Its length is taken off where it begins, by LEA, which keeps flags. The
 * sign is looked at where a loop must pass: at a unit's start, where a branch leads back to, on the way in from outside, and behind calls
 * that the unit may return after; in between the count may run below zero, for which there is the reserve. Below zero the unit gives back
 * what has not run and leaves for C, which interprets the rest of the budget to its exact end.
 */
#include "cpu/jit/x86_64/emit_count.h"

#include "cpu/jit/x86_64/operands.h"
#include "cpu/jit/x86_64/stubs.h"
#include "cpu/jit/x86_64/thread.h"

#define AT(member) jit_thread_at(&jit_thread.member)

enum { BLOCK_MAX = 120, NOT_ZERO = 5, SIGN = 8 };

/* --- Where the counter is --- */

enum { COUNTERS = 1 << R8 | 1 << R9 | 0xfc00 }; /* general registers that may count: R8 to R15 */

static unsigned used_registers(const struct unit_plan *plan, unsigned first, unsigned last) {
    unsigned used = 0;
    for (unsigned i = first; i <= last; i++) used |= insn_registers(&plan->insn[i].insn);
    return used;
}

static unsigned used_vectors(const struct unit_plan *plan) {
    unsigned used = 1; /* XMM0 has no number as a counter */
    for (unsigned i = 0; i < plan->n; i++) {
        const struct insn *insn = &plan->insn[i].insn;
        if (insn->op == OP_VZEROALL) return 0xffff;
        for (unsigned k = 0; k < insn->n_operands; k++)
            if (insn->operand[k].reg_class == REG_XMM || insn->operand[k].reg_class == REG_YMM) used |= 1u << insn->operand[k].reg;
        if (insn->mem.vsib) used |= 1u << insn->mem.index;
    }
    return used;
}

static unsigned choose_counter(const struct emitter *e) {
    static const uint8_t order[] = {R10, R15, R14, R13, R12, R9, R8};
    if (!(e->cached & JIT_CACHED_R11)) return R11;
    const unsigned used = used_registers(e->plan, 0, e->plan->n - 1);
    for (unsigned i = 0; i < sizeof order; i++)
        if (!(used >> order[i] & 1)) return order[i];
    const unsigned vectors = used_vectors(e->plan);
    unsigned vector = 15;
    while (vector && vectors >> vector & 1) vector--;
    return JIT_COUNTER_IN_THREAD + vector;
}

/* The first instruction of the loop of one block that instruction i closes, or -1. */
static int loop_closed_by(const struct unit_plan *plan, unsigned i) {
    const struct unit_insn *u = &plan->insn[i];
    const int head = u->insn.op == OP_JCC && u->target <= u->pc ? unit_index(plan, u->target) : -1;
    for (int k = head; k >= 0 && k < (int)i; k++)
        if (plan->insn[k].info->control != CONTROL_NEXT || !unit_falls_through(plan, (unsigned)k)) return -1;
    return head;
}

void count_split(struct unit_plan *plan) {
    if (!plan->n || COUNTERS & ~used_registers(plan, 0, plan->n - 1)) return;
    for (unsigned i = 0; i < plan->n; i++) {
        const int head = loop_closed_by(plan, i);
        if (head < 0 || !(COUNTERS & ~used_registers(plan, (unsigned)head, i))) continue;
        plan->n = head ? (unsigned)head : i + 1;
        return;
    }
}

static bool is_call(const struct unit_insn *u) {
    return u->info->control == CONTROL_CALL || u->info->control == CONTROL_CALL_IND;
}

/* Whether the unit may come to a return from instruction i on without a look at the sign: returns[] says so of those behind i. */
static bool may_return(const struct emitter *e, unsigned i, const bool *returns) {
    const struct unit_plan *plan = e->plan;
    const struct unit_insn *u = &plan->insn[i];
    const int target = u->target && !unit_runs_on(plan, i) ? unit_index(plan, u->target) : -1;
    const bool next = i + 1 < plan->n && returns[i + 1];
    if (e->checks[i] || is_call(u)) return false;
    switch (u->info->control) {
    case CONTROL_JUMP_IND: return false;
    case CONTROL_NEXT: return unit_falls_through(plan, i) && next;
    case CONTROL_JUMP: return unit_runs_on(plan, i) ? next : target > (int)i && returns[target];
    case CONTROL_BRANCH: return (target > (int)i && returns[target]) || (unit_falls_through(plan, i) && next);
    default: return true;
    }
}

/* Every way into a unit but a return's has a look. So behind a call there must be one only if the unit may return from there: otherwise it
 * comes to another's. */
static void find_checks(struct emitter *e) {
    const struct unit_plan *plan = e->plan;
    bool returns[UNIT_MAX_INSNS];
    memset(e->checks, 0, sizeof e->checks);
    e->checks[0] = true;
    for (unsigned i = 0; i < plan->n; i++) {
        const int target = plan->insn[i].target ? unit_index(plan, plan->insn[i].target) : -1;
        if (target >= 0 && (unsigned)target <= i) e->checks[target] = true;
    }
    for (unsigned i = plan->n; i-- > 0;) {
        returns[i] = may_return(e, i, returns);
        if (!i || !is_call(&plan->insn[i - 1]) || !returns[i]) continue;
        e->checks[i] = true;
        returns[i] = false;
    }
}

void count_prepare(struct emitter *e, const bool *is_target) {
    e->counter = R11;
    e->is_target = is_target;
    if (!e->space->counting) return;
    e->counter = choose_counter(e);
    find_checks(e);
}

/* 0: none */
static unsigned counter_vector(const struct emitter *e) {
    return e->counter > JIT_COUNTER_IN_THREAD ? e->counter - JIT_COUNTER_IN_THREAD : 0;
}

/* movups fs:[at], xmm (opcode 11) or the reverse (10) */
static void move_vector(struct assembler *a, unsigned opcode, unsigned vector, int32_t at) {
    asm_byte(a, 0x64);
    if (vector & 8) asm_byte(a, 0x44);
    asm_byte(a, 0x0f);
    asm_byte(a, opcode);
    asm_fs_operand(a, vector, at, 0);
}

/* movq xmm, reg (opcode 6e) or the reverse (7e) */
static void move_between(struct assembler *a, unsigned opcode, unsigned vector, unsigned reg) {
    asm_byte(a, 0x66);
    asm_byte(a, 0x48 | (vector & 8) >> 1 | (reg & 8) >> 3);
    asm_byte(a, 0x0f);
    asm_byte(a, opcode);
    asm_byte(a, 0xc0 | (vector & 7) << 3 | (reg & 7));
}

void count_take(struct emitter *e) {
    struct assembler *a = &e->a;
    if (e->counter == R11) return;
    if (e->counter == JIT_COUNTER_IN_THREAD) {
        asm_store_fs(a, R11, AT(budget));
        return;
    }
    if (counter_vector(e)) {
        move_vector(a, 0x11, counter_vector(e), AT(kept_vector));
        move_between(a, 0x6e, counter_vector(e), R11);
        return;
    }
    if (e->counter != R10) asm_store_fs(a, e->counter, AT(kept));
    asm_mov(a, e->counter, R11);
}

void count_give(struct emitter *e) {
    struct assembler *a = &e->a;
    if (e->counter == R11) return;
    if (e->counter == JIT_COUNTER_IN_THREAD) {
        asm_load_fs(a, R11, AT(budget));
        return;
    }
    if (counter_vector(e)) {
        move_between(a, 0x7e, counter_vector(e), R11);
        move_vector(a, 0x10, counter_vector(e), AT(kept_vector));
        return;
    }
    asm_mov(a, R11, e->counter);
    if (e->counter != R10) asm_load_fs(a, e->counter, AT(kept));
}

/* --- Ways out --- */

/* A rel32 to the way to C before the current instruction. */
static void put_out(struct emitter *e, unsigned insn, bool inside) {
    e->out[e->n_outs++] = (struct emitter_out){
        .site = e->a.at, .insn = (uint16_t)insn, .block = (uint16_t)e->n_blocks, .done = (uint8_t)e->done, .inside = inside};
    asm_i32(&e->a, 0);
}

static void out_if_negative(struct emitter *e) {
    asm_byte(&e->a, 0x0f);
    asm_byte(&e->a, 0x80 | (counter_vector(e) ? NOT_ZERO : SIGN));
    put_out(e, e->i, true);
}

/* --- Arithmetic on the counter --- */

/* lea reg, [reg + disp8]. Returns where the displacement is. */
static uint8_t *add_to_register(struct assembler *a, unsigned reg, int n) {
    asm_byte(a, 0x48 | (reg & 8) >> 1 | (reg & 8) >> 3);
    asm_byte(a, 0x8d);
    asm_byte(a, 0x40 | (reg & 7) << 3 | (reg & 7));
    if ((reg & 7) == 4) asm_byte(a, 0x24);
    asm_byte(a, (unsigned)n & 0xff);
    return a->at - 1;
}

/* sub counter, imm8. Returns where the immediate is. */
static uint8_t *subtract(struct emitter *e) {
    struct assembler *a = &e->a;
    if (e->counter == JIT_COUNTER_IN_THREAD) {
        asm_bytes(a, "\x64\x48\x83", 3);
        asm_fs_operand(a, 5, AT(budget), 1);
    } else {
        asm_byte(a, 0x48 | (e->counter & 8) >> 3);
        asm_byte(a, 0x83);
        asm_byte(a, 0xe8 | (e->counter & 7));
    }
    asm_byte(a, 0);
    return a->at - 1;
}

/* The same, with flags kept. */
static uint8_t *subtract_keeping_flags(struct emitter *e) {
    struct assembler *a = &e->a;
    if (e->counter != JIT_COUNTER_IN_THREAD) return add_to_register(a, e->counter, 0);
    asm_store_fs(a, RCX, AT(saved));
    asm_load_fs(a, RCX, AT(budget));
    uint8_t *at = add_to_register(a, RCX, 0);
    asm_store_fs(a, RCX, AT(budget));
    asm_load_fs(a, RCX, AT(saved));
    return at;
}

/* paddq counter, [minus + 16 * n]: flags are kept. Returns where the displacement, for n 0, is. */
static uint8_t *subtract_from_vector(struct emitter *e) {
    struct assembler *a = &e->a;
    const unsigned vector = counter_vector(e);
    asm_byte(a, 0x66);
    if (vector & 8) asm_byte(a, 0x44);
    asm_bytes(a, "\x0f\xd4", 2);
    asm_byte(a, 0x05 | (vector & 7) << 3);
    asm_rel32(a, jit_space_address(e->space, e->space->minus));
    return a->at - 4;
}

/* vtestpd counter, counter: ZF is 0 if it is negative; the upper half is 0. */
static void test_vector(struct emitter *e) {
    const unsigned vector = counter_vector(e);
    asm_byte(&e->a, 0xc4);
    asm_byte(&e->a, vector & 8 ? 0x42 : 0xe2);
    asm_bytes(&e->a, "\x79\x0f", 2);
    asm_byte(&e->a, 0xc0 | (vector & 7) << 3 | (vector & 7));
}

/* RCX = 1 if the register is negative, else 0: pext rcx, reg, [sign_mask] */
static void sign_to_rcx(struct emitter *e, unsigned reg) {
    struct assembler *a = &e->a;
    if (e->space->base) asm_byte(a, 0x65);
    asm_bytes(a, "\xc4\xe2", 2);
    asm_byte(a, 0x82 | (~reg & 15) << 3);
    asm_bytes(a, "\xf5\x0c\x25", 3);
    asm_i32(a, (int64_t)((uint64_t)(uintptr_t)e->space->sign_mask - e->space->base));
}

static void save_rcx(struct emitter *e, enum emitter_rcx where) {
    if (where == RCX_IN_R10) asm_mov(&e->a, R10, RCX);
    else asm_store_fs(&e->a, RCX, AT(saved));
}

static void restore_rcx(struct emitter *e, enum emitter_rcx where) {
    if (where == RCX_IN_R10) asm_mov(&e->a, RCX, R10);
    else if (where == RCX_IN_THREAD) asm_load_fs(&e->a, RCX, AT(saved));
}

/* Goes out if the counter, there, is negative: LOOP takes one off the sign plus 1, and jumps if that is not 0. It jumps back to the
 * last five bytes of a NOP (0F 1F /0 with SIB E9 and a displacement), a jump. */
static void check_keeping_flags(struct emitter *e, unsigned counter, enum emitter_rcx where, unsigned insn, bool inside) {
    struct assembler *a = &e->a;
    asm_bytes(a, "\x0f\x1f\x84", 3);
    const uint8_t *out = a->at;
    asm_byte(a, 0xe9);
    put_out(e, insn, inside);
    e->out[e->n_outs - 1].rcx = (uint8_t)where;
    save_rcx(e, where);
    if (counter == JIT_COUNTER_IN_THREAD) asm_load_fs(a, RCX, AT(budget));
    if (counter > JIT_COUNTER_IN_THREAD) move_between(a, 0x7e, counter_vector(e), RCX);
    sign_to_rcx(e, counter >= JIT_COUNTER_IN_THREAD ? RCX : counter);
    asm_bytes(a, "\x48\x8d\x49\x01\xe2", 5); /* lea rcx, [rcx + 1]; loop */
    asm_byte(a, (unsigned)(out - (a->at + 1)) & 0xff);
    restore_rcx(e, where);
}

/* Takes the block's length, patched in later, off. */
static void charge(struct emitter *e) {
    e->charge_record = e->n_records;
    e->charge_is_negative = true;
    e->charge = counter_vector(e) ? subtract_from_vector(e) : subtract_keeping_flags(e);
}

static void charge_and_check(struct emitter *e) {
    e->charge_record = e->n_records;
    e->charge_is_negative = false;
    e->charge = counter_vector(e) ? subtract_from_vector(e) : subtract(e);
    if (counter_vector(e)) test_vector(e);
    out_if_negative(e);
    e->lost = RFLAGS_ARITH;
}

/* --- Blocks --- */

static void patch_charge(struct emitter *e) {
    int32_t disp;
    if (!counter_vector(e)) {
        *e->charge = (uint8_t)(e->charge_is_negative ? -(int)e->done : (int)e->done);
        return;
    }
    memcpy(&disp, e->charge, 4);
    disp += (int32_t)(16 * e->done);
    memcpy(e->charge, &disp, 4);
}

void count_close(struct emitter *e) {
    if (!e->is_open) return;
    if (!e->charge) charge(e); /* left to the interpreter before its place came */
    patch_charge(e);
    e->block_length[e->n_blocks++] = (uint8_t)e->done;
    for (unsigned i = e->charge_record; i < e->n_records; i++) e->record[i].ahead = (int8_t)(e->record[i].ahead + (int)e->done);
    e->is_open = false;
    e->done = 0;
}

/* The last instruction of the block that begins at the current one. */
static unsigned last_of_block(const struct emitter *e) {
    unsigned i = e->i;
    while (i - e->i + 1 < BLOCK_MAX && e->plan->insn[i].info->control == CONTROL_NEXT && unit_falls_through(e->plan, i) &&
           !e->is_target[i + 1])
        i++;
    return i;
}

/* Where the block's length is taken off: with a look at the sign where flags are dead, if there is such a place. */
static void open(struct emitter *e) {
    e->is_open = true;
    e->done = 0;
    e->charge = NULL;
    e->charge_at = e->i;
    if (!e->checks[e->i]) return;
    const unsigned last = last_of_block(e);
    for (unsigned i = e->i; i <= last; i++) {
        if (!unit_flags_dead(e->plan, i)) continue;
        e->charge_at = i;
        return;
    }
}

void count_before(struct emitter *e) {
    if (!e->space->counting) return;
    if (e->done >= BLOCK_MAX) count_close(e);
    if (!e->is_open) open(e);
    if (e->i != e->charge_at || e->charge) return;
    const bool check = e->checks[e->i - e->done], dead = check && unit_flags_dead(e->plan, e->i);
    if (dead) charge_and_check(e);
    else charge(e);
    if (check && !dead) {
        const bool free = !(e->cached & JIT_CACHED_R10) && e->counter != R10;
        check_keeping_flags(e, e->counter, free ? RCX_IN_R10 : RCX_IN_THREAD, e->i, true);
    }
    emitter_record(e, 0, !e->lost);
}

void count_after(struct emitter *e) {
    if (!e->is_open) return;
    e->done++;
    const struct unit_insn *u = &e->plan->insn[e->i];
    if (u->info->control != CONTROL_NEXT && !emitter_leaves_by_stub(e, u) && !unit_runs_on(e->plan, e->i)) count_close(e);
}

/* --- From outside, and the ways to C --- */

/* True when a way in from outside looks at the sign itself, and where flags are dead, spoils them. */
bool count_entry_spoils(const struct emitter *e, unsigned insn) {
    return e->space->counting && !e->checks[insn] && unit_flags_dead(e->plan, insn);
}

void count_entry(struct emitter *e, unsigned insn) {
    if (!e->space->counting || e->checks[insn]) return;
    if (!unit_flags_dead(e->plan, insn)) {
        check_keeping_flags(e, R11, RCX_IN_R10, insn, false);
        return;
    }
    asm_bytes(&e->a, "\x4d\x85\xdb\x0f\x88", 5); /* test r11, r11; js */
    put_out(e, insn, false);
}

void count_give_back(struct emitter *e, unsigned block, unsigned done) {
    const unsigned left = e->space->counting ? e->block_length[block] - done : 0;
    if (left) add_to_register(&e->a, R11, (int)left);
}

static void write_out(struct emitter *e, const struct emitter_out *out) {
    struct assembler *a = &e->a;
    const int left = e->block_length[out->block] - out->done;
    const int32_t rel = (int32_t)(asm_here(a) - ((uint64_t)((intptr_t)out->site + a->shift) + 4));
    memcpy(out->site, &rel, 4);
    restore_rcx(e, (enum emitter_rcx)out->rcx);
    if (out->inside) {
        emit_spill(e);
        add_to_register(a, R11, left);
    }
    asm_leave(a, e->space, jit_space_new_exit(e->space, JIT_EXIT_BUDGET, e->plan->insn[out->insn].pc));
}

void count_cold(struct emitter *e) {
    for (unsigned i = 0; i < e->n_outs; i++) write_out(e, &e->out[i]);
}
