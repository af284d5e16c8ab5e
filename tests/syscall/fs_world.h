/* SPDX-License-Identifier: ISC */
/* A vfs and helpers to move host bytes through files, for tests of fs/. */
#pragma once

#include "base/error.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/vfs.h"
#include "syscall/linux/fs/walk.h"

static inline struct vfs *world_vfs(const char *rootfs) {
    int err;
    const struct vfs_options options = {.rootfs = rootfs};
    return vfs_new(&options, &err);
}

/* self NULL: never waits. */
static inline int64_t world_move(struct file *file, void *buf, size_t n, struct sched_thread *self, bool write) {
    const struct io_segment segment = {(uint64_t)(uintptr_t)buf, n};
    struct io io;
    io_init(&io, NULL, &segment, 1, self);
    io.nonblock = self == NULL;
    return write ? file_write(file, &io) : file_read(file, &io);
}

static inline int64_t world_read(struct file *file, void *buf, size_t n, struct sched_thread *self) {
    return world_move(file, buf, n, self, false);
}

static inline int64_t world_write(struct file *file, const void *buf, size_t n, struct sched_thread *self) {
    return world_move(file, (void *)(uintptr_t)buf, n, self, true);
}
