/* SPDX-License-Identifier: ISC */
/* The arithmetic of Linux's address space layout; without a random source every address is fixed.
 * Source: linux 6.1 arch/x86/mm/mmap, fs/binfmt_elf, randomize_stack_top, arch_randomize_brk. */
#include "loader/layout.h"

#include "base/bits.h"

#define MIB (1024ull * 1024)
#define GIB (1024 * MIB)

enum { MMAP_RANDOM_BITS = 28, STACK_RANDOM_BITS = 22, BRK_RANDOM_BITS = 18 };

#define STACK_GUARD_GAP (256ull * GUEST_PAGE_SIZE)

uint64_t load_random_pages(const struct load *load, unsigned bits) {
    const struct loader_request *request = load->request;
    if (!request->random) return 0;
    return (request->random(request->arg) & ((1ull << bits) - 1)) * GUEST_PAGE_SIZE;
}

uint64_t layout_stack_top(const struct load *load) {
    return SPACE_END - load_random_pages(load, STACK_RANDOM_BITS);
}

uint64_t layout_mmap_top(const struct load *load) {
    const uint64_t random_room = load->request->random ? (1ull << STACK_RANDOM_BITS) * GUEST_PAGE_SIZE : 0;
    const uint64_t pad = STACK_GUARD_GAP + random_room;
    const uint64_t limit = load->request->stack_limit;
    uint64_t gap = limit > UINT64_MAX - pad ? limit : limit + pad;
    const uint64_t least = 128 * MIB, most = SPACE_END / 6 * 5;
    if (gap < least) gap = least;
    if (gap > most) gap = most;
    return align_down(SPACE_END - gap - load_random_pages(load, MMAP_RANDOM_BITS), GUEST_PAGE_SIZE);
}

uint64_t layout_program_base(const struct load *load, uint64_t align) {
    const uint64_t base = LAYOUT_PROGRAM_BASE + load_random_pages(load, MMAP_RANDOM_BITS);
    return align_down(base, align);
}

uint64_t layout_brk(const struct load *load, uint64_t end) {
    return align_up(end, GUEST_PAGE_SIZE) + load_random_pages(load, BRK_RANDOM_BITS);
}

uint64_t layout_stack_shift(const struct load *load) {
    return load->request->random ? load->request->random(load->request->arg) % 8192 : 0;
}
