/* SPDX-License-Identifier: ISC */
/* Finding units, and what their rows say about flags. */
#include "cpu/jit/unit.h"

#include "cpu/state.h"

#include <string.h>

static bool is_direct(const struct unit_insn *u) {
    switch (u->info->control) {
    case CONTROL_BRANCH: case CONTROL_JUMP: case CONTROL_CALL: return true;
    default: return false;
    }
}

/* Whether straight code goes on behind it. SYSCALL stops the engine, but comes back there. */
static bool goes_on(const struct unit_insn *u) {
    switch (u->info->control) {
    case CONTROL_NEXT: case CONTROL_BRANCH: case CONTROL_CALL: case CONTROL_CALL_IND: return true;
    case CONTROL_STOP: return u->insn.op == OP_SYSCALL;
    default: return false;
    }
}

/* MMX registers are x87 registers. */
static bool uses_x87(const struct unit_insn *u) {
    if (u->info->feature == FEATURE_X87 || u->info->feature == FEATURE_MMX) return true;
    for (unsigned i = 0; i < u->insn.n_operands; i++)
        if (u->insn.operand[i].reg_class == REG_MMX || u->insn.operand[i].reg_class == REG_ST) return true;
    return false;
}

/* The bytes at pc decoded into the next place of the plan. */
static bool decode_next(struct unit_plan *plan, const struct unit_source *source, uint64_t pc) {
    struct unit_insn *u = &plan->insn[plan->n];
    const size_t offset = pc - source->start;
    if (offset >= source->n_bytes) return false;
    if (decode(source->bytes + offset, source->n_bytes - offset, &u->insn) < 0) return false;
    u->info = form_info(u->insn.form);
    u->pc = pc;
    u->place = pc;
    u->is_copy = false;
    u->target = 0;
    u->bytes = source->bytes + offset;
    if (is_direct(u)) u->target = pc + u->insn.length + (uint64_t)u->insn.imm;
    if (uses_x87(u)) plan->uses_x87 = true;
    plan->n++;
    return true;
}

/* The nearest target ahead of pc that a branch of the unit names, or 0. */
static uint64_t next_target(const struct unit_plan *plan, uint64_t pc) {
    uint64_t nearest = 0;
    for (unsigned i = 0; i < plan->n; i++) {
        const uint64_t target = plan->insn[i].target;
        if (plan->insn[i].info->control == CONTROL_CALL || target < pc || target - pc > UNIT_MAX_GAP) continue;
        if (!nearest || target < nearest) nearest = target;
    }
    for (unsigned i = 0; i < plan->n_heads; i++)
        if (plan->head[i] >= pc && (!nearest || plan->head[i] < nearest)) nearest = plan->head[i];
    return nearest;
}

static void find_from_start(struct unit_plan *plan, const struct unit_source *source, unit_known_fn *known, void *arg) {
    uint64_t pc = source->start;
    plan->n = 0;
    plan->uses_x87 = plan->crosses_page = false;
    while (plan->n < UNIT_MAX_INSNS && pc < source->end) {
        if (plan->n && known(arg, pc)) return;
        if (!decode_next(plan, source, pc)) return;
        const struct unit_insn *u = &plan->insn[plan->n - 1];
        pc += u->insn.length;
        plan->crosses_page |= pc > source->page_end;
        if (goes_on(u)) continue;
        pc = next_target(plan, pc);
        if (!pc) return;
    }
}

/* A branch back into a gap of the unit: the head of a loop that was jumped over. 0: none. */
static uint64_t missing_head(const struct unit_plan *plan) {
    const uint64_t start = plan->n ? plan->insn[0].pc : 0;
    for (unsigned i = 0; i < plan->n; i++) {
        const struct unit_insn *u = &plan->insn[i];
        const bool is_back = u->target > start && u->target <= u->pc && u->info->control != CONTROL_CALL;
        if (is_back && unit_index(plan, u->target) < 0) return u->target;
    }
    return 0;
}

void unit_find(struct unit_plan *plan, const struct unit_source *source, unit_known_fn *known, void *arg) {
    plan->n_heads = 0;
    find_from_start(plan, source, known, arg);
    while (plan->n_heads < UNIT_MAX_HEADS) {
        const uint64_t head = missing_head(plan);
        if (!head || known(arg, head)) return;
        for (unsigned i = 0; i < plan->n_heads; i++)
            if (plan->head[i] == head) return;
        plan->head[plan->n_heads++] = head;
        find_from_start(plan, source, known, arg);
    }
}

