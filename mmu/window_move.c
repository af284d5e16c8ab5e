/* SPDX-License-Identifier: ISC */
/* Moving pages inside a window (mremap). The host moves them where it can; the rest is copied. */
#include "mmu/window.h"

#include "base/error.h"

/* A region may be several mappings of the host, which moves one at a time: then the halves are tried. */
static void move_pages(char *from, char *to, uint64_t size, int prot) {
    const int err = host_memory_move(from, to, size);
    if (!err) return;
    if (err == -EFAULT && size > GUEST_PAGE_SIZE) {
        const uint64_t half = align_down(size / 2, GUEST_PAGE_SIZE);
        move_pages(from, to, half, prot);
        move_pages(from + half, to + half, size - half, prot);
        return;
    }
    struct window_pages pages = window_pages_in(host_memory_private_pages, from, from + size);
    window_copy_private(&pages, from, to, size, prot);
    host_memory_discard(from, size);
}

int window_move(struct address_space *space, const struct region *moved, uint64_t from, uint64_t size) {
    code_pages_bump_locked(space, from, from + size);
    if (moved->flags & REGION_SHARED) return 0; /* the new mapping shows the same pages */
    window_unguard_locked(space, from, from + size);
    move_pages(window_host(space, from), window_host(space, moved->start), size, window_prot(moved->prot));
    return 0;
}
