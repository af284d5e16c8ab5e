/* SPDX-License-Identifier: ISC */
/* The machine's tree as a whole: its root, its mounts, and the paths that places have. */
#include "base/error.h"
#include "base/log.h"
#include "host/file.h"
#include "syscall/linux/fs/fifo.h"
#include "syscall/linux/fs/host_node.h"
#include "syscall/linux/fs/host_open.h"
#include "syscall/linux/fs/lock.h"
#include "syscall/linux/fs/pty.h"
#include "syscall/linux/fs/vfs_private.h"
#include "syscall/linux/fs/walk.h"

#include <stdlib.h>
#include <string.h>

/* The count of root moves; NULL is no memory. */
static int mount_tree(struct vfs *vfs, const char *name, struct node *root) {
    return root ? vfs_mount(vfs, name, root) : -ENOMEM;
}

static int set_up(struct vfs *vfs, const struct vfs_options *options) {
    host_mutex_init(&vfs->watch_lock);
    atomic_init(&vfs->next_ino, 1000);
    vfs->locks = lock_table_new();
    vfs->fifos = fifo_table_new();
    vfs->ptys = pty_table_new();
    if (!vfs->locks || !vfs->fifos || !vfs->ptys) return -ENOMEM;
    vfs->terminal = host_tty_new(vfs, &vfs->ptys->reserved);
    const int fd = host_file_open_at(HOST_CWD, options->rootfs ? options->rootfs : "/", O_PATH | O_DIRECTORY, 0);
    if (fd < 0) return fd;
    int r = host_node_new(vfs, fd, NULL, NULL, &vfs->root);
    if (r) return r;
    vfs->own_root = options->rootfs != NULL;
    vfs->first_umask = host_file_umask(0);
    vfs->start_ns = scheduler_realtime_ns(vfs->scheduler);
    r = mount_tree(vfs, "dev", devfs_new(vfs));
    return r ? r : mount_tree(vfs, "sys", sysfs_new(vfs));
}

struct vfs *vfs_new(const struct vfs_options *options, int *err) {
    struct vfs *vfs = calloc(1, sizeof *vfs);
    *err = vfs ? 0 : -ENOMEM;
    if (!vfs) return NULL;
    vfs->log = options->log;
    vfs->scheduler = options->scheduler;
    vfs->entropy = options->entropy;
    vfs->ids = options->ids;
    *err = set_up(vfs, options);
    if (*err == 0) return vfs;
    vfs_free(vfs);
    return NULL;
}

const struct id_map *vfs_ids(const struct vfs *vfs) {
    return &vfs->ids;
}

void vfs_free(struct vfs *vfs) {
    if (!vfs) return;
    for (int i = 0; i < vfs->n_dev_mounts; i++) node_put(vfs->dev_mounts[i]);
    for (int i = 0; i < vfs->n_mounts; i++) node_put(vfs->mounts[i].root);
    node_put(vfs->root);
    tty_put(vfs->terminal);
    pty_table_free(vfs->ptys);
    sysfs_rows_free(vfs->sysfs);
    fifo_table_free(vfs->fifos);
    lock_table_free(vfs->locks);
    host_mutex_fini(&vfs->watch_lock);
    free(vfs);
}

int vfs_mount(struct vfs *vfs, const char *name, struct node *root) {
    if (vfs->n_mounts == VFS_MAX_MOUNTS) {
        node_put(root);
        return -ENOSPC;
    }
    vfs->mounts[vfs->n_mounts++] = (struct mount){name, root};
    return 0;
}

struct node *vfs_root(struct vfs *vfs) {
    return vfs->root;
}

bool vfs_is_confined(const struct vfs *vfs) {
    return vfs->own_root;
}

unsigned vfs_first_umask(struct vfs *vfs) {
    return vfs->first_umask;
}

uint64_t vfs_next_ino(struct vfs *vfs) {
    return atomic_fetch_add_explicit(&vfs->next_ino, 1, memory_order_relaxed);
}

struct guest_timespec vfs_start_time(struct vfs *vfs) {
    return (struct guest_timespec){vfs->start_ns / NS_PER_S, vfs->start_ns % NS_PER_S};
}

struct lock_table *vfs_locks(struct vfs *vfs) {
    return vfs->locks;
}

struct tty *vfs_terminal(struct vfs *vfs) {
    return vfs->terminal;
}

void vfs_set_job_control(struct vfs *vfs, const struct job_control *jobs, void *arg) {
    vfs->jobs_arg = arg;
    vfs->jobs = jobs;
}

/* If path is inside prefix, what follows it ("/..."), else NULL. */
static const char *below(const char *path, const char *prefix, size_t n) {
    if (n == 1 && prefix[0] == '/') return path[0] == '/' ? path : NULL;
    if (strncmp(path, prefix, n) != 0) return NULL;
    return path[n] == 0 ? "/" : path[n] == '/' ? path + n : NULL;
}

static int64_t emit(const char *text, char *out, size_t size) {
    const size_t n = strlen(text);
    memcpy(out, text, n < size ? n : size);
    return (int64_t)(n < size ? n : size);
}

int64_t vfs_host_path(struct vfs *vfs, int host_fd, char *out, size_t size) {
    char path[LINUX_PATH_MAX + 1], root[LINUX_PATH_MAX + 1];
    const int64_t n = host_file_path(host_fd, path, LINUX_PATH_MAX);
    if (n < 0) return n;
    path[n] = 0;
    if (!vfs->own_root || path[0] != '/') return emit(path, out, size);
    const int64_t m = host_file_path(host_node_of(vfs->root)->fd, root, LINUX_PATH_MAX);
    if (m < 0) return m;
    root[m] = 0;
    const char *inside = below(path, root, (size_t)m);
    return emit(inside ? inside : path, out, size);
}

/* "/mount/dir/name" from the names of a place of our own. Returns the length or -ENAMETOOLONG. */
static int64_t tree_path(struct node *node, char *out, size_t size) {
    const char *names[64];
    int n = 0;
    for (; node->name; node = node->parent) {
        if (n == 64) return -ENAMETOOLONG;
        names[n++] = node->name;
    }
    size_t at = 0;
    while (n-- > 0) {
        const size_t len = strlen(names[n]);
        if (at + len + 1 > size) return -ENAMETOOLONG;
        out[at++] = '/';
        memcpy(out + at, names[n], len);
        at += len;
    }
    return (int64_t)at;
}

int64_t vfs_node_path(struct node *node, struct node *root, char *out, size_t size) {
    char top[LINUX_PATH_MAX + 1], path[LINUX_PATH_MAX + 32];
    const struct host_node *host = host_node_of(node);
    const int64_t n = host ? vfs_host_path(node->vfs, host->fd, path, sizeof path - 1)
                           : tree_path(node, path, sizeof path - 1);
    if (n < 0) return n;
    path[n] = 0;
    const char *shown = path;
    if (root && !node_same(root, node->vfs->root)) {
        const int64_t m = vfs_node_path(root, NULL, top, sizeof top - 1);
        if (m < 0) return m;
        top[m] = 0;
        const char *inside = below(path, top, (size_t)m);
        if (inside) shown = inside;
    }
    const size_t len = strlen(shown);
    if (len >= size) return -ERANGE;
    memcpy(out, shown, len);
    return (int64_t)len;
}
