/* SPDX-License-Identifier: ISC */
/* Copies between the kernel and a window: straight, without locks, because the host has the guest's rights. What faults is looked at
 * once (a growing stack, a guarded page) and tried again. Copies that ignore rights go page by page under the lock. */
#include "mmu/window.h"

#include "host/fault.h"

#include <string.h>

enum { TRIES = 3 }; /* others may guard the page again in between */

/* How much of [gva, gva + n) lies in the guest's part of the window. */
static size_t reachable(const struct address_space *space, uint64_t gva, size_t n) {
    if (gva >= space->end || (gva >= SPACE_HOST_START && gva < SPACE_HOST_END)) return 0;
    const uint64_t end = gva < SPACE_HOST_START ? SPACE_HOST_START : space->end;
    return n < end - gva ? n : (size_t)(end - gva);
}

static bool serve(struct address_space *space, uint64_t gva, int access) {
    uint64_t pte;
    host_mutex_lock(&space->lock);
    const enum mem_fault_kind kind = space_fault_locked(space, gva, access, &pte);
    host_mutex_unlock(&space->lock);
    return kind == MEM_OK;
}

static size_t transfer(char *at, char *in, const char *out, size_t n) {
    return in ? host_guard_copy(in, at, n) : host_guard_copy(at, out, n);
}

/* One page or less, with the lock held; gives the host's rights for the moment. Returns the bytes copied. */
static size_t force_page_locked(struct address_space *space, uint64_t gva, char *in, const char *out, size_t n, int access) {
    uint64_t pte;
    if (space_fault_locked(space, gva, access, &pte) != MEM_OK) return 0;
    const struct region *r = region_set_find(&space->regions, gva);
    const bool lacks = !region_allows(r, access);
    char *page = window_host(space, align_down(gva, GUEST_PAGE_SIZE));
    if (lacks && host_memory_protect(page, GUEST_PAGE_SIZE, HOST_PROT_READ | (out ? HOST_PROT_WRITE : 0))) return 0;
    const size_t done = transfer(window_host(space, gva), in, out, n);
    if (lacks) host_memory_protect(page, GUEST_PAGE_SIZE, window_prot(r->prot));
    return done;
}

static size_t copy_forced(struct address_space *space, uint64_t gva, char *in, const char *out, size_t n, int access) {
    size_t done = 0;
    while (done < n) {
        const size_t rest = GUEST_PAGE_SIZE - ((gva + done) & (GUEST_PAGE_SIZE - 1));
        const size_t part = reachable(space, gva + done, rest < n - done ? rest : n - done);
        if (!part) break;
        host_mutex_lock(&space->lock);
        const size_t got = force_page_locked(space, gva + done, in ? in + done : NULL, out ? out + done : NULL, part, access);
        host_mutex_unlock(&space->lock);
        done += got;
        if (got < part) break;
    }
    return done;
}

size_t window_copy(struct address_space *space, uint64_t gva, char *in, const char *out, size_t n, int access) {
    if (access & ACCESS_FORCE) return copy_forced(space, gva, in, out, n, access);
    size_t done = 0;
    for (int tries = 0; done < n && tries < TRIES; tries++) {
        const size_t part = reachable(space, gva + done, n - done);
        if (!part) break;
        const size_t got = transfer(window_host(space, gva + done), in ? in + done : NULL, out ? out + done : NULL, part);
        done += got;
        if (got) tries = 0;
        if (got < part && !serve(space, gva + done, access)) break;
    }
    return done;
}

/* Like window_copy for reading, but only up to the end of a page. */
size_t window_copy_string(struct address_space *space, char *dst, uint64_t gva, size_t max, bool *ended) {
    size_t done = 0;
    while (done < max) {
        const size_t rest = GUEST_PAGE_SIZE - ((gva + done) & (GUEST_PAGE_SIZE - 1));
        const size_t part = rest < max - done ? rest : max - done;
        const size_t got = window_copy(space, gva + done, dst + done, NULL, part, MEM_READ);
        const char *zero = memchr(dst + done, 0, got);
        if (zero) {
            *ended = true;
            return (size_t)(zero - dst);
        }
        done += got;
        if (got < part) break;
    }
    return done;
}

static bool access_word(void *at, struct word_access *access) {
    switch (access->operation) {
    case WORD_LOAD: return host_guard_load_u32(at, &access->value);
    case WORD_STORE: return host_guard_store_u32(at, access->value);
    default: return host_guard_cmpxchg_u32(at, &access->expected, access->value, &access->swapped);
    }
}

bool window_word(struct address_space *space, uint64_t gva, struct word_access *access) {
    const int how = access->operation == WORD_LOAD ? MEM_READ : MEM_WRITE;
    for (int tries = 0; tries < TRIES && reachable(space, gva, 4) == 4; tries++) {
        if (access_word(window_host(space, gva), access)) return true;
        if (!serve(space, gva, how)) return false;
    }
    return false;
}
