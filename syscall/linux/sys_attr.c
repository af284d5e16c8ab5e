/* SPDX-License-Identifier: ISC */
/* Changing what a file is like: chmod(2), chown(2), utimensat(2), truncate(2). Only host things can change. */
#include "host/file.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/call.h"

/* The host descriptor of an open file. *file: to be put by the caller. */
static int host_file_arg(struct task *task, uint64_t fd, struct file **file) {
    *file = call_open_file(task, fd);
    if (!*file) return -EBADF;
    const int host = file_host_fd(*file);
    if (host >= 0) return host;
    file_put(*file);
    return -EPERM;
}

static int64_t chmod_at(struct task *task, uint64_t dirfd, uint64_t path, uint64_t mode) {
    struct node *node;
    const int fd = call_host_node(task, dirfd, path, 0, &node);
    if (fd < 0) return fd;
    const int r = host_file_set_mode(fd, (uint32_t)mode & 07777);
    node_put(node);
    return r;
}

int64_t sys_chmod(struct task *task, const uint64_t arg[6]) {
    return chmod_at(task, (uint64_t)AT_FDCWD, arg[0], arg[1]);
}

int64_t sys_fchmodat(struct task *task, const uint64_t arg[6]) {
    return chmod_at(task, arg[0], arg[1], arg[2]);
}

int64_t sys_fchmod(struct task *task, const uint64_t arg[6]) {
    struct file *file;
    const int fd = host_file_arg(task, arg[0], &file);
    if (fd < 0) return fd;
    const int r = host_file_set_mode(fd, (uint32_t)arg[1] & 07777);
    file_put(file);
    return r;
}

/* ids: owner and group as the guest names them. */
static int64_t set_owner(struct task *task, int host, const uint64_t ids[2]) {
    uint32_t uid = (uint32_t)ids[0], gid = (uint32_t)ids[1];
    const int err = id_map_to_host(vfs_ids(task->kernel->vfs), &uid, &gid);
    return err ? err : host_file_set_owner(host, "", uid, gid);
}

static int64_t chown_at(struct task *task, uint64_t dirfd, uint64_t path, const uint64_t ids[2], unsigned at) {
    struct node *node;
    const int fd = call_host_node(task, dirfd, path, at, &node);
    if (fd < 0) return fd;
    const int64_t r = set_owner(task, fd, ids);
    node_put(node);
    return r;
}

int64_t sys_chown(struct task *task, const uint64_t arg[6]) {
    return chown_at(task, (uint64_t)AT_FDCWD, arg[0], arg + 1, 0);
}

int64_t sys_lchown(struct task *task, const uint64_t arg[6]) {
    return chown_at(task, (uint64_t)AT_FDCWD, arg[0], arg + 1, AT_SYMLINK_NOFOLLOW);
}

