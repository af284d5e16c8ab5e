/* SPDX-License-Identifier: ISC */
/* What is kept to go back to. One mapping, which is not put back itself. For restore*.c only. */
#pragma once

#include "host/restore.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    RESTORE_PAGE = 4096,
    RESTORE_PAGES = 1 << 15,  /* kept */
    RESTORE_SPAN = 1 << 20,   /* pages that might be */
    RESTORE_RANGES = 512,
    RESTORE_LEFT_ALONE = 4,
    RESTORE_DESCRIPTORS = 256,
    RESTORE_MAPS = 1 << 16,
    RESTORE_STACK = 1 << 16,
};

struct restore_range {
    struct host_range range;
    uint32_t first; /* bit of its first page in `known` */
    bool is_shared; /* memory without a file that others have, too */
};

struct restore_page {
    char *at;
    const char *was; /* in `copies`, or `zeros` */
};

struct restore_descriptor {
    int fd;       /* -1: it is not open */
    dev_t device;
    ino_t inode;
    off_t offset; /* -1: has none */
};

struct host_restore {
    void *kept, *here, *own; /* stacks that fiber_switch has left */
    int result;
    struct host_range left_alone[RESTORE_LEFT_ALONE];
    unsigned n_left_alone;

    int maps_fd;
    size_t n_maps;
    char maps[RESTORE_MAPS], now[RESTORE_MAPS]; /* texts of /proc/self/maps */

    unsigned n_descriptors; /* by number */
    struct restore_descriptor descriptor[RESTORE_DESCRIPTORS];

    unsigned n_ranges;
    struct restore_range ranges[RESTORE_RANGES];
    uint64_t known[RESTORE_SPAN / 64]; /* bit: the page is in `pages` */
    size_t n_pages, n_copies;
    struct restore_page pages[RESTORE_PAGES];
    char zeros[RESTORE_PAGE];
    char stack[RESTORE_STACK] __attribute__((aligned(16)));
    char copies[RESTORE_PAGES][RESTORE_PAGE];
};

/* restore_look.c: the process beside its memory. Return 0 or -E.
 * read_maps: the length. keep: descriptors are found. same: nothing that is not undone has changed; undo:
 * descriptors are what they were. */
int64_t restore_read_maps(struct host_restore *restore, char *out);
int restore_keep_descriptors(struct host_restore *restore);
bool restore_is_same(struct host_restore *restore);
void restore_undo_descriptors(struct host_restore *restore);
