/* SPDX-License-Identifier: ISC */
/* Shared parts of the handlers of file calls. */
#include "syscall/linux/call.h"

#include "mmu/object.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/process/signal.h"

#include <stdio.h>

struct file *call_open_file(struct task *task, uint64_t fd) {
    struct file *file = call_file(task, fd);
    if (!file || !(atomic_load(&file->flags) & O_PATH)) return file;
    file_put(file);
    return NULL;
}

int call_resolve(struct task *task, uint64_t dirfd, uint64_t path, unsigned at, struct node **out) {
    char name[LINUX_PATH_MAX];
    const int err = call_path(task, name, path);
    if (err) return err;
    const struct vfs_caller caller = call_of(task);
    const int walk = (at & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (at & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    return vfs_resolve(&caller, (int)dirfd, name, walk, out);
}

int call_host_node(struct task *task, uint64_t dirfd, uint64_t path, unsigned at, struct node **node) {
    const int err = call_resolve(task, dirfd, path, at, node);
    if (err) return err;
    const int fd = node_host_fd(*node);
    if (fd >= 0) return fd;
    node_put(*node);
    return -EROFS;
}

int64_t call_install(struct task *task, struct file *file, bool cloexec, int err) {
    return file ? fd_table_install(task->fds, file, 0, cloexec) : err;
}

void call_file_cut(struct task *task, struct file *file) {
    struct linux_stat stat;
    if (file_host_fd(file) < 0 || file_stat(file, &stat)) return;
    mem_file_truncated(task->kernel->frame_pool, stat.dev, stat.ino, (uint64_t)stat.size);
}

void call_file_written(struct task *task, struct file *file, int64_t offset, int64_t n) {
    uint64_t dev, ino;
    if (n <= 0 || !file_identity(file, &dev, &ino)) return;
    const bool anywhere = offset == IO_AT_POSITION || atomic_load(&file->flags) & O_APPEND;
    mem_file_written(task->kernel->frame_pool, dev, ino, anywhere ? 0 : (uint64_t)offset, anywhere ? UINT64_MAX : (uint64_t)n);
}

static int too_big(struct task *task) {
    signal_send_task(task, SIGXFSZ, SI_KERNEL);
    return -EFBIG;
}

int call_limit_size(struct task *task, uint64_t size) {
    return size > process_limit(task->process, RLIMIT_FSIZE) ? too_big(task) : 0;
}

int call_limit_write(struct task *task, struct file *file, struct io *io) {
    const uint64_t limit = process_limit(task->process, RLIMIT_FSIZE);
    struct linux_stat stat;
    if (limit == RLIM_INFINITY || !io->left || file_host_fd(file) < 0) return 0;
    if (file_stat(file, &stat) || (stat.mode & S_IFMT) != S_IFREG) return 0;
    const bool append = io->append || (atomic_load(&file->flags) & O_APPEND);
    const int64_t at = append ? stat.size : io->offset == IO_AT_POSITION ? file_seek(file, 0, SEEK_CUR) : io->offset;
    if (at < 0) return 0;
    if ((uint64_t)at >= limit) return too_big(task);
    if (io->left > limit - (uint64_t)at) io->size = io->left = limit - (uint64_t)at;
    return 0;
}

int64_t call_deadline_after(const struct task *task, int64_t ns) {
    return sched_deadline_after(&task->sched, ns);
}

int call_deadline(struct task *task, uint64_t gva, int64_t *deadline_ns) {
    struct guest_timespec t;
    *deadline_ns = SCHED_NEVER;
    if (!gva) return 0;
    const int err = copy_from_guest(task, &t, gva, sizeof t);
    if (err) return err;
    if (t.sec < 0 || t.nsec < 0 || t.nsec >= 1000000000) return -EINVAL;
    if (t.sec < INT64_MAX / 1000000000 - 1) *deadline_ns = call_deadline_after(task, t.sec * 1000000000 + t.nsec);
    return 0;
}
