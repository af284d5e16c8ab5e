/* SPDX-License-Identifier: ISC */
/* Listing host directories. The host's position is the directory's position: after an entry that found no room it
 * is set back, so that the next call begins with it. */
#include "syscall/linux/fs/host_file.h"

#include "base/error.h"
#include "host/file.h"
#include "syscall/linux/abi/dirent.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 32768 };

/* Emits the records. Returns false when the sink is full; *position is where the next call goes on. */
static bool emit_all(struct dir_sink *sink, const char *buf, size_t n, int64_t *position) {
    for (size_t at = 0; at + sizeof(struct linux_dirent64) <= n;) {
        struct linux_dirent64 entry;
        memcpy(&entry, buf + at, sizeof entry);
        const size_t header = offsetof(struct linux_dirent64, name);
        if (entry.size <= header || entry.size > n - at || !memchr(buf + at + header, 0, entry.size - header)) return true; /* no host gives such */
        const char *name = buf + at + header;
        if (!sink->emit(sink, name, entry.ino, entry.next_offset, entry.type)) return false;
        *position = entry.next_offset;
        at += entry.size;
    }
    return true;
}

int host_directory_getdents(struct file *file, struct dir_sink *sink) {
    const int fd = host_file_of(file)->fd;
    int64_t position = host_file_seek(fd, 0, SEEK_CUR);
    if (position < 0) return (int)position;
    char *buf = malloc(BUFFER);
    if (!buf) return -ENOMEM;
    int64_t n;
    while ((n = host_file_getdents(fd, buf, BUFFER)) > 0) {
        if (emit_all(sink, buf, (size_t)n, &position)) continue;
        const int64_t back = host_file_seek(fd, position, SEEK_SET);
        n = back < 0 ? back : 0;
        break;
    }
    free(buf);
    return (int)n;
}