int64_t sys_fchownat(struct task *task, const uint64_t arg[6]) {
    if ((unsigned)arg[4] & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    return chown_at(task, arg[0], arg[1], arg + 2, (unsigned)arg[4]);
}

int64_t sys_fchown(struct task *task, const uint64_t arg[6]) {
    struct file *file;
    const int fd = host_file_arg(task, arg[0], &file);
    if (fd < 0) return fd;
    const int64_t r = set_owner(task, fd, arg + 1);
    file_put(file);
    return r;
}

static int64_t set_times_fd(struct task *task, uint64_t fd, const struct host_time times[2]) {
    struct file *file;
    const int host = host_file_arg(task, fd, &file);
    if (host < 0) return host;
    const int r = host_file_set_times(host, "", times);
    file_put(file);
    return r;
}

static int64_t set_times_at(struct task *task, uint64_t dirfd, uint64_t path, const struct host_time times[2],
                            unsigned at) {
    struct node *node;
    if (!path && (int)dirfd != AT_FDCWD) return at ? -EINVAL : set_times_fd(task, dirfd, times);
    const int fd = call_host_node(task, dirfd, path, at, &node);
    if (fd < 0) return fd;
    const int r = host_file_set_times(fd, "", times);
    node_put(node);
    return r;
}

static bool valid_time(const struct host_time *time) {
    return time->nsec == HOST_TIME_NOW || time->nsec == HOST_TIME_OMIT || (time->nsec >= 0 && time->nsec < 1000000000);
}

int64_t sys_utimensat(struct task *task, const uint64_t arg[6]) {
    struct guest_timespec t[2];
    struct host_time times[2] = {{0, HOST_TIME_NOW}, {0, HOST_TIME_NOW}};
    if (arg[2]) {
        const int err = copy_from_guest(task, t, arg[2], sizeof t);
        if (err) return err;
        for (int i = 0; i < 2; i++) times[i] = (struct host_time){t[i].sec, t[i].nsec};
    }
    if (!valid_time(&times[0]) || !valid_time(&times[1])) return -EINVAL;
    if (times[0].nsec == HOST_TIME_OMIT && times[1].nsec == HOST_TIME_OMIT) return 0;
    if ((unsigned)arg[3] & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    return set_times_at(task, arg[0], arg[1], times, (unsigned)arg[3]);
}

/* utimes(2), futimesat(2): microseconds. */
static int64_t set_times_us(struct task *task, uint64_t dirfd, uint64_t path, uint64_t gva) {
    struct guest_timeval t[2];
    struct host_time times[2] = {{0, HOST_TIME_NOW}, {0, HOST_TIME_NOW}};
    if (gva) {
        const int err = copy_from_guest(task, t, gva, sizeof t);
        if (err) return err;
        for (int i = 0; i < 2; i++) {
            if (t[i].usec < 0 || t[i].usec >= 1000000) return -EINVAL;
            times[i] = (struct host_time){t[i].sec, t[i].usec * 1000};
        }
    }
    return set_times_at(task, dirfd, path, times, 0);
}

int64_t sys_utimes(struct task *task, const uint64_t arg[6]) {
    return set_times_us(task, (uint64_t)AT_FDCWD, arg[0], arg[1]);
}

int64_t sys_futimesat(struct task *task, const uint64_t arg[6]) {
    return set_times_us(task, arg[0], arg[1], arg[2]);
}

int64_t sys_utime(struct task *task, const uint64_t arg[6]) {
    int64_t t[2];
    struct host_time times[2] = {{0, HOST_TIME_NOW}, {0, HOST_TIME_NOW}};
    if (arg[1]) {
        const int err = copy_from_guest(task, t, arg[1], sizeof t);
        if (err) return err;
        for (int i = 0; i < 2; i++) times[i] = (struct host_time){t[i], 0};
    }
    return set_times_at(task, (uint64_t)AT_FDCWD, arg[0], times, 0);
}

int64_t sys_truncate(struct task *task, const uint64_t arg[6]) {
    if ((int64_t)arg[1] < 0) return -EINVAL;
    struct node *node;
    int r = call_resolve(task, (uint64_t)AT_FDCWD, arg[0], 0, &node);
    if (r) return r;
    struct file *file = NULL;
    const struct vfs_caller caller = call_of(task);
    if (node->type == S_IFDIR) {
        r = -EISDIR;
    } else if (node->type != S_IFREG) {
        r = -EINVAL;
    } else {
        r = node_open(&caller, node, O_WRONLY, 0, &file);
    }
    node_put(node);
    if (r) return r;
    r = call_limit_size(task, arg[1]);
    if (!r) r = file_truncate(file, (int64_t)arg[1]);
    if (!r) call_file_cut(task, file);
    file_put(file);
    return r;
}

int64_t sys_ftruncate(struct task *task, const uint64_t arg[6]) {
    struct file *file = call_file(task, arg[0]);
    if (!file) return -EBADF;
    int r = (int64_t)arg[1] > 0 && file_writable(file) ? call_limit_size(task, arg[1]) : 0;
    if (!r) r = file_truncate(file, (int64_t)arg[1]);
    if (!r) call_file_cut(task, file);
    file_put(file);
    return r;
}
