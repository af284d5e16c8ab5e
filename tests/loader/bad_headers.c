/* SPDX-License-Identifier: ISC */
/* Each wrong header field gives execve's error and a reason in words; nothing is left open. */
#include "tests/loader/world.h"

#include "base/error.h"

#include <criterion/criterion.h>
#include <string.h>

static struct world world;
static struct elf_writer elf;

static void setup(void) {
    world_init(&world);
    elf_simple(&elf, ELF_TYPE_EXEC);
}

static void teardown(void) {
    cr_expect_eq(world.n_open, 0);
    world_fini(&world);
}

TestSuite(bad_headers, .init = setup, .fini = teardown);

static int load(void) {
    world_add(&world, "/p", elf.bytes, elf.n);
    return world_load(&world, "/p");
}

static struct elf_segment *segment(int i) {
    return (struct elf_segment *)(elf.bytes + 64) + i;
}

static void expect(int err, bool fatal, const char *words) {
    cr_expect_eq(load(), err, "%s", world.result.reason);
    cr_expect_eq(world.result.fatal, fatal);
    cr_expect_not_null(strstr(world.result.reason, words), "%s", world.result.reason);
    cr_expect_null(world.result.image);
}

Test(bad_headers, magic) {
    elf.bytes[1] = 'F';
    expect(-ENOEXEC, false, "neither an ELF file nor a script");
}

Test(bad_headers, aarch64) {
    elf_header_of(&elf)->machine = 183;
    expect(-ENOEXEC, false, "not an x86-64 ELF file: machine is AArch64");
}

Test(bad_headers, i386) {
    elf_header_of(&elf)->machine = 3;
    elf.bytes[ELF_CLASS] = ELF_CLASS_32;
    expect(-ENOEXEC, false, "machine is i386");
}

Test(bad_headers, x32) {
    elf.bytes[ELF_CLASS] = ELF_CLASS_32;
    elf_header_of(&elf)->phentsize = 32;
    expect(-ENOEXEC, false, "not a 64-bit ELF file");
}

Test(bad_headers, big_endian) {
    elf.bytes[ELF_DATA] = 2;
    elf_header_of(&elf)->machine = ELF_MACHINE_X86_64 << 8;
    expect(-ENOEXEC, false, "big-endian");
}

/* As on Linux, machine and type decide. */
Test(bad_headers, class_and_byte_order_do_not_matter) {
    elf.bytes[ELF_CLASS] = ELF_CLASS_32;
    elf.bytes[ELF_DATA] = 2;
    cr_expect_eq(load(), 0);
}

Test(bad_headers, object_file) {
    elf_header_of(&elf)->type = 1;
    expect(-ENOEXEC, false, "ELF type 1");
}

Test(bad_headers, windows_program) {
    memcpy(elf.bytes, "MZ", 2);
    expect(-ENOEXEC, false, "Windows");
}

Test(bad_headers, empty_file) {
    elf.n = 0;
    expect(-ENOEXEC, false, "empty");
}

Test(bad_headers, entry_size) {
    elf_header_of(&elf)->phentsize = 32;
    expect(-ENOEXEC, false, "program header");
}

Test(bad_headers, no_program_headers) {
    elf_header_of(&elf)->phnum = 0;
    expect(-ENOEXEC, false, "program headers");
}

Test(bad_headers, more_than_64_kib_of_program_headers) {
    elf_header_of(&elf)->phnum = 1171;
    expect(-ENOEXEC, false, "1171 program headers");
}

Test(bad_headers, headers_past_the_end) {
    elf_header_of(&elf)->phoff = elf.n - 10;
    expect(-ENOEXEC, false, "truncated");
}

Test(bad_headers, headers_at_a_negative_offset) {
    elf_header_of(&elf)->phoff = UINT64_MAX - 10;
    expect(-ENOEXEC, false, "outside");
}

Test(bad_headers, file_part_larger_than_memory) {
    segment(1)->memsz = 0x100;
    expect(-EINVAL, true, "segment 1");
}

Test(bad_headers, address_and_size_overflow) {
    segment(1)->vaddr = UINT64_MAX - 0x1ff;
    expect(-EINVAL, true, "segment 1");
}

Test(bad_headers, segment_beyond_user_space) {
    segment(1)->vaddr = 0x800000000e00;
    expect(-EINVAL, true, "segment 1");
}

Test(bad_headers, segment_longer_than_user_space) {
    segment(1)->memsz = 0x800000000000;
    expect(-EINVAL, true, "segment 1");
}

Test(bad_headers, segment_at_address_zero) {
    segment(0)->vaddr = 0;
    expect(-EPERM, true, "segment 0");
}

Test(bad_headers, offset_and_address_disagree) {
    segment(1)->offset++;
    expect(-EINVAL, true, "segment 1");
}

Test(bad_headers, negative_file_offset) {
    segment(1)->offset = UINT64_MAX - 0x1ff;
    expect(-EINVAL, true, "segment 1");
}

Test(bad_headers, first_segment_on_the_stack) {
    segment(0)->vaddr = 0x7fffffff0000;
    expect(-EEXIST, true, "segment 0");
}

Test(bad_headers, entry_beyond_user_space) {
    elf_header_of(&elf)->entry = 0x800000000000;
    expect(-EINVAL, true, "entry");
}