int unit_index(const struct unit_plan *plan, uint64_t pc) {
    unsigned low = 0, high = plan->n;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if (plan->insn[middle].place < pc) low = middle + 1;
        else high = middle;
    }
    return low < plan->n && plan->insn[low].place == pc && !plan->insn[low].is_copy ? (int)low : -1;
}

/* --- Tails --- */

static bool may_be_in_tail(const struct unit_insn *u) {
    switch (u->info->control) {
    case CONTROL_NEXT: case CONTROL_JUMP: case CONTROL_JUMP_IND: return true;
    case CONTROL_BRANCH: return u->insn.op == OP_JCC;
    default: return false;
    }
}

/* The tail at pc, decoded into the places behind the plan's last. Returns its length, or 0. */
static unsigned decode_tail(struct unit_plan *plan, uint64_t pc, uint64_t place, const struct unit_tails *tails) {
    const struct unit_source source = {.bytes = tails->bytes, .n_bytes = tails->n_bytes, .start = tails->start};
    const unsigned first = plan->n;
    unsigned n = 0;
    bool ends = false;
    while (!ends && first + n < UNIT_MAX_INSNS && n < UNIT_MAX_TAIL && pc >= source.start && decode_next(plan, &source, pc)) {
        struct unit_insn *u = &plan->insn[first + n++];
        u->place = place;
        u->is_copy = true;
        if (!may_be_in_tail(u) || pc - plan->insn[0].pc + UNIT_MAX_TAIL_DISTANCE > 2 * UNIT_MAX_TAIL_DISTANCE) break;
        ends = u->info->control == CONTROL_JUMP_IND;
        pc = u->info->control == CONTROL_JUMP ? u->target : pc + u->insn.length;
    }
    plan->n = first;
    return ends ? n : 0;
}

unsigned unit_copy_tail(struct unit_plan *plan, unsigned i, uint64_t target, const struct unit_tails *tails) {
    struct unit_insn copies[UNIT_MAX_TAIL];
    const unsigned n = decode_tail(plan, target, plan->insn[i].place, tails);
    if (!n) return 0;
    memcpy(copies, &plan->insn[plan->n], n * sizeof *copies);
    memmove(&plan->insn[i + 1 + n], &plan->insn[i + 1], (plan->n - i - 1) * sizeof *copies);
    memcpy(&plan->insn[i + 1], copies, n * sizeof *copies);
    plan->n += n;
    return n;
}

bool unit_runs_on(const struct unit_plan *plan, unsigned i) {
    const struct unit_insn *u = &plan->insn[i];
    return u->info->control == CONTROL_JUMP && i + 1 < plan->n && plan->insn[i + 1].is_copy && plan->insn[i + 1].pc == u->target;
}

bool unit_falls_through(const struct unit_plan *plan, unsigned i) {
    const struct unit_insn *u = &plan->insn[i];
    return i + 1 < plan->n && plan->insn[i + 1].pc == u->pc + u->insn.length && goes_on(u);
}

static bool has_memory(const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++)
        if (insn->operand[i].kind == OPERAND_MEM) return true;
    return false;
}

static bool is_near_stack_pointer(const struct mem_operand *m) {
    return m->base == RSP && m->index == REG_NONE && m->disp >= -128 && m->disp < 4096;
}

/* Stack accesses are let pass: the stack has just been used when anybody asks. */
static bool may_fault(const struct unit_insn *u) {
    const unsigned others = FAULT_DE | FAULT_XM | FAULT_MF | FAULT_GP | FAULT_UD | FAULT_BP | FAULT_DB;
    if ((u->info->faults & others) || uses_x87(u)) return true;
    if (!(u->info->faults & (FAULT_MEMORY | FAULT_ALIGN)) || !has_memory(&u->insn)) return false;
    return (u->info->faults & FAULT_ALIGN) || !is_near_stack_pointer(&u->insn.mem);
}

/* Goes over one instruction. Returns whether that decides it: no flag is alive any more, or some stay alive. */
static bool decides(const struct unit_insn *u, unsigned *alive) {
    if ((u->info->flags_read & *alive) || may_fault(u)) return true;
    *alive = unit_flags_lost(u, *alive);
    return !*alive || u->info->control != CONTROL_NEXT;
}

bool unit_flags_dead(const struct unit_plan *plan, unsigned i) {
    unsigned alive = RFLAGS_ARITH;
    for (; i < plan->n; i++) {
        if (unit_runs_on(plan, i)) continue;
        if (decides(&plan->insn[i], &alive) || !unit_falls_through(plan, i)) break;
    }
    return !alive;
}

unsigned unit_flags_lost(const struct unit_insn *u, unsigned lost) {
    return lost & ~(unsigned)((u->info->flags_written | u->info->flags_undefined) & ~u->info->flags_maybe);
}
