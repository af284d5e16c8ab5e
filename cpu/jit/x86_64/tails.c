/* SPDX-License-Identifier: ISC */
/* An interpreter whose instructions share one indirect jump gets a copy of it, with what leads there, for each of them: R10 and R11 stay in their
 * registers on the way, and the host predicts each jump by itself. A tail is copied where code is known that has such a jump, and in units that
 * an indirect jump leads to. A unit's tails are all of one page, which its invalidation and its image in the store then depend on, too. */
#include "cpu/jit/x86_64/tails.h"

#include "cpu/jit/x86_64/pages.h"
#include "mmu/breakpoint.h"

static bool leads_to_jump(struct jit_space *space, uint64_t pc) {
    struct jit_entry entry;
    return jit_space_entry(space, pc, &entry) && space->units[entry.unit].jumps && !space->units[entry.unit].weak;
}

/* Where instruction i goes on outside of the unit, 0 if it does not. */
static uint64_t goes_to(const struct unit_plan *plan, unsigned i) {
    const struct unit_insn *u = &plan->insn[i];
    if (u->is_copy) return 0;
    switch (u->info->control) {
    case CONTROL_JUMP: return unit_index(plan, u->target) < 0 ? u->target : 0;
    case CONTROL_NEXT: case CONTROL_BRANCH: return i + 1 == plan->n ? u->pc + u->insn.length : 0;
    default: return 0;
    }
}

/* Makes the page at gva, which has code, the one that tails are of. */
static bool take_page(struct jit_space *space, struct tlb *tlb, uint64_t gva) {
    struct mem_fault fault;
    return jit_space_has_page(space, gva) && jit_space_watch(space, tlb, gva) &&
           tlb_fetch(tlb, gva, space->tail_bytes, GUEST_PAGE_SIZE, &fault) == GUEST_PAGE_SIZE;
}

void tails_copy(struct jit_space *space, struct tlb *tlb, enum jit_way way) {
    struct unit_plan *plan = &space->plan;
    struct unit_tails tails = {space->tail_bytes, GUEST_PAGE_SIZE, 0};
    const uint64_t first = align_down(plan->insn[0].pc, GUEST_PAGE_SIZE);
    space->tail_page = 0;
    if (way == JIT_BY_RETURN || space_has_breakpoints(tlb->space)) return;
    for (unsigned i = 0, copies = 0; i < plan->n && copies < UNIT_MAX_COPIES; i++) {
        const uint64_t target = goes_to(plan, i), page = align_down(target, GUEST_PAGE_SIZE);
        if (!target || (way != JIT_BY_JUMP && !leads_to_jump(space, target))) continue;
        if (!tails.start && take_page(space, tlb, page)) tails.start = page;
        if (!page || tails.start != page) continue;
        const unsigned n = unit_copy_tail(plan, i, target, &tails);
        if (n && page != first) space->tail_page = page;
        copies += n;
        i += n;
    }
}
