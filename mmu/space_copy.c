/* SPDX-License-Identifier: ISC */
/* Copies between the kernel and guest memory: what callers see of the back ends' copies. */
#include "mmu/space_internal.h"

#include "base/error.h"

static size_t copy(struct address_space *space, uint64_t gva, char *in, const char *out, size_t n, int access) {
    return space->back->copy(space, gva, in, out, n, access);
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

int64_t space_copy_string(struct address_space *space, char *dst, uint64_t gva, size_t max) {
    bool ended = false;
    const size_t n = space->back->copy_string(space, dst, gva, max, &ended);
    if (ended) return (int64_t)n;
    return n < max ? -EFAULT : -ENAMETOOLONG;
}

static int word(struct address_space *space, uint64_t gva, struct word_access *access) {
    if (!is_aligned(gva, 4)) return -EINVAL;
    return space->back->word(space, gva, access) ? 0 : -EFAULT;
}

int space_load_u32(struct address_space *space, uint64_t gva, uint32_t *out) {
    struct word_access access = {.operation = WORD_LOAD};
    const int err = word(space, gva, &access);
    if (!err) *out = access.value;
    return err;
}

int space_store_u32(struct address_space *space, uint64_t gva, uint32_t value) {
    struct word_access access = {.operation = WORD_STORE, .value = value};
    return word(space, gva, &access);
}

int space_cmpxchg_u32(struct address_space *space, uint64_t gva, uint32_t *expected, uint32_t desired, bool *swapped) {
    struct word_access access = {.operation = WORD_SWAP, .value = desired, .expected = *expected};
    const int err = word(space, gva, &access);
    if (err) return err;
    *expected = access.expected;
    *swapped = access.swapped;
    return 0;
}
