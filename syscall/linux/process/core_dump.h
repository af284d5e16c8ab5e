/* SPDX-License-Identifier: ISC */
/* ELF core files, for crash.c: core_dump.c decides and writes memory, core_notes.c says what is in the notes. */
#pragma once

#include "syscall/linux/process/signal.h"

/* Do the process's limit and dumpable flag allow a core? */
bool core_dump_wanted(struct task *task);
/* Writes "core" to the process's current directory, all its threads standing still. Returns true when the whole is there. */
bool core_dump(struct task *task, const struct guest_siginfo *info);

/* Where a core goes. write returns the bytes written or -E. */
struct core_sink {
    int64_t (*write)(const struct core_sink *sink, const void *bytes, size_t n, uint64_t offset);
    void *arg;
    uint64_t limit;  /* bytes, holes not counted */
    bool brief;      /* of anonymous memory only what is near the threads' stack pointers and instructions */
};
/* Writes a core whatever limits the process has. Returns its size with holes at its end, or -E. */
int64_t core_write(struct task *task, const struct guest_siginfo *info, const struct core_sink *sink);

/* Growing bytes. */
struct core_bytes {
    uint8_t *at;     /* owned */
    size_t size, capacity;
    bool failed;     /* memory ran out */
};
void core_append(struct core_bytes *bytes, const void *from, size_t n);

/* What is mapped, in address order. */
struct core_region {
    uint64_t start, end, offset; /* offset: in the file */
    uint64_t n_dumped;           /* bytes from start on that are in the core, */
    uint64_t from, to;           /* and of them, if the memory is anonymous, those that are no holes anyway */
    int prot;
    bool is_private, is_file;
    char *name;                  /* owned */
};
struct core_map {
    struct core_region *region;  /* owned */
    size_t n, capacity;
    bool failed;
};

/* Appends the notes of the process: the caller's thread first. */
void core_notes(struct core_bytes *out, struct task *task, const struct guest_siginfo *info, const struct core_map *map);
