/* SPDX-License-Identifier: ISC */
/* The soft TLB: attaching, safe points, and the slow path that walks the page table. The walk takes no lock while the
 * entry is there; faults take the space's. All but the kick bits belongs to the owner thread. */
#include "mmu/tlb.h"

#include "mmu/space_internal.h"

#include <string.h>

static void flush(struct tlb *tlb) {
    for (unsigned i = 0; i < TLB_SIZE; i++) {
        tlb->entry[i].read = tlb->entry[i].write = tlb->entry[i].exec = TLB_NO_TAG;
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
    tlb->flushed_epoch = 0; /* no space has this epoch: flush at the next tlb_enter */
    space_put(old);
}

/* Makes the entries as new as the epoch and publishes it. */
static void catch_up(struct tlb *tlb) {
    const uint64_t epoch = atomic_load(&tlb->space->epoch);
    if (tlb->flushed_epoch != epoch) flush(tlb);
    tlb->flushed_epoch = epoch;
    atomic_store(&tlb->seen_epoch, epoch);
}

void tlb_enter(struct tlb *tlb) {
    atomic_fetch_and(&tlb->kick, ~(uint32_t)KICK_TLB);
    atomic_store(&tlb->seen_epoch, tlb->flushed_epoch); /* inside from here on; only then look at the epoch */
    catch_up(tlb);
    epoch_acknowledge(tlb->space);
}

void tlb_leave(struct tlb *tlb) {
    atomic_store(&tlb->seen_epoch, EPOCH_OUTSIDE);
    epoch_acknowledge(tlb->space);
}

uint32_t tlb_safe_point(struct tlb *tlb) {
    if (LIKELY(atomic_load_explicit(&tlb->kick, memory_order_relaxed) == 0)) return 0;
    const uint32_t kick = atomic_exchange(&tlb->kick, 0);
    if (kick & KICK_TLB) {
        catch_up(tlb);
        epoch_acknowledge(tlb->space);
    }
    return kick;
}

static bool allows(uint64_t pte, enum mem_access access) {
    if (access == MEM_WRITE) return (pte & (PTE_WRITE | PTE_SHARED)) == PTE_WRITE;
    return (pte & (access == MEM_EXEC ? PTE_EXEC : PTE_READ)) != 0;
}

/* may_write: a write entry may be installed, so that later writes pass without a check. */
static void *fill(struct tlb *tlb, uint64_t gva, uint64_t pte, bool may_write) {
    const uint64_t page = align_down(gva, GUEST_PAGE_SIZE);
    struct tlb_entry *e = tlb_slot(tlb, gva);
    e->delta = (uintptr_t)pte_page(pte) - (uintptr_t)page;
    e->read = pte & PTE_READ ? page : TLB_NO_TAG;
    e->write = may_write ? page : TLB_NO_TAG;
    e->exec = pte & PTE_EXEC ? page : TLB_NO_TAG;
    return (void *)(uintptr_t)(gva + e->delta);
}

static void *refuse(struct mem_fault *fault, enum mem_fault_kind kind, enum mem_access access, uint64_t gva) {
    *fault = (struct mem_fault){.kind = (uint8_t)kind, .access = (uint8_t)access, .gva = gva};
    return NULL;
}

static bool is_canonical(uint64_t gva) {
    return (uint64_t)sign_extend(gva, 48) == gva;
}

void *tlb_translate(struct tlb *tlb, uint64_t gva, enum mem_access access, struct mem_fault *fault) {
    struct address_space *space = tlb->space;
    if (UNLIKELY(gva >= SPACE_END)) {
        return refuse(fault, is_canonical(gva) ? MEM_FAULT_UNMAPPED : MEM_FAULT_NONCANONICAL, access, gva);
    }
    const pte_slot *slot = page_table_find(&space->table, gva);
    uint64_t pte = slot ? atomic_load_explicit(slot, memory_order_acquire) : 0;
    if (LIKELY(allows(pte, access))) return fill(tlb, gva, pte, allows(pte, MEM_WRITE));
    host_mutex_lock(&space->lock);
    const enum mem_fault_kind kind = space_fault_locked(space, gva, access, &pte);
    host_mutex_unlock(&space->lock);
    if (kind != MEM_OK) return refuse(fault, kind, access, gva);
    return fill(tlb, gva, pte, access == MEM_WRITE ? (pte & PTE_WRITE) != 0 : allows(pte, MEM_WRITE));
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
