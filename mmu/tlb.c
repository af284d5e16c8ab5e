/* SPDX-License-Identifier: ISC */
/* The soft TLB: attaching, safe points, and the slow path that walks the page table. The walk takes no lock while the
 * entry is there; faults take the space's. All but the kick bits belongs to the owner thread. */
#include "mmu/tlb.h"

#include "mmu/gate.h"
#include "mmu/space_internal.h"

#include <string.h>

static void flush(struct tlb *tlb) {
    for (unsigned i = 0; i < TLB_SIZE; i++) {
        struct tlb_entry *e = &tlb->entry[i];
        e->write = e->exec = TLB_NO_TAG;
        __atomic_store_n(&e->read, TLB_NO_TAG, __ATOMIC_RELAXED);
    }
}

void tlb_init(struct tlb *tlb) {
    memset(tlb, 0, sizeof *tlb);
    flush(tlb);
    atomic_init(&tlb->seen_epoch, EPOCH_OUTSIDE);
    list_init(&tlb->node);
}

void tlb_attach(struct tlb *tlb, struct address_space *space) {
    struct address_space *old = tlb->space;
    if (old) {
        host_mutex_lock(&old->tlb_lock);
        list_remove(&tlb->node);
        host_mutex_unlock(&old->tlb_lock);
        epoch_acknowledge(old);
    }
    tlb->space = space ? space_get(space) : NULL;
    if (space) {
        host_mutex_lock(&space->tlb_lock);
        list_append(&space->tlbs, &tlb->node);
        host_mutex_unlock(&space->tlb_lock);
    }
    atomic_store(&tlb->flushed_epoch, 0); /* no space has this epoch: flush at the next tlb_enter */
    space_put(old);
}

/* Makes the entries as new as the epoch. Returns it. */
static uint64_t catch_up(struct tlb *tlb) {
    const uint64_t epoch = atomic_load(&tlb->space->epoch);
    if (atomic_load_explicit(&tlb->flushed_epoch, memory_order_relaxed) != epoch) flush(tlb);
    atomic_store(&tlb->flushed_epoch, epoch);
    return epoch;
}

/* From outside, or from a safe point. */
static void pass_gate(struct tlb *tlb) {
    struct address_space *space = tlb->space;
    for (;;) {
        atomic_store(&tlb->seen_epoch, 0); /* inside from here on; only then look at the gate and the epoch */
        if (LIKELY(atomic_load(&space->gate) == 0)) break;
        atomic_store(&tlb->seen_epoch, EPOCH_OUTSIDE);
        epoch_acknowledge(space);
        gate_wait(space, GATE_ANY);
    }
    atomic_store(&tlb->seen_epoch, catch_up(tlb));
    epoch_acknowledge(space);
}

void tlb_enter(struct tlb *tlb) {
    atomic_fetch_and(&tlb->kick, ~(uint32_t)KICK_TLB);
    for (unsigned i = 0; i < TLB_FILES; i++) tlb->file[i].backing = NULL;
    pass_gate(tlb);
}

void tlb_kick(struct tlb *tlb, uint32_t bits) {
    atomic_fetch_or(&tlb->kick, bits);
    if (atomic_load(&tlb->native)) host_kick_send(&tlb->thread);
}

/* The order against tlb_kick and gate_close: here native, then kick and gate; there kick or gate, then native. One sees the other. */
uint32_t tlb_native_enter(struct tlb *tlb) {
    struct address_space *space = tlb->space;
    if (UNLIKELY(!atomic_load_explicit(&space->was_native, memory_order_relaxed))) atomic_store(&space->was_native, true);
    for (;;) {
        atomic_store(&tlb->native, 1);
        const bool open = !(atomic_load(&space->gate) & GATE_NATIVE_MASK);
        if (LIKELY(atomic_load(&tlb->kick) == 0 && open)) return 0;
        tlb_native_leave(tlb);
        const uint32_t kick = atomic_exchange(&tlb->kick, 0);
        if (kick) return kick;
        gate_wait(space, GATE_NATIVE_MASK);
    }
}

void tlb_native_leave(struct tlb *tlb) {
    atomic_store(&tlb->native, 0);
    epoch_acknowledge(tlb->space);
}

void tlb_leave(struct tlb *tlb) {
    atomic_store(&tlb->seen_epoch, EPOCH_OUTSIDE);
    epoch_acknowledge(tlb->space);
}

uint32_t tlb_safe_point(struct tlb *tlb) {
    if (LIKELY(atomic_load_explicit(&tlb->kick, memory_order_relaxed) == 0)) return 0;
    const uint32_t kick = atomic_exchange(&tlb->kick, 0);
    if (kick & KICK_TLB) pass_gate(tlb);
    return kick;
}

static bool allows(uint64_t pte, enum mem_access access) {
    if (access == MEM_WRITE) return (pte & (PTE_WRITE | PTE_SHARED)) == PTE_WRITE;
    return (pte & (access == MEM_EXEC ? PTE_EXEC : PTE_READ)) != 0;
}

