/* SPDX-License-Identifier: ISC */
/* The table of open flags: Linux's x86-64 number against the host's own. Several differ even between CPUs of Linux. */
#include "host/posix/file_flags.h"

#include <fcntl.h>
#include <stddef.h>

struct flag_pair {
    int ours, native;
};

/* Flags of several bits (O_SYNC, O_TMPFILE) stand before the single bits they contain. */
static const struct flag_pair pairs[] = {
    {0x101000, O_SYNC},   {0x40, O_CREAT},       {0x80, O_EXCL},         {0x100, O_NOCTTY},
    {0x200, O_TRUNC},     {0x400, O_APPEND},     {0x800, O_NONBLOCK},    {0x1000, O_DSYNC},
    {0x10000, O_DIRECTORY}, {0x20000, O_NOFOLLOW}, {0x80000, O_CLOEXEC},
#ifdef O_DIRECT
    {0x4000, O_DIRECT},
#endif
#ifdef O_NOATIME
    {0x40000, O_NOATIME},
#endif
#ifdef O_PATH
    {0x200000, O_PATH},
#endif
#ifdef O_TMPFILE
    {0x410000, O_TMPFILE},
#endif
};

int host_native_open_flags(int flags) {
    static const int access[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDWR};
    int native = access[flags & 3];
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if ((flags & pairs[i].ours) == pairs[i].ours) native |= pairs[i].native;
    }
    return native;
}

int host_linux_open_flags(int native) {
    const int access = native & O_ACCMODE;
    int flags = access == O_RDWR ? 2 : access == O_WRONLY ? 1 : 0;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i].native && (native & pairs[i].native) == pairs[i].native) flags |= pairs[i].ours;
    }
    return flags;
}
