/* SPDX-License-Identifier: ISC */
/* Watchpoints. Bytes are compared between any two turns, which shows what changed them, a system call for example; and each access of an
 * instruction to them comes by (mmu/tap.h), and is a turn of its own. What taps do not see, writes through other mappings, wants turns of one
 * instruction. */
#include "debugger/internal.h"

#include "base/bits.h"
#include "base/error.h"
#include "mmu/space.h"

#include <string.h>

static int64_t read_watched(struct process *process, void *arg) {
    struct watchpoint *now = arg;
    now->space = process->space;
    now->is_shared = process->space && space_shares(process->space, now->what.address);
    return process->space ? space_peek(process->space, now->old, now->what.address, now->what.size) : -EFAULT;
}

/* What is there now, in now->old. */
static void read_now(struct target *target, const struct watchpoint *watch, struct watchpoint *now) {
    *now = *watch;
    now->is_there = target_with_process(target, watch->what.pid, read_watched, now) == 0;
}

static bool is_same(const struct watchpoint *a, const struct watchpoint *b) {
    return a->is_there == b->is_there && (!a->is_there || memcmp(a->old, b->old, a->what.size) == 0);
}

const struct watchpoint *watch_look(struct target *target) {
    const struct watchpoint *changed = NULL;
    for (size_t i = 0; i < target->n_watches; i++) {
        struct watchpoint *watch = &target->watches[i], now;
        read_now(target, watch, &now);
        const bool differs = !is_same(watch, &now), was_there = watch->is_there;
        if (watch->space != now.space) target->watch_generation++;
        *watch = now;
        if (!changed && differs && was_there && now.is_there && watch->what.kind != TARGET_READS) changed = watch;
    }
    return changed;
}

/* --- Accesses --- */

static bool watches(struct mem_tap *tap, struct tlb *tlb, uint64_t page) {
    const struct target *target = CONTAINER_OF(tap, struct target, tap);
    for (size_t i = 0; i < target->n_watches; i++) {
        const struct watchpoint *watch = &target->watches[i];
        const uint64_t start = watch->what.address, end = start + watch->what.size;
        if (watch->space == tlb->space && start < page + GUEST_PAGE_SIZE && end > page) return true;
    }
    return false;
}

/* Changes are seen behind the instruction. */
static bool before(struct mem_tap *tap, struct tlb *tlb, uint64_t gva, unsigned size, enum mem_access access) {
    struct target *target = CONTAINER_OF(tap, struct target, tap);
    bool stops = false;
    for (size_t i = 0; i < target->n_watches; i++) {
        struct watchpoint *watch = &target->watches[i];
        if (watch->space != tlb->space || gva >= watch->what.address + watch->what.size || gva + size <= watch->what.address) continue;
        const bool is_told = watch->what.kind == TARGET_ACCESSES || (watch->what.kind == TARGET_READS && (access & MEM_READ));
        if (is_told && !target->accessed) target->accessed = watch;
        stops |= is_told || (access & MEM_WRITE);
    }
    return stops;
}

void watch_init(struct target *target) {
    target->tap = (struct mem_tap){watches, before};
}

void watch_before_run(struct target *target, struct debugged_thread *thread, struct task *task) {
    struct mem_tap *const machines = task->kernel->options.tap, *const wanted = thread && target->n_watches ? &target->tap : NULL;
    struct tlb *tlb = &task->cpu->tlb;
    if (machines || (tlb->tap == wanted && (!thread || thread->watch_generation == target->watch_generation))) return;
    tlb->tap = wanted;
    tap_watch_anew(tlb);
    if (thread) thread->watch_generation = target->watch_generation;
}

bool watch_must_step(const struct target *target) {
    bool must = target->n_watches && target_kernel(target)->options.tap;
    for (size_t i = 0; i < target->n_watches; i++) must |= target->watches[i].is_shared;
    return must;
}

/* --- The set --- */

static size_t find(const struct target *target, const struct target_break *what) {
    size_t i = 0;
    for (; i < target->n_watches; i++) {
        const struct target_break *there = &target->watches[i].what;
        if (there->pid == what->pid && there->address == what->address && there->size == what->size && there->kind == what->kind) break;
    }
    return i;
}

int target_set_watchpoint(struct target *target, const struct target_break *watch, bool on) {
    const size_t i = find(target, watch);
    const bool is_there = i < target->n_watches;
    if (!on && is_there) {
        target->watches[i] = target->watches[--target->n_watches];
        target->accessed = NULL;
        target->watch_generation++;
    }
    if (!on || is_there) return 0;
    if (watch->size < 1 || watch->size > TARGET_WATCH_MAX || watch->address + watch->size < watch->address) return -EINVAL;
    if (target->n_watches == TARGET_MAX_WATCHES) return -ENOSPC;
    const struct watchpoint made = {.what = *watch};
    read_now(target, &made, &target->watches[target->n_watches++]);
    target->watch_generation++;
    return 0;
}
