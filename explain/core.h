/* SPDX-License-Identifier: ISC */
/* A core file of lockstep's, as core_dump.c writes it: what is mapped, what is in memory, the thread that died. Nothing in it is
 * trusted. For explain/ only. */
#pragma once

#include <libelf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/procfs.h>

struct core_mapping {
    uint64_t start, end;
    uint64_t offset, size; /* of its bytes in the core; the rest is in the file, or zero */
    uint32_t flags;        /* PF_* */
    const char *file;      /* NULL: none; borrowed from the core */
    uint64_t file_offset;
};

struct core {
    Elf *elf;
    const char *root;      /* host directory that file names are in */
    struct core_mapping *mapping; /* owned, by address */
    size_t n_mappings;
    struct elf_prstatus status;   /* of the thread that died */
    struct elf_prpsinfo process;
    siginfo_t info;
};

/* fd: the core. Returns false when it is none. */
bool core_open(struct core *core, int fd, const char *root);
/* What address lies in, or NULL. */
const struct core_mapping *core_find(const struct core *core, uint64_t address);
/* Copies memory, from the core or the mapped file. Returns how many bytes there are, up to n. */
size_t core_read(const struct core *core, uint64_t address, void *out, size_t n);
/* Path on the host of a file that was mapped. */
void core_file_path(const struct core *core, const char *name, char *out, size_t size);
