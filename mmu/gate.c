/* SPDX-License-Identifier: ISC */
/* The gate. Both sides are sequentially consistent: the closer counts itself in, then looks who is inside; a thread says that it is
 * inside, then looks at the gate. So either the closer waits for the thread, or the thread turns round. */
#include "mmu/gate.h"

#include "mmu/space_internal.h"

static bool is_inside(const struct tlb *tlb, enum gate gate) {
    if (atomic_load(&tlb->seen_epoch) != EPOCH_OUTSIDE) return true;
    return gate == GATE_NATIVE && atomic_load(&tlb->native);
}

static bool anyone_inside(struct address_space *space, enum gate gate, bool kick) {
    bool found = false;
    host_mutex_lock(&space->tlb_lock);
    LIST_FOR_EACH(node, &space->tlbs) {
        struct tlb *tlb = CONTAINER_OF(node, struct tlb, node);
        if (!is_inside(tlb, gate)) continue;
        found = true;
        if (kick) tlb_kick(tlb, KICK_TLB);
    }
    host_mutex_unlock(&space->tlb_lock);
    return found;
}

static void wait_until_outside(struct address_space *space, enum gate gate) {
    atomic_fetch_add(&space->n_waiting, 1);
    for (;;) {
        const uint32_t ack = atomic_load(&space->ack);
        if (!anyone_inside(space, gate, false)) break;
        host_futex_wait(&space->ack, ack, HOST_NEVER);
    }
    atomic_fetch_sub(&space->n_waiting, 1);
}

void gate_close(struct address_space *space, enum gate gate) {
    atomic_fetch_add(&space->gate, gate);
    if (UNLIKELY(anyone_inside(space, gate, true))) wait_until_outside(space, gate);
}

void gate_open(struct address_space *space, enum gate gate) {
    atomic_fetch_sub(&space->gate, gate);
    if (UNLIKELY(atomic_load(&space->n_at_gate) != 0)) host_futex_wake(&space->gate, INT32_MAX);
}

void gate_wait(struct address_space *space, uint32_t mask) {
    atomic_fetch_add(&space->n_at_gate, 1);
    for (;;) {
        const uint32_t gate = atomic_load(&space->gate);
        if (!(gate & mask)) break;
        host_futex_wait(&space->gate, gate, HOST_NEVER);
    }
    atomic_fetch_sub(&space->n_at_gate, 1);
}

/* Kick bits are taken only outside of translated code, so whoever took KICK_CODE has left since. */
static bool anyone_native(struct address_space *space) {
    bool found = false;
    host_mutex_lock(&space->tlb_lock);
    LIST_FOR_EACH(node, &space->tlbs) {
        const struct tlb *tlb = CONTAINER_OF(node, struct tlb, node);
        found |= atomic_load(&tlb->native) && (atomic_load(&tlb->kick) & KICK_CODE);
    }
    host_mutex_unlock(&space->tlb_lock);
    return found;
}

void gate_wait_for_native(struct address_space *space) {
    if (!atomic_load(&space->was_native)) return;
    atomic_fetch_add(&space->n_waiting, 1);
    for (;;) {
        const uint32_t ack = atomic_load(&space->ack);
        if (!anyone_native(space)) break;
        host_futex_wait(&space->ack, ack, HOST_NEVER);
    }
    atomic_fetch_sub(&space->n_waiting, 1);
}

void space_hold(struct address_space *space) {
    gate_close(space, GATE_NATIVE);
}

void space_let_go(struct address_space *space) {
    gate_open(space, GATE_NATIVE);
}
