/* SPDX-License-Identifier: ISC */
/* Extended attributes, xattr(7): the host's, of host things. */
#include "host/file.h"
#include "syscall/linux/call.h"

#include <stdlib.h>

enum { XATTR_NAME_MAX = 255, XATTR_SIZE_MAX = 65536 };

/* What a call works on: a place or an open file, and its host descriptor. */
struct target {
    struct node *node;
    struct file *file;
    int fd;
};

enum target_kind { BY_PATH, BY_LINK, BY_FD };

static int open_target(struct task *task, uint64_t arg, enum target_kind kind, struct target *out) {
    *out = (struct target){0};
    if (kind == BY_FD) {
        out->file = call_open_file(task, arg);
        if (!out->file) return -EBADF;
        out->fd = file_host_fd(out->file);
    } else {
        const unsigned at = kind == BY_LINK ? AT_SYMLINK_NOFOLLOW : 0;
        const int err = call_resolve(task, (uint64_t)AT_FDCWD, arg, at, &out->node);
        if (err) return err;
        out->fd = node_host_fd(out->node);
    }
    return out->fd < 0 ? -EOPNOTSUPP : 0;
}

static void close_target(struct target *target) {
    node_put(target->node);
    file_put(target->file);
}

static int fetch_key(struct task *task, char key[XATTR_NAME_MAX + 1], uint64_t gva) {
    const int64_t n = copy_string_from_guest(task, key, gva, XATTR_NAME_MAX + 1);
    return n == -ENAMETOOLONG || n == 0 ? -ERANGE : n < 0 ? (int)n : 0;
}

/* Runs get (key given) or list (key NULL) and copies what came to the guest. */
static int64_t fetch_bytes(struct task *task, int fd, const char *key, uint64_t out, uint64_t size) {
    if (size > XATTR_SIZE_MAX) size = XATTR_SIZE_MAX;
    char *bytes = size ? malloc((size_t)size) : NULL;
    if (size && !bytes) return -ENOMEM;
    int64_t n = key ? host_xattr_get(fd, "", key, bytes, (size_t)size) : host_xattr_list(fd, "", bytes, (size_t)size);
    if (n > 0 && size && copy_to_guest(task, out, bytes, (size_t)n)) n = -EFAULT;
    free(bytes);
    return n;
}

static int64_t get(struct task *task, const uint64_t arg[6], enum target_kind kind) {
    char key[XATTR_NAME_MAX + 1];
    struct target target;
    int64_t r = open_target(task, arg[0], kind, &target);
    if (r == 0) r = fetch_key(task, key, arg[1]);
    if (r == 0) r = fetch_bytes(task, target.fd, key, arg[2], arg[3]);
    close_target(&target);
    return r;
}

static int64_t list(struct task *task, const uint64_t arg[6], enum target_kind kind) {
    struct target target;
    int64_t r = open_target(task, arg[0], kind, &target);
    if (r == 0) r = fetch_bytes(task, target.fd, NULL, arg[1], arg[2]);
    close_target(&target);
    return r;
}

static int64_t store(struct task *task, int fd, const char *key, uint64_t gva, uint64_t size, int flags) {
    if (size > XATTR_SIZE_MAX) return -E2BIG;
    void *value = malloc(size ? (size_t)size : 1);
    if (!value) return -ENOMEM;
    int64_t r = size ? copy_from_guest(task, value, gva, (size_t)size) : 0;
    if (r == 0) r = host_xattr_set(fd, "", key, value, (size_t)size, flags);
    free(value);
    return r;
}

static int64_t set(struct task *task, const uint64_t arg[6], enum target_kind kind) {
    char key[XATTR_NAME_MAX + 1];
    struct target target;
    if ((unsigned)arg[4] & ~3u) return -EINVAL;
    int64_t r = open_target(task, arg[0], kind, &target);
    if (r == 0) r = fetch_key(task, key, arg[1]);
    if (r == 0) r = store(task, target.fd, key, arg[2], arg[3], (int)arg[4]);
    close_target(&target);
    return r;
}

static int64_t drop(struct task *task, const uint64_t arg[6], enum target_kind kind) {
    char key[XATTR_NAME_MAX + 1];
    struct target target;
    int64_t r = open_target(task, arg[0], kind, &target);
    if (r == 0) r = fetch_key(task, key, arg[1]);
    if (r == 0) r = host_xattr_remove(target.fd, "", key);
    close_target(&target);
    return r;
}

#define XATTR_CALLS(name, fn)                                                    \
    int64_t sys_##name(struct task *task, const uint64_t arg[6]) {               \
        return fn(task, arg, BY_PATH);                                           \
    }                                                                            \
    int64_t sys_l##name(struct task *task, const uint64_t arg[6]) {              \
        return fn(task, arg, BY_LINK);                                           \
    }                                                                            \
    int64_t sys_f##name(struct task *task, const uint64_t arg[6]) {              \
        return fn(task, arg, BY_FD);                                             \
    }

XATTR_CALLS(getxattr, get)
XATTR_CALLS(listxattr, list)
XATTR_CALLS(setxattr, set)
XATTR_CALLS(removexattr, drop)
