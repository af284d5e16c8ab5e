/* SPDX-License-Identifier: ISC */
/* What happens to a dying thread's locks: PI locks are handed on, and every lock on its robust list is marked
 * OWNER_DIED and one waiter woken. The list is the guest's: it may be circular, endless or unmapped. */
#include "syscall/linux/process/futex_internal.h"

struct robust_walk {
    struct task *task;
    int64_t offset;  /* from a list entry to its lock word */
};

/* Bit 0 of an entry's address says that the lock is a PI lock. */
static bool fetch_entry(struct robust_walk *walk, uint64_t gva, uint64_t *entry, bool *pi) {
    uint64_t raw;
    if (copy_from_guest(walk->task, &raw, gva, sizeof raw) < 0) return false;
    *entry = raw & ~1ull;
    *pi = raw & 1;
    return true;
}

/* Returns false to stop the walk. pending: the thread was locking or unlocking it when it died. */
static bool mark_dead(struct robust_walk *walk, uint64_t entry, bool pi, bool pending) {
    struct task *task = walk->task;
    struct address_space *space = task_space(task);
    const uint64_t uaddr = entry + (uint64_t)walk->offset;
    uint32_t word;
    bool swapped = false;
    if (uaddr & 3 || space_load_u32(space, uaddr, &word) < 0) return false;
    if (pending && !pi && !word) {
        futex_wake(task, uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
        return true;
    }
    while (!swapped) {
        if ((word & FUTEX_TID_MASK) != (uint32_t)task_tid(task)) return true;
        const uint32_t new = (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
        if (space_cmpxchg_u32(space, uaddr, &word, new, &swapped) < 0) return false;
    }
    if (!pi && (word & FUTEX_WAITERS)) futex_wake(task, uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
    return true;
}

static void walk_list(struct robust_walk *walk, uint64_t head_gva, uint64_t first, bool first_pi, uint64_t pending) {
    uint64_t entry = first;
    bool pi = first_pi;
    for (int left = ROBUST_LIST_LIMIT; left > 0 && entry != head_gva; left--) {
        uint64_t next;
        bool next_pi;
        /* The next pointer is read first: once the lock is released its owner may reuse the memory. */
        const bool more = fetch_entry(walk, entry, &next, &next_pi);
        if (entry != pending && !mark_dead(walk, entry, pi, false)) return;
        if (!more) return;
        entry = next;
        pi = next_pi;
    }
}

static void exit_robust_list(struct task *task) {
    const uint64_t head_gva = task->robust_list;
    struct robust_walk walk = {.task = task};
    struct guest_robust_list_head head;
    uint64_t first, pending;
    bool first_pi, pending_pi;
    if (!head_gva) return;
    task->robust_list = 0;
    if (copy_from_guest(task, &head, head_gva, sizeof head) < 0) return;
    walk.offset = (int64_t)head.futex_offset;
    first = head.list & ~1ull;
    first_pi = head.list & 1;
    pending = head.list_op_pending & ~1ull;
    pending_pi = head.list_op_pending & 1;
    walk_list(&walk, head_gva, first, first_pi, pending);
    if (pending) mark_dead(&walk, pending, pending_pi, true);
}

void futex_exit(struct task *task) {
    futex_exit_pi(task);
    exit_robust_list(task);
}
