/* SPDX-License-Identifier: ISC */
/* What loader tests need around the loader: files that exist only here, an empty address space, a request with plain
 * values, and a writer of small ELF files. */
#pragma once

#include "loader/elf_format.h"
#include "loader/loader.h"
#include "mmu/space.h"

enum { WORLD_FILES = 8, WORLD_FILE_MAX = 16384 };

struct loader_file {
    const char *path;
    uint8_t bytes[WORLD_FILE_MAX];
    size_t n;
    int open_error;              /* given instead of the file; 0 none */
};

struct world {
    struct frame_pool *pool;
    struct address_space *space; /* new for every load */
    struct loader_file *files;   /* WORLD_FILES of them */
    int n_files;
    int n_open;                  /* opened by the loader and not closed yet */
    int n_objects;               /* objects made */
    uint64_t random;             /* state of the random source */
    struct loader_request request;
    struct loader_result result;
};

/* argv {"prog", NULL}, envp empty, fixed addresses, 8 MiB of stack, recognisable facts. */
void world_init(struct world *world);
void world_fini(struct world *world);
/* Adds a file (copied). */
struct loader_file *world_add(struct world *world, const char *path, const void *bytes, size_t n);
/* Loads the file with that path into a fresh space. Returns what load_program does. */
int world_load(struct world *world, const char *path);
/* A source for request.random that gives other values each time. */
uint64_t world_random(void *arg);
/* Reads guest memory; fails the test where there is none. */
uint64_t world_word(struct world *world, uint64_t gva);
void world_string(struct world *world, uint64_t gva, char *out, size_t size);
/* The region that holds gva. Returns false when there is none. name is not kept. */
bool world_region(struct world *world, uint64_t gva, struct region_info *out);

/* An ELF file in the making: the header and up to eight program headers, then whatever the test puts in. */
struct elf_writer {
    uint8_t bytes[WORLD_FILE_MAX];
    size_t n;
};

/* Starts a file of that type with no program headers; n is the header's size plus room for eight. */
void elf_begin(struct elf_writer *elf, uint16_t type, uint64_t entry);
struct elf_header *elf_header_of(struct elf_writer *elf);
struct elf_segment *elf_add(struct elf_writer *elf, uint32_t type, uint32_t flags, uint64_t offset, uint64_t vaddr,
                            uint64_t filesz, uint64_t memsz);
/* Puts bytes at a file offset, growing the file. */
void elf_put(struct elf_writer *elf, size_t offset, const void *bytes, size_t n);
/* A small good program: text at 0x400000 from offset 0, data with bss at 0x402e00 from offset 0x1e00. */
void elf_simple(struct elf_writer *elf, uint16_t type);
