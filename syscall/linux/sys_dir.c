/* SPDX-License-Identifier: ISC */
/* Directories: getdents(2), chdir(2), chroot(2), getcwd(2), umask(2). */
#include "host/file.h"
#include "syscall/linux/abi/dirent.h"
#include "syscall/linux/call.h"
#include "syscall/linux/fs/host_node.h"

#include <stddef.h>
#include <string.h>

/* Lays records out in guest memory, one by one. */
struct guest_sink {
    struct dir_sink sink;
    struct task *task;
    uint64_t at, left;
    bool old;   /* getdents(2), not getdents64(2) */
    bool tight; /* an entry found no room */
    bool fault;
};

enum { RECORD_MAX = 19 + 256 + 8 };

/* Returns the record's size. */
static size_t lay_out(unsigned char record[RECORD_MAX], bool old, const char *name, uint64_t ino, int64_t next_offset,
                      unsigned char type) {
    const size_t header = old ? offsetof(struct linux_dirent, name) : offsetof(struct linux_dirent64, name);
    const size_t length = strlen(name);
    const size_t size = (size_t)align_up(header + length + (old ? 2 : 1), 8);
    const uint16_t size16 = (uint16_t)size;
    memset(record, 0, size);
    memcpy(record, &ino, 8);
    memcpy(record + 8, &next_offset, 8);
    memcpy(record + 16, &size16, 2);
    memcpy(record + header, name, length);
    record[old ? size - 1 : 18] = type;
    return size;
}

static bool emit(struct dir_sink *base, const char *name, uint64_t ino, int64_t next_offset, unsigned char type) {
    struct guest_sink *sink = (struct guest_sink *)base;
    unsigned char record[RECORD_MAX];
    if (strlen(name) > LINUX_NAME_MAX) return true;
    const size_t size = lay_out(record, sink->old, name, ino, next_offset, type);
    if (size > sink->left) {
        sink->tight = true;
        return false;
    }
    if (copy_to_guest(sink->task, sink->at, record, size)) {
        sink->fault = true;
        return false;
    }
    sink->at += size;
    sink->left -= size;
    return true;
}

static int64_t list(struct task *task, const uint64_t arg[6], bool old) {
    struct file *file = call_file(task, arg[0]);
    if (!file) return -EBADF;
    struct guest_sink sink = {
        .sink = {.emit = emit}, .task = task, .at = arg[1], .left = (uint32_t)arg[2], .old = old,
    };
    const int err = file_getdents(file, &sink.sink);
    file_put(file);
    if (sink.at != arg[1]) return (int64_t)(sink.at - arg[1]);
    return err ? err : sink.fault ? -EFAULT : sink.tight ? -EINVAL : 0;
}

int64_t sys_getdents(struct task *task, const uint64_t arg[6]) {
    return list(task, arg, true);
}

int64_t sys_getdents64(struct task *task, const uint64_t arg[6]) {
    return list(task, arg, false);
}

/* A directory that may be entered. */
static int check_enter(struct node *node) {
    if (node->type != S_IFDIR) return -ENOTDIR;
    const int fd = node_host_fd(node);
    return fd < 0 ? 0 : host_file_access_at(fd, "", X_OK, true);
}

static int resolve_directory(struct task *task, uint64_t path, struct node **out) {
    int r = call_resolve(task, (uint64_t)AT_FDCWD, path, 0, out);
    if (r) return r;
    r = check_enter(*out);
    if (r) node_put(*out);
    return r;
}

int64_t sys_chdir(struct task *task, const uint64_t arg[6]) {
    struct node *node;
    const int r = resolve_directory(task, arg[0], &node);
    if (r == 0) fs_context_set_cwd(task->fs, node);
    return r;
}

int64_t sys_fchdir(struct task *task, const uint64_t arg[6]) {
    struct file *file = call_file(task, arg[0]);
    if (!file) return -EBADF;
    const int r = file->node ? check_enter(file->node) : -ENOTDIR;
    if (r == 0) fs_context_set_cwd(task->fs, node_get(file->node));
    file_put(file);
    return r;
}

int64_t sys_chroot(struct task *task, const uint64_t arg[6]) {
    struct node *node;
    const int r = resolve_directory(task, arg[0], &node);
    if (r) return r;
    if (task->cred.euid != 0) {
        node_put(node);
        return -EPERM;
    }
    fs_context_set_root(task->fs, node);
    return 0;
}

int64_t sys_getcwd(struct task *task, const uint64_t arg[6]) {
    static const char deleted[] = " (deleted)";
    char path[LINUX_PATH_MAX + sizeof deleted];
    struct node *cwd = fs_context_cwd(task->fs), *root = fs_context_root(task->fs);
    int64_t n = vfs_node_path(cwd, root, path, sizeof path - 1);
    struct linux_stat stat;
    const bool gone = host_node_of(cwd) && node_stat(cwd, &stat) == 0 && stat.nlink == 0;
    node_put(cwd);
    node_put(root);
    if (gone) return -ENOENT;
    if (n < 0) return n;
    path[n++] = 0;
    if ((uint64_t)n > arg[1]) return -ERANGE;
    return copy_to_guest(task, arg[0], path, (size_t)n) ? -EFAULT : n;
}

int64_t sys_umask(struct task *task, const uint64_t arg[6]) {
    return atomic_exchange(&task->fs->umask, (unsigned)arg[0] & 0777);
}
