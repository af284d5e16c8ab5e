/* SPDX-License-Identifier: ISC */
/* Copies between the kernel and the memory of a paged space, page by page under the space's lock, which keeps the frames alive and
 * code watches exact. The lock is given up every few pages so that a big copy does not keep faults waiting. */
#include "mmu/paged.h"

#include <string.h>

#define PAGES_PER_LOCK 16

/* Guests race on their own memory; that is no bug of ours. */
__attribute__((no_sanitize("thread"))) static void copy_bytes(void *to, const void *from, size_t n) {
    memcpy(to, from, n);
}

static size_t part_of_page(uint64_t gva, size_t n) {
    const size_t part = GUEST_PAGE_SIZE - (gva & (GUEST_PAGE_SIZE - 1));
    return part < n ? part : n;
}

/* The host address of gva for the access, or NULL. */
static char *touch_locked(struct address_space *space, uint64_t gva, int access) {
    uint64_t pte;
    const pte_slot *slot = gva < space->end ? page_table_find(&space->table, gva) : NULL;
    pte = slot ? atomic_load_explicit(slot, memory_order_relaxed) : 0;
    const bool ready = access & MEM_WRITE ? (pte & (PTE_WRITE | PTE_SHARED)) == PTE_WRITE : (pte & PTE_READ) != 0;
    if (!ready && space_fault_locked(space, gva, access, &pte) != MEM_OK) return NULL;
    return (char *)pte_page(pte) + (gva & (GUEST_PAGE_SIZE - 1));
}

/* Copies until the first fault. Exactly one of in and out is not NULL. Returns the bytes copied. */
size_t paged_copy(struct address_space *space, uint64_t gva, char *in, const char *out, size_t n, int access) {
    size_t done = 0;
    bool faulted = false;
    while (done < n && !faulted) {
        host_mutex_lock(&space->lock);
        for (int pages = 0; pages < PAGES_PER_LOCK && done < n; pages++) {
            char *at = touch_locked(space, gva + done, access);
            faulted = !at;
            if (faulted) break;
            const size_t part = part_of_page(gva + done, n - done);
            if (in) copy_bytes(in + done, at, part);
            else copy_bytes(at, out + done, part);
            done += part;
        }
        host_mutex_unlock(&space->lock);
    }
    return done;
}

__attribute__((no_sanitize("thread"))) static size_t copy_until_zero(char *to, const char *from, size_t n, bool *ended) {
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i];
        if (!to[i]) {
            *ended = true;
            return i;
        }
    }
    return n;
}

size_t paged_copy_string(struct address_space *space, char *dst, uint64_t gva, size_t max, bool *ended) {
    size_t done = 0;
    host_mutex_lock(&space->lock);
    while (done < max && !*ended) {
        const char *at = touch_locked(space, gva + done, MEM_READ);
        if (!at) break;
        done += copy_until_zero(dst + done, at, part_of_page(gva + done, max - done), ended);
    }
    host_mutex_unlock(&space->lock);
    return done;
}

bool paged_word(struct address_space *space, uint64_t gva, struct word_access *access) {
    host_mutex_lock(&space->lock);
    char *at = touch_locked(space, gva, access->operation == WORD_LOAD ? MEM_READ : MEM_WRITE);
    _Atomic uint32_t *word = (_Atomic uint32_t *)(void *)at;
    if (at) {
        switch (access->operation) {
        case WORD_LOAD: access->value = atomic_load(word); break;
        case WORD_STORE: atomic_store(word, access->value); break;
        case WORD_SWAP: access->swapped = atomic_compare_exchange_strong(word, &access->expected, access->value); break;
        }
    }
    host_mutex_unlock(&space->lock);
    return at != NULL;
}
