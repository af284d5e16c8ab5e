/* SPDX-License-Identifier: ISC */
/* Epochs and limbo. The two orders that make it right, both sequentially consistent:
 *   the space:  change entry, step epoch, read seen_epoch (outside: nothing to wait for)
 *   the TLB:    store seen_epoch, read epoch, flush if it is not the one flushed last
 * so either the space sees the TLB inside, or the TLB sees the new epoch before it uses an entry. */
#include "mmu/epoch.h"

#include "mmu/space_internal.h"

#include <stdlib.h>

#define LIMBO_ITEMS 125
#define ITEM_IS_OBJECT 1u

struct limbo_block {
    struct limbo_block *next;
    uint64_t stamp;
    uint64_t n;
    uintptr_t item[LIMBO_ITEMS]; /* a frame, or an object with ITEM_IS_OBJECT */
};

uint64_t epoch_step(struct address_space *space) {
    const uint64_t stamp = atomic_fetch_add(&space->epoch, 1) + 1;
    host_mutex_lock(&space->tlb_lock);
    LIST_FOR_EACH(node, &space->tlbs) {
        struct tlb *tlb = CONTAINER_OF(node, struct tlb, node);
        if (atomic_load(&tlb->seen_epoch) < stamp) tlb_kick(tlb, KICK_TLB);
    }
    host_mutex_unlock(&space->tlb_lock);
    return stamp;
}

bool epoch_is_past(struct address_space *space, uint64_t stamp, const struct tlb *except) {
    bool past = true;
    host_mutex_lock(&space->tlb_lock);
    LIST_FOR_EACH(node, &space->tlbs) {
        const struct tlb *tlb = CONTAINER_OF(node, struct tlb, node);
        if (tlb != except && atomic_load(&tlb->seen_epoch) < stamp) past = false;
    }
    host_mutex_unlock(&space->tlb_lock);
    return past;
}

void epoch_wait(struct address_space *space, uint64_t stamp) {
    atomic_fetch_add(&space->n_waiting, 1);
    for (;;) {
        const uint32_t ack = atomic_load(&space->ack);
        if (epoch_is_past(space, stamp, NULL)) break;
        host_futex_wait(&space->ack, ack, HOST_NEVER);
    }
    atomic_fetch_sub(&space->n_waiting, 1);
}

void epoch_acknowledge(struct address_space *space) {
    if (LIKELY(atomic_load(&space->n_waiting) == 0)) return;
    atomic_fetch_add(&space->ack, 1);
    host_futex_wake(&space->ack, INT32_MAX);
}

static bool may_hold(const struct tlb *tlb, uint64_t gva) {
    const struct tlb_entry *e = &tlb->entry[(gva >> 12) & (TLB_SIZE - 1)];
    return gva == EPOCH_ALL_PAGES || __atomic_load_n(&e->read, __ATOMIC_SEQ_CST) == gva;
}

/* True when the page is settled. Remembers when everyone has flushed, to be quick until the next step. */
static bool look_if_settled(struct address_space *space, uint64_t gva, uint64_t epoch) {
    bool all_flushed = true, held = false;
    host_mutex_lock(&space->tlb_lock);
    LIST_FOR_EACH(node, &space->tlbs) {
        const struct tlb *tlb = CONTAINER_OF(node, struct tlb, node);
        if (atomic_load(&tlb->seen_epoch) == EPOCH_OUTSIDE || atomic_load(&tlb->flushed_epoch) >= epoch) continue;
        all_flushed = false;
        held |= tlb != space->faulter && may_hold(tlb, gva);
    }
    host_mutex_unlock(&space->tlb_lock);
    if (all_flushed) space->settled_epoch = epoch;
    return !held;
}

void epoch_settle(struct address_space *space, uint64_t gva) {
    const uint64_t epoch = atomic_load(&space->epoch);
    if (space->settled_epoch == epoch || look_if_settled(space, gva, epoch)) return;
    atomic_fetch_add(&space->n_waiting, 1);
    for (;;) {
        const uint32_t ack = atomic_load(&space->ack);
        if (look_if_settled(space, gva, epoch)) break;
        host_futex_wait(&space->ack, ack, HOST_NEVER);
    }
    atomic_fetch_sub(&space->n_waiting, 1);
}

/* Without memory for the list the item is never freed: it must not be reused too early. */
static void limbo_add(struct address_space *space, uintptr_t item) {
    struct limbo *limbo = &space->limbo;
    limbo->must_step = true;
    if (!limbo->open || limbo->open->n == LIMBO_ITEMS) {
        struct limbo_block *block = malloc(sizeof *block);
        if (!block) return;
        block->next = limbo->open;
        block->n = 0;
        limbo->open = block;
    }
    limbo->open->item[limbo->open->n++] = item;
}

void limbo_add_frame(struct address_space *space, void *page) {
    limbo_add(space, (uintptr_t)page);
}

void limbo_add_object(struct address_space *space, struct mem_object *object) {
    limbo_add(space, (uintptr_t)object | ITEM_IS_OBJECT);
}

void limbo_commit(struct address_space *space) {
    struct limbo *limbo = &space->limbo;
    if (!limbo->must_step) {
        limbo_reclaim(space);
        return;
    }
    limbo->must_step = false;
    const uint64_t stamp = epoch_step(space);
    while (limbo->open) {
        struct limbo_block *block = limbo->open;
        limbo->open = block->next;
        block->next = NULL;
        block->stamp = stamp;
        if (limbo->newest) limbo->newest->next = block;
        else limbo->oldest = block;
        limbo->newest = block;
    }
    limbo_reclaim(space);
}

static void block_free(struct limbo_block *block) {
    for (uint64_t i = 0; i < block->n; i++) {
        const uintptr_t item = block->item[i];
        if (item & ITEM_IS_OBJECT) mem_object_put((struct mem_object *)(item & ~(uintptr_t)ITEM_IS_OBJECT));
        else frame_put((void *)item);
    }
    free(block);
}

/* The oldest epoch that a running TLB may still hold entries of. */
static uint64_t oldest_seen(struct address_space *space) {
    uint64_t oldest = EPOCH_OUTSIDE;
    host_mutex_lock(&space->tlb_lock);
    LIST_FOR_EACH(node, &space->tlbs) {
        const uint64_t seen = atomic_load(&CONTAINER_OF(node, struct tlb, node)->seen_epoch);
        if (seen < oldest) oldest = seen;
    }
    host_mutex_unlock(&space->tlb_lock);
    return oldest;
}

void limbo_reclaim(struct address_space *space) {
    struct limbo *limbo = &space->limbo;
    if (!limbo->oldest) return;
    const uint64_t oldest = oldest_seen(space);
    while (limbo->oldest && limbo->oldest->stamp <= oldest) {
        struct limbo_block *block = limbo->oldest;
        limbo->oldest = block->next;
        if (!limbo->oldest) limbo->newest = NULL;
        block_free(block);
    }
}
