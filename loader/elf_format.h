/* SPDX-License-Identifier: ISC */
/* The parts of the ELF format that executing a program needs, as the System V ABI lays them out: 64-bit,
 * little-endian. Structures are read byte for byte from files. */
#pragma once

#include <stdint.h>

enum {
    ELF_CLASS = 4, ELF_DATA = 5, /* positions in ident */
    ELF_CLASS_32 = 1, ELF_CLASS_64 = 2,
    ELF_DATA_LITTLE = 1,
    ELF_TYPE_EXEC = 2, ELF_TYPE_DYN = 3, ELF_TYPE_CORE = 4,
    ELF_MACHINE_X86_64 = 62,
};

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

enum elf_segment_type { PT_LOAD = 1, PT_INTERP = 3, PT_NOTE = 4, PT_PHDR = 6, PT_GNU_STACK = 0x6474e551 };
enum elf_segment_flags { PF_X = 1, PF_W = 2, PF_R = 4 };

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

/* Before a note's name and content, each padded to 4 bytes. */
struct elf_note {
    uint32_t name_size, content_size, type;
};

/* Entry types of the auxiliary vector. Source: getauxval(3), linux uapi auxvec.h. */
enum auxv_type {
    AT_NULL = 0, AT_PHDR = 3, AT_PHENT = 4, AT_PHNUM = 5, AT_PAGESZ = 6, AT_BASE = 7, AT_FLAGS = 8, AT_ENTRY = 9,
    AT_UID = 11, AT_EUID = 12, AT_GID = 13, AT_EGID = 14, AT_PLATFORM = 15, AT_HWCAP = 16, AT_CLKTCK = 17,
    AT_SECURE = 23, AT_RANDOM = 25, AT_HWCAP2 = 26, AT_EXECFN = 31, AT_SYSINFO_EHDR = 33, AT_MINSIGSTKSZ = 51,
};
