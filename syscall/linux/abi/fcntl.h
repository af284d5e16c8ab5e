/* SPDX-License-Identifier: ISC */
/* Numbers of open(2), fcntl(2), and the AT_ flags, as x86-64 Linux has them. SEEK_SET, SEEK_CUR and SEEK_END are
 * <stdio.h>'s, with the same numbers everywhere. */
#pragma once

#include <stdint.h>

enum open_flags {
    O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_ACCMODE = 3,
    O_CREAT = 0x40, O_EXCL = 0x80, O_NOCTTY = 0x100, O_TRUNC = 0x200, O_APPEND = 0x400, O_NONBLOCK = 0x800,
    O_DSYNC = 0x1000, O_ASYNC = 0x2000, O_DIRECT = 0x4000, O_LARGEFILE = 0x8000, O_DIRECTORY = 0x10000,
    O_NOFOLLOW = 0x20000, O_NOATIME = 0x40000, O_CLOEXEC = 0x80000, O_SYNC = 0x101000, O_PATH = 0x200000,
    O_TMPFILE_BIT = 0x400000, O_TMPFILE = 0x410000,
    O_KNOWN = 0x7fffc3,
};

enum at_flags {
    AT_FDCWD = -100,
    AT_SYMLINK_NOFOLLOW = 0x100,
    AT_EACCESS = 0x200,
    AT_REMOVEDIR = 0x200,
    AT_SYMLINK_FOLLOW = 0x400,
    AT_NO_AUTOMOUNT = 0x800,
    AT_EMPTY_PATH = 0x1000,
    AT_STATX_SYNC_TYPE = 0x6000,
};

enum fcntl_commands {
    F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_GETLK = 5, F_SETLK = 6, F_SETLKW = 7,
    F_SETOWN = 8, F_GETOWN = 9, F_SETSIG = 10, F_GETSIG = 11, F_SETOWN_EX = 15, F_GETOWN_EX = 16,
    F_OFD_GETLK = 36, F_OFD_SETLK = 37, F_OFD_SETLKW = 38,
    F_SETLEASE = 1024, F_GETLEASE = 1025, F_NOTIFY = 1026, F_DUPFD_CLOEXEC = 1030, F_SETPIPE_SZ = 1031,
    F_GETPIPE_SZ = 1032, F_ADD_SEALS = 1033, F_GET_SEALS = 1034, F_GET_RW_HINT = 1035, F_SET_RW_HINT = 1036,
};

enum { FD_CLOEXEC = 1 };
enum owner_types { F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP };
enum { RWH_WRITE_LIFE_NOT_SET, RWH_WRITE_LIFE_EXTREME = 5 };
enum lock_types { F_RDLCK = 0, F_WRLCK = 1, F_UNLCK = 2 };
enum flock_operations { LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8 };
enum { LINUX_SEEK_DATA = 3, LINUX_SEEK_HOLE = 4 };
enum access_modes { F_OK = 0, X_OK = 1, W_OK = 2, R_OK = 4 };
enum { LINUX_RENAME_NOREPLACE = 1, LINUX_RENAME_EXCHANGE = 2, LINUX_RENAME_WHITEOUT = 4 };
enum { LINUX_PATH_MAX = 4096, LINUX_NAME_MAX = 255, LINUX_MAX_LINKS = 40 };
enum { CLOSE_RANGE_UNSHARE = 2, CLOSE_RANGE_CLOEXEC = 4 };
enum rw_flags { RWF_HIPRI = 1, RWF_DSYNC = 2, RWF_SYNC = 4, RWF_NOWAIT = 8, RWF_APPEND = 16 };
enum { LINUX_IOV_MAX = 1024 };

struct linux_flock {
    int16_t type, whence;
    int64_t start, len;
    int32_t pid;
};

struct linux_owner {
    int32_t type, pid;
};

struct linux_iovec {
    uint64_t base, len;
};

struct linux_open_how {
    uint64_t flags, mode, resolve;
};
