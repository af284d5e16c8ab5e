/* SPDX-License-Identifier: ISC */
/* PT_LOAD segments appear at their addresses with the file's bytes, zeros behind them, and their rights. */
#include "tests/loader/world.h"

#include "base/error.h"

#include <criterion/criterion.h>

static struct world world;
static struct elf_writer elf;

static void setup(void) {
    world_init(&world);
}

static void teardown(void) {
    cr_expect_eq(world.n_open, 0);
    world_fini(&world);
}

TestSuite(segments, .init = setup, .fini = teardown);

static uint8_t byte_at(uint64_t gva) {
    return (uint8_t)world_word(&world, gva);
}

Test(segments, fixed_program_lies_where_it_is_linked) {
    struct region_info region;
    elf_simple(&elf, ELF_TYPE_EXEC);
    world_add(&world, "/prog", elf.bytes, elf.n);
    cr_assert_eq(world_load(&world, "/prog"), 0, "%s", world.result.reason);
    cr_expect_eq(world.result.entry, 0x401000);
    cr_expect_eq(byte_at(0x400001), 'E');
    cr_expect_eq(byte_at(0x401000), 0xcc);
    cr_assert(world_region(&world, 0x400000, &region));
    cr_expect_eq(region.prot, SPACE_READ | SPACE_EXEC);
    cr_expect_eq(region.end, 0x402000);
    cr_expect_eq(world.result.image, world.files);
}

Test(segments, bss_is_zero_from_the_end_of_the_file_part) {
    struct region_info region;
    elf_simple(&elf, ELF_TYPE_EXEC);
    world_add(&world, "/prog", elf.bytes, elf.n);
    cr_assert_eq(world_load(&world, "/prog"), 0);
    cr_expect_eq(byte_at(0x402e00), 0xcc);
    cr_expect_eq(byte_at(0x402e00 + 0x17f), 0xcc);
    for (uint64_t gva = 0x402e00 + 0x180; gva < 0x406000 - 8; gva++) cr_assert_eq(byte_at(gva), 0, "at %lx", gva);
    cr_assert(world_region(&world, 0x405fff, &region));
    cr_expect_eq(region.prot, SPACE_READ | SPACE_WRITE);
    cr_expect_not(world_region(&world, 0x406000, &region));
}

Test(segments, heap_starts_after_the_bss) {
    elf_simple(&elf, ELF_TYPE_EXEC);
    world_add(&world, "/prog", elf.bytes, elf.n);
    cr_assert_eq(world_load(&world, "/prog"), 0);
    cr_expect_eq(world.result.brk_start, 0x406000);
    cr_expect_eq(space_brk(world.space, 0), 0x406000);
    cr_expect_eq(space_brk(world.space, 0x408000), 0x408000);
    cr_expect_eq(world.result.code_start, 0x400000);
    cr_expect_eq(world.result.code_end, 0x401100);
    cr_expect_eq(world.result.data_start, 0x402e00);
    cr_expect_eq(world.result.data_end, 0x402f80);
}

Test(segments, read_only_tail_keeps_the_file_bytes) {
    elf_begin(&elf, ELF_TYPE_EXEC, 0x400000);
    elf_add(&elf, PT_LOAD, PF_R, 0, 0x400000, 0x800, 0x2000);
    elf_put(&elf, 0x900, "x", 1);
    world_add(&world, "/prog", elf.bytes, elf.n);
    cr_assert_eq(world_load(&world, "/prog"), 0);
    cr_expect_eq(byte_at(0x400900), 'x');
    cr_expect_eq(byte_at(0x401000), 0);
}

Test(segments, only_zeros_need_no_file) {
    elf_begin(&elf, ELF_TYPE_EXEC, 0x400000);
    elf_add(&elf, PT_LOAD, PF_R | PF_X, 0, 0x400000, 0x200, 0x200);
    elf_add(&elf, PT_LOAD, PF_R | PF_W, 0x12345, 0x600010, 0, 0x5000);
    world_add(&world, "/prog", elf.bytes, elf.n);
    cr_assert_eq(world_load(&world, "/prog"), 0, "%s", world.result.reason);
    cr_expect_eq(world_word(&world, 0x600000), 0);
    cr_expect_eq(world_word(&world, 0x605ff8), 0);
    cr_expect_eq(world.result.brk_start, 0x606000);
}

Test(segments, later_segment_wins_where_they_overlap) {
    elf_begin(&elf, ELF_TYPE_EXEC, 0x400000);
    elf_add(&elf, PT_LOAD, PF_R | PF_X, 0, 0x400000, 0x3000, 0x3000);
    elf_add(&elf, PT_LOAD, PF_R | PF_W, 0x1000, 0x402000, 0x1000, 0x1000);
    elf_put(&elf, 0x1000, "one", 3);
    elf_put(&elf, 0x2000, "two", 3);
    elf_put(&elf, 0x2fff, "", 1);
    world_add(&world, "/prog", elf.bytes, elf.n);
    cr_assert_eq(world_load(&world, "/prog"), 0, "%s", world.result.reason);
    cr_expect_eq(byte_at(0x401000), 'o');
    cr_expect_eq(byte_at(0x402000), 'o');
}

Test(segments, position_independent_program_with_no_interpreter_goes_to_the_mmap_area) {
    elf_simple(&elf, ELF_TYPE_DYN);
    world_add(&world, "/prog", elf.bytes, elf.n);
    cr_assert_eq(world_load(&world, "/prog"), 0, "%s", world.result.reason);
    const uint64_t base = world.result.entry - 0x1000;
    cr_expect_gt(base, 0x7f0000000000);
    cr_expect_eq(base % 0x1000, 0);
    cr_expect_eq(byte_at(base + 1), 'E');
    cr_expect_eq(byte_at(base + 0x2e00), 0xcc);
    cr_expect_eq(world.result.brk_start, 0x555555554000);
}

Test(segments, alignment_of_a_position_independent_program_is_kept) {
    elf_simple(&elf, ELF_TYPE_DYN);
    ((struct elf_segment *)(elf.bytes + 64))->align = 0x200000;
    world_add(&world, "/prog", elf.bytes, elf.n);
    cr_assert_eq(world_load(&world, "/prog"), 0, "%s", world.result.reason);
    cr_expect_eq((world.result.entry - 0x1000) % 0x200000, 0);
}
