/* SPDX-License-Identifier: ISC */
/* The descriptor of inotify: a stream of records that the host writes. */
#include "syscall/linux/fs/notify_file.h"

#include "base/error.h"
#include "host/file.h"
#include "host/notify.h"
#include "syscall/linux/abi/ioctl.h"
#include "syscall/linux/fs/host_file.h"

#include <stdlib.h>

static int64_t get_available(struct file *file, const struct ioctl_call *call) {
    if (call->cmd != FIONREAD) return -ENOTTY;
    const int64_t n = host_file_available(host_file_of(file)->fd);
    const int32_t available = (int32_t)n;
    return n < 0 ? n : space_copy_out(call->space, call->arg, &available, sizeof available);
}

static void release(struct file *file) {
    host_file_close(host_file_of(file)->fd);
    file_fini(file);
    free(host_file_of(file));
}

static const struct file_ops ops = {
    .kind = "anon_inode:inotify", .read = host_stream_read, .poll = host_stream_poll, .ioctl = get_available, .release = release,
};

bool file_is_notify(const struct file *file) {
    return file->ops == &ops;
}

struct file *notify_file_new(struct vfs *vfs, int flags, int *err) {
    struct host_file *notify = calloc(1, sizeof *notify);
    const int fd = notify ? host_notify_new() : -ENOMEM;
    if (fd < 0) {
        free(notify);
        *err = fd;
        return NULL;
    }
    file_init(&notify->file, vfs, &ops, O_RDONLY | (flags & O_NONBLOCK));
    notify->fd = fd;
    return &notify->file;
}

int notify_file_add(struct file *file, int host_fd, uint32_t mask) {
    return host_notify_add(host_file_of(file)->fd, host_fd, mask);
}

int notify_file_remove(struct file *file, int watch) {
    return host_notify_remove(host_file_of(file)->fd, watch);
}
