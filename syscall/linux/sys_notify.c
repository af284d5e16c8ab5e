/* SPDX-License-Identifier: ISC */
/* inotify_init(2), inotify_add_watch(2), inotify_rm_watch(2), and what fanotify and file handles answer here. */
#include "syscall/linux/call.h"
#include "syscall/linux/fs/notify_file.h"

enum { FAN_MARK_ADD = 1, FAN_MARK_REMOVE = 2, FAN_MARK_FLUSH = 0x80 };
#define IN_KNOWN 0xf700efffu /* every bit that means something, as the kernel tests it */
enum { IN_ONLYDIR = 0x01000000, IN_DONT_FOLLOW = 0x02000000 };

static int64_t init(struct task *task, unsigned flags) {
    int err = 0;
    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK)) return -EINVAL;
    struct file *file = notify_file_new(task->kernel->vfs, (int)flags, &err);
    return call_install(task, file, (flags & O_CLOEXEC) != 0, err);
}

int64_t sys_inotify_init(struct task *task, const uint64_t arg[6]) {
    return init(task, 0);
}

int64_t sys_inotify_init1(struct task *task, const uint64_t arg[6]) {
    return init(task, (unsigned)arg[0]);
}

/* Places that are not the host's (/proc, /dev, /sys) change without telling: that is said, not hidden. */
static int64_t add(struct task *task, struct file *file, uint64_t path, uint32_t mask) {
    struct node *node;
    const int err = call_resolve(task, (uint64_t)AT_FDCWD, path, mask & IN_DONT_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0, &node);
    if (err) return err;
    const int fd = node_host_fd(node);
    const bool refused = (mask & IN_ONLYDIR) && node->type != S_IFDIR;
    const int watch = refused ? -ENOTDIR : fd < 0 ? -EOPNOTSUPP : notify_file_add(file, fd, mask);
    node_put(node);
    return watch;
}

int64_t sys_inotify_add_watch(struct task *task, const uint64_t arg[6]) {
    if (!((uint32_t)arg[2] & IN_KNOWN)) return -EINVAL;
    struct file *file = call_open_file(task, arg[0]);
    if (!file) return -EBADF;
    const int64_t r = file_is_notify(file) ? add(task, file, arg[1], (uint32_t)arg[2]) : -EINVAL;
    file_put(file);
    return r;
}

int64_t sys_inotify_rm_watch(struct task *task, const uint64_t arg[6]) {
    struct file *file = call_open_file(task, arg[0]);
    if (!file) return -EBADF;
    const int64_t r = file_is_notify(file) ? notify_file_remove(file, (int)arg[1]) : -EINVAL;
    file_put(file);
    return r;
}

/* No descriptor is one of fanotify_init(2), which is refused. */
int64_t sys_fanotify_mark(struct task *task, const uint64_t arg[6]) {
    const unsigned what = (unsigned)arg[1] & (FAN_MARK_ADD | FAN_MARK_REMOVE | FAN_MARK_FLUSH);
    if (what != FAN_MARK_ADD && what != FAN_MARK_REMOVE && what != FAN_MARK_FLUSH) return -EINVAL;
    struct file *file = call_file(task, arg[0]);
    if (!file) return -EBADF;
    file_put(file);
    return -EINVAL;
}

/* No file system here hands out handles. */
int64_t sys_name_to_handle_at(struct task *task, const uint64_t arg[6]) {
    const unsigned flags = (unsigned)arg[4];
    struct node *node;
    if (flags & ~(unsigned)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    const unsigned at = (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW) | (flags & AT_EMPTY_PATH);
    const int err = call_resolve(task, arg[0], arg[1], at, &node);
    if (err) return err;
    node_put(node);
    return -EOPNOTSUPP;
}