/* may_write: a write entry may be installed, so that later writes pass without a check. The store of `read` and the
 * load of the page table that follows are ordered against epoch_settle. */
static void *fill(struct tlb *tlb, uint64_t gva, uint64_t pte, bool may_write) {
    const uint64_t page = align_down(gva, GUEST_PAGE_SIZE);
    struct tlb_entry *e = tlb_slot(tlb, gva);
    e->delta = (uintptr_t)pte_page(pte) - (uintptr_t)page;
    const bool is_fast = LIKELY(!tlb->tap) || !tlb->tap->watches(tlb->tap, tlb, page);
    e->write = may_write && is_fast ? page : TLB_NO_TAG;
    e->exec = pte & PTE_EXEC ? page : TLB_NO_TAG;
    __atomic_store_n(&e->read, (pte & PTE_READ) && is_fast ? page : TLB_NO_TAG, __ATOMIC_SEQ_CST);
    return (void *)(uintptr_t)(gva + e->delta);
}

/* Without a lock: NULL when the page is not there or does not allow the access. */
static void *walk(struct tlb *tlb, uint64_t gva, enum mem_access access) {
    const pte_slot *slot = page_table_find(&tlb->space->table, gva);
    uint64_t pte = slot ? atomic_load(slot) : 0;
    while (LIKELY(allows(pte, access))) {
        void *at = fill(tlb, gva, pte, allows(pte, MEM_WRITE));
        const uint64_t now = atomic_load(slot);
        if (LIKELY(now == pte)) return at;
        pte = now;
    }
    return NULL;
}

/* While a thread waits for the lock others may wait for its flush; it counts as flushed and flushes before it goes on.
 * Host addresses that the instruction got earlier stay valid: seen_epoch does not move. */
static void lock_space(struct tlb *tlb) {
    struct address_space *space = tlb->space;
    if (!host_mutex_trylock(&space->lock)) {
        atomic_store(&tlb->flushed_epoch, EPOCH_OUTSIDE);
        epoch_acknowledge(space);
        host_mutex_lock(&space->lock);
    }
    catch_up(tlb); /* a fault served while a fork waits comes after the writes through older entries */
    space->faulter = tlb;
}

static void unlock_space(struct tlb *tlb) {
    tlb->space->faulter = NULL;
    host_mutex_unlock(&tlb->space->lock);
}

static void *refuse(struct mem_fault *fault, enum mem_fault_kind kind, enum mem_access access, uint64_t gva) {
    *fault = (struct mem_fault){.kind = (uint8_t)kind, .access = (uint8_t)access, .gva = gva};
    return NULL;
}

static bool is_canonical(uint64_t gva) {
    return (uint64_t)sign_extend(gva, 48) == gva;
}

static void *fault_in(struct tlb *tlb, uint64_t gva, enum mem_access access, struct mem_fault *fault) {
    uint64_t pte = 0;
    void *at = NULL;
    lock_space(tlb);
    const enum mem_fault_kind kind = space_fault_locked(tlb->space, gva, access, &pte);
    if (kind == MEM_OK) {
        at = fill(tlb, gva, pte, access == MEM_WRITE ? (pte & PTE_WRITE) != 0 : allows(pte, MEM_WRITE));
    }
    unlock_space(tlb);
    return at ? at : refuse(fault, kind, access, gva);
}

void *tlb_translate(struct tlb *tlb, uint64_t gva, enum mem_access access, struct mem_fault *fault) {
    if (UNLIKELY(gva >= SPACE_END)) {
        return refuse(fault, is_canonical(gva) ? MEM_FAULT_UNMAPPED : MEM_FAULT_NONCANONICAL, access, gva);
    }
    void *at = walk(tlb, gva, access);
    return LIKELY(at != NULL) ? at : fault_in(tlb, gva, access, fault);
}

void tap_watch_anew(struct tlb *tlb) {
    struct address_space *space = tlb->space;
    host_mutex_lock(&space->tlb_lock);
    LIST_FOR_EACH(node, &space->tlbs) atomic_store(&CONTAINER_OF(node, struct tlb, node)->flushed_epoch, 0);
    host_mutex_unlock(&space->tlb_lock);
}

size_t tlb_fetch(struct tlb *tlb, uint64_t gva, uint8_t *out, size_t n, struct mem_fault *fault) {
    size_t done = 0;
    while (done < n) {
        const struct tlb_entry *e = tlb_slot(tlb, gva + done);
        const uint64_t at = gva + done;
        const void *from = e->exec == align_down(at, GUEST_PAGE_SIZE) ? (void *)(uintptr_t)(at + e->delta)
                                                                      : tlb_translate(tlb, at, MEM_EXEC, fault);
        if (!from) break;
        size_t part = GUEST_PAGE_SIZE - (at & (GUEST_PAGE_SIZE - 1));
        if (part > n - done) part = n - done;
        memcpy(out + done, from, part);
        done += part;
    }
    return done;
}
