/* SPDX-License-Identifier: ISC */
/* Records of getdents64(2) and of the old getdents(2), which keeps the type in its last byte. */
#pragma once

#include <stdint.h>

struct linux_dirent64 {
    uint64_t ino;
    int64_t next_offset;
    uint16_t size;
    uint8_t type;
    char name[5]; /* as long as size says, zero-terminated */
};
_Static_assert(sizeof(struct linux_dirent64) == 24, "smallest struct linux_dirent64");

struct linux_dirent {
    uint64_t ino, next_offset;
    uint16_t size;
    char name[6];
};

enum dirent_type {
    DT_UNKNOWN = 0, DT_FIFO = 1, DT_CHR = 2, DT_DIR = 4, DT_BLK = 6, DT_REG = 8, DT_LNK = 10, DT_SOCK = 12,
};
