/* SPDX-License-Identifier: ISC */
/* Watchpoints: bytes that are compared between any two instructions. That is exact, whoever changes them and however, and slow. */
#include "debugger/internal.h"

#include "base/error.h"
#include "mmu/space.h"

#include <string.h>

static int64_t read_watched(struct process *process, void *arg) {
    struct watchpoint *now = arg;
    return process->space ? space_peek(process->space, now->old, now->address, now->size) : -EFAULT;
}

/* What is there now, in now->old. */
static void read_now(struct target *target, const struct watchpoint *watch, struct watchpoint *now) {
    *now = *watch;
    now->is_there = target_with_process(target, watch->pid, read_watched, now) == 0;
}

static bool is_same(const struct watchpoint *a, const struct watchpoint *b) {
    return a->is_there == b->is_there && (!a->is_there || memcmp(a->old, b->old, a->size) == 0);
}

const struct watchpoint *watch_look(struct target *target) {
    const struct watchpoint *changed = NULL;
    for (size_t i = 0; i < target->n_watches; i++) {
        struct watchpoint *watch = &target->watches[i], now;
        read_now(target, watch, &now);
        if (is_same(watch, &now)) continue;
        if (!changed && watch->is_there && now.is_there) changed = watch;
        *watch = now;
    }
    return changed;
}

static size_t find(const struct target *target, int pid, uint64_t gva, unsigned n) {
    size_t i = 0;
    for (; i < target->n_watches; i++) {
        const struct watchpoint *watch = &target->watches[i];
        if (watch->pid == pid && watch->address == gva && watch->size == n) break;
    }
    return i;
}

int target_set_watchpoint(struct target *target, int pid, uint64_t gva, unsigned n, bool on) {
    const size_t i = find(target, pid, gva, n);
    const bool is_there = i < target->n_watches;
    if (!on && is_there) target->watches[i] = target->watches[--target->n_watches];
    if (!on || is_there) return 0;
    if (n < 1 || n > TARGET_WATCH_MAX) return -EINVAL;
    if (target->n_watches == TARGET_MAX_WATCHES) return -ENOSPC;
    const struct watchpoint watch = {.pid = pid, .address = gva, .size = n};
    read_now(target, &watch, &target->watches[target->n_watches++]);
    return 0;
}
