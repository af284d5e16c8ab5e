/* SPDX-License-Identifier: ISC */
/* vFile: the machine's files, read only, so that gdb finds programs and libraries without being told where they are. */
#include "debugger/gdb/internal.h"

#include "base/error.h"
#include "machine/machine.h"
#include "syscall/linux/abi/fcntl.h"
#include "syscall/linux/fs/file.h"
#include "syscall/linux/fs/vfs.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096, READ_MAX = GDB_PACKET_MAX / 2 - 64, UNKNOWN_ERROR = 9999 };

/* The protocol's error numbers are Linux's for those that it has. */
static void fail(struct gdb *gdb, int64_t error) {
    static const int known[] = {-EPERM, -ENOENT, -EINTR, -EBADF, -EACCES, -EFAULT, -EBUSY, -EEXIST, -ENODEV, -ENOTDIR, -EISDIR,
                                -EINVAL, -ENFILE, -EMFILE, -EFBIG, -ENOSPC, -ESPIPE, -EROFS};
    int number = UNKNOWN_ERROR;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (known[i] == error) number = -known[i];
    }
    text_printf(&gdb->reply, "F-1,%x", (unsigned)number);
}

static struct file *file_of(struct gdb *gdb, uint64_t number) {
    return number < GDB_FILES ? gdb->files[number] : NULL;
}

static int64_t open_file(struct gdb *gdb, const char *path) {
    size_t i = 0;
    while (i < GDB_FILES && gdb->files[i]) i++;
    if (i == GDB_FILES) return -EMFILE;
    struct fs_context *fs = machine_make_place(target_machine(gdb->target));
    if (!fs) return -ENFILE;
    const struct vfs_caller caller = {.fs = fs};
    const int r = vfs_open(&caller, AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0, &gdb->files[i]);
    fs_context_put(fs);
    if (r == 0) return (int64_t)i;
    gdb->files[i] = NULL;
    return r;
}

/* PATH,FLAGS,MODE */
static void do_open(struct gdb *gdb, struct cursor *c) {
    char path[PATH_SIZE];
    uint64_t flags;
    const size_t n = cursor_bytes(c, path, sizeof path - 1);
    path[n] = '\0';
    int64_t r = n && cursor_take(c, ",") && cursor_hex(c, &flags) ? 0 : -EINVAL;
    if (r == 0) r = flags != 0 ? -EROFS : open_file(gdb, path);
    if (r < 0) fail(gdb, r);
    else text_printf(&gdb->reply, "F%llx", (unsigned long long)r);
}

/* FD,COUNT,OFFSET */
static void do_read(struct gdb *gdb, struct cursor *c) {
    uint64_t number, count, offset;
    const bool ok = cursor_hex(c, &number) && cursor_take(c, ",") && cursor_range(c, &count, &offset) && offset <= INT64_MAX;
    struct file *file = ok ? file_of(gdb, number) : NULL;
    uint8_t *bytes = file ? malloc(READ_MAX) : NULL;
    const size_t want = ok && count < READ_MAX ? (size_t)count : READ_MAX;
    const int64_t n = bytes ? file_read_kernel(file, bytes, want, (int64_t)offset) : ok ? -EBADF : -EINVAL;
    if (n < 0) {
        fail(gdb, n);
    } else {
        text_printf(&gdb->reply, "F%llx;", (unsigned long long)n);
        text_append(&gdb->reply, bytes, (size_t)n);
    }
    free(bytes);
}

static void put(struct text *out, uint64_t value, unsigned size) {
    while (size-- > 0) {
        const char byte = (char)(value >> (8 * size));
        text_append(out, &byte, 1);
    }
}

static void do_stat(struct gdb *gdb, struct cursor *c) {
    uint64_t number;
    struct linux_stat st;
    struct file *file = cursor_hex(c, &number) ? file_of(gdb, number) : NULL;
    const int r = file ? file_stat(file, &st) : -EBADF;
    if (r < 0) {
        fail(gdb, r);
        return;
    }
    struct text *out = &gdb->reply;
    text_printf(out, "F40;");
    put(out, st.dev, 4), put(out, st.ino, 4), put(out, st.mode, 4), put(out, st.nlink, 4);
    put(out, st.uid, 4), put(out, st.gid, 4), put(out, st.rdev, 4);
    put(out, (uint64_t)st.size, 8), put(out, (uint64_t)st.blksize, 8), put(out, (uint64_t)st.blocks, 8);
    put(out, (uint64_t)st.atime.sec, 4), put(out, (uint64_t)st.mtime.sec, 4), put(out, (uint64_t)st.ctime.sec, 4);
}

static void do_close(struct gdb *gdb, struct cursor *c) {
    uint64_t number;
    struct file *file = cursor_hex(c, &number) ? file_of(gdb, number) : NULL;
    if (!file) {
        fail(gdb, -EBADF);
        return;
    }
    file_put(file);
    gdb->files[number] = NULL;
    text_printf(&gdb->reply, "F0");
}

/* All processes see the same files, save for chroot(2). */
static void do_set_process(struct gdb *gdb, struct cursor *c) {
    text_printf(&gdb->reply, "F0");
}

static void refuse(struct gdb *gdb, struct cursor *c) {
    fail(gdb, -EROFS);
}

static const struct {
    const char *name;
    void (*call)(struct gdb *gdb, struct cursor *c);
} calls[] = {
    {"open:", do_open}, {"pread:", do_read}, {"fstat:", do_stat}, {"close:", do_close}, {"setfs:", do_set_process},
    {"pwrite:", refuse}, {"unlink:", refuse},
};

void packet_file(struct gdb *gdb, struct cursor *c) {
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        if (!cursor_take(c, calls[i].name)) continue;
        calls[i].call(gdb, c);
        return;
    }
}

void gdb_close_files(struct gdb *gdb) {
    for (size_t i = 0; i < GDB_FILES; i++) {
        if (gdb->files[i]) file_put(gdb->files[i]);
    }
}
