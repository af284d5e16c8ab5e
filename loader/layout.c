/* SPDX-License-Identifier: ISC */
/* The arithmetic of Linux's address space layout; without a random source every address is fixed.
 * Source: linux 6.1 arch/x86/mm/mmap, fs/binfmt_elf, randomize_stack_top, arch_randomize_brk. */
#include "loader/layout.h"

#include "base/bits.h"

#define MIB (1024ull * 1024)
#define GIB (1024 * MIB)

#define STACK_GUARD_GAP (256ull * GUEST_PAGE_SIZE)

/* A layout; bits: how many pages (2^bits) each place varies by. */
struct plan {
    uint64_t end;                /* of the stack, before it varies */
    unsigned stack_bits, mmap_bits;
    uint64_t program, image_top; /* image_top 0: images lie where other mappings do */
    unsigned program_bits, image_bits;
    unsigned brk_bits;
};

static const struct plan linux_plan = {
    .end = SPACE_END, .stack_bits = 22, .mmap_bits = 28, .program = 0x555555554000ull, .program_bits = 28, .brk_bits = 18,
};

/* Windows: programs and libraries stay within reach of translated code, all within the smallest window. */
static const struct plan window_plan = {
    .end = 64 * GIB, .stack_bits = 18, .mmap_bits = 20, .program = 0x10000000, .program_bits = 14,
    .image_top = SPACE_HOST_START, .image_bits = 13, .brk_bits = 13,
};

static const struct plan *plan_of(const struct load *load) {
    return space_has_window_layout(load->space) ? &window_plan : &linux_plan;
}

uint64_t load_random_pages(const struct load *load, unsigned bits) {
    const struct loader_request *request = load->request;
    if (!request->random) return 0;
    return (request->random(request->arg) & ((1ull << bits) - 1)) * GUEST_PAGE_SIZE;
}

uint64_t layout_stack_top(const struct load *load) {
    const struct plan *plan = plan_of(load);
    return plan->end - load_random_pages(load, plan->stack_bits);
}

uint64_t layout_mmap_top(const struct load *load) {
    const struct plan *plan = plan_of(load);
    const uint64_t random_room = load->request->random ? (1ull << plan->stack_bits) * GUEST_PAGE_SIZE : 0;
    const uint64_t pad = STACK_GUARD_GAP + random_room;
    const uint64_t limit = load->request->stack_limit;
    uint64_t gap = limit > UINT64_MAX - pad ? limit : limit + pad;
    const uint64_t least = 128 * MIB, most = plan->end / 6 * 5;
    if (gap < least) gap = least;
    if (gap > most) gap = most;
    return align_down(plan->end - gap - load_random_pages(load, plan->mmap_bits), GUEST_PAGE_SIZE);
}

uint64_t layout_image_top(const struct load *load) {
    const struct plan *plan = plan_of(load);
    return plan->image_top ? plan->image_top - load_random_pages(load, plan->image_bits) : 0;
}

uint64_t layout_lone_brk_base(const struct load *load) {
    return plan_of(load)->program;
}

uint64_t layout_program_base(const struct load *load, uint64_t align) {
    const struct plan *plan = plan_of(load);
    return align_down(plan->program + load_random_pages(load, plan->program_bits), align);
}

uint64_t layout_brk(const struct load *load, uint64_t end) {
    return align_up(end, GUEST_PAGE_SIZE) + load_random_pages(load, plan_of(load)->brk_bits);
}

uint64_t layout_stack_shift(const struct load *load) {
    return load->request->random ? load->request->random(load->request->arg) % 8192 : 0;
}
