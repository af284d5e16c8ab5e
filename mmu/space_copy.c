/* SPDX-License-Identifier: ISC */
/* Copies between the kernel and guest memory, page by page under the space's lock, which keeps the frames alive and
 * code watches exact. The lock is given up every few pages so that a big copy does not keep faults waiting. */
#include "mmu/space_internal.h"

#include "base/error.h"

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
    const pte_slot *slot = gva < SPACE_END ? page_table_find(&space->table, gva) : NULL;
    pte = slot ? atomic_load_explicit(slot, memory_order_relaxed) : 0;
    const bool ready = access & MEM_WRITE ? (pte & (PTE_WRITE | PTE_SHARED)) == PTE_WRITE : (pte & PTE_READ) != 0;
    if (!ready && space_fault_locked(space, gva, access, &pte) != MEM_OK) return NULL;
    return (char *)pte_page(pte) + (gva & (GUEST_PAGE_SIZE - 1));
}

/* Copies until the first fault. Exactly one of in and out is not NULL. Returns the bytes copied. */
static size_t copy(struct address_space *space, uint64_t gva, char *in, const char *out, size_t n, int access) {
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

int space_copy_in(struct address_space *space, void *dst, uint64_t gva, size_t n) {
    return copy(space, gva, dst, NULL, n, MEM_READ) == n ? 0 : -EFAULT;
}

int space_copy_out(struct address_space *space, uint64_t gva, const void *src, size_t n) {
    return copy(space, gva, NULL, src, n, MEM_WRITE) == n ? 0 : -EFAULT;
}

int space_poke(struct address_space *space, uint64_t gva, const void *src, size_t n) {
    return copy(space, gva, NULL, src, n, MEM_WRITE | ACCESS_FORCE) == n ? 0 : -EFAULT;
}

int space_peek(struct address_space *space, void *dst, uint64_t gva, size_t n) {
    return copy(space, gva, dst, NULL, n, MEM_READ | ACCESS_FORCE) == n ? 0 : -EFAULT;
}

size_t space_copy_in_partial(struct address_space *space, void *dst, uint64_t gva, size_t n) {
    return copy(space, gva, dst, NULL, n, MEM_READ);
}

size_t space_copy_out_partial(struct address_space *space, uint64_t gva, const void *src, size_t n) {
    return copy(space, gva, NULL, src, n, MEM_WRITE);
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

int64_t space_copy_string(struct address_space *space, char *dst, uint64_t gva, size_t max) {
    size_t done = 0;
    bool ended = false, faulted = false;
    host_mutex_lock(&space->lock);
    while (done < max && !ended) {
        const char *at = touch_locked(space, gva + done, MEM_READ);
        faulted = !at;
        if (faulted) break;
        done += copy_until_zero(dst + done, at, part_of_page(gva + done, max - done), &ended);
    }
    host_mutex_unlock(&space->lock);
    if (ended) return (int64_t)done;
    return faulted ? -EFAULT : -ENAMETOOLONG;
}

/* Runs with the lock held and the word's page present for the access. */
static int word_locked(struct address_space *space, uint64_t gva, int access, _Atomic uint32_t **word) {
    if (!is_aligned(gva, 4)) return -EINVAL;
    char *at = touch_locked(space, gva, access);
    *word = (_Atomic uint32_t *)(void *)at;
    return at ? 0 : -EFAULT;
}

int space_load_u32(struct address_space *space, uint64_t gva, uint32_t *out) {
    _Atomic uint32_t *word;
    host_mutex_lock(&space->lock);
    const int err = word_locked(space, gva, MEM_READ, &word);
    if (!err) *out = atomic_load(word);
    host_mutex_unlock(&space->lock);
    return err;
}

int space_store_u32(struct address_space *space, uint64_t gva, uint32_t value) {
    _Atomic uint32_t *word;
    host_mutex_lock(&space->lock);
    const int err = word_locked(space, gva, MEM_WRITE, &word);
    if (!err) atomic_store(word, value);
    host_mutex_unlock(&space->lock);
    return err;
}

int space_cmpxchg_u32(struct address_space *space, uint64_t gva, uint32_t *expected, uint32_t desired, bool *swapped) {
    _Atomic uint32_t *word;
    host_mutex_lock(&space->lock);
    const int err = word_locked(space, gva, MEM_WRITE, &word);
    if (!err) *swapped = atomic_compare_exchange_strong(word, expected, desired);
    host_mutex_unlock(&space->lock);
    return err;
}
