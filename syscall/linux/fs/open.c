/* SPDX-License-Identifier: ISC */
/* Opening by path: first one host call for ordinary paths, then the walk. */
#include "base/error.h"
#include "host/file.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/host_node.h"
#include "syscall/linux/fs/host_open.h"
#include "syscall/linux/fs/vfs_private.h"
#include "syscall/linux/fs/walk.h"

/* Not the walk's business, or wrong together. */
static int check_flags(int *flags) {
    if (*flags & O_PATH) {
        *flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        return 0;
    }
    if (*flags & O_TMPFILE_BIT) {
        if ((*flags & O_TMPFILE) != O_TMPFILE || (*flags & O_ACCMODE) == O_RDONLY) return -EINVAL;
        if (*flags & O_CREAT) return -EINVAL;
    } else if ((*flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY)) {
        return -EINVAL;
    }
    return 0;
}

/* -ENOSYS: not an ordinary path, or not an ordinary file. */
static int open_plain(const struct vfs_caller *caller, int dirfd, const char *path, int flags, unsigned mode,
                      struct file **out) {
    struct node *root = fs_context_root(caller->fs), *from = NULL;
    int fd = path[0] == '/' ? 0 : vfs_start(caller, dirfd, &from);
    if (fd == 0) fd = walk_open_plain(root->vfs, root, from ? from : root, path, host_open_flags(flags), mode);
    struct vfs *vfs = root->vfs;
    node_put(root);
    node_put(from);
    if (fd == -ENXIO) return -ENOSYS;
    if (fd < 0) return fd;
    struct host_stat stat;
    if (!(flags & O_PATH) && host_file_stat(fd, &stat) == 0 && (stat.mode & S_IFMT) == S_IFIFO) {
        host_file_close(fd);
        return -ENOSYS;
    }
    return host_open_fd(vfs, fd, flags, out);
}

static int create(struct place *place, int flags, unsigned mode, struct file **out) {
    const struct host_node *dir = host_node_of(place->dir);
    if (place->slash) return -EISDIR;
    if (!dir) return place->dir->type == S_IFDIR ? -EACCES : -ENOTDIR;
    const int fd = host_file_open_at(dir->fd, place->name, host_open_flags(flags) | O_NOFOLLOW, mode);
    return fd < 0 ? fd : host_open_fd(dir->node.vfs, fd, flags, out);
}

static int open_existing(const struct vfs_caller *caller, struct node *node, int flags, unsigned mode,
                         struct file **out) {
    if (node->type == S_IFDIR && flags & O_CREAT) return -EISDIR;
    if (node->type != S_IFDIR && flags & O_DIRECTORY) return -ENOTDIR;
    if (flags & O_PATH) return host_open_path(node, flags, out);
    if (node->type == S_IFLNK) return -ELOOP;
    if (node->type == S_IFDIR && !(flags & O_TMPFILE_BIT) && (flags & O_ACCMODE) != O_RDONLY) return -EISDIR;
    return node_open(caller, node, flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW), mode, out);
}

static int open_or_create(const struct vfs_caller *caller, int dirfd, const char *path, int walk, int flags,
                          unsigned mode, struct file **out) {
    struct place place;
    int r = vfs_resolve_place(caller, dirfd, path, walk | WALK_CREATE, &place);
    if (r) return r;
    if (place.node && flags & O_EXCL) {
        r = -EEXIST;
    } else if (place.node) {
        r = open_existing(caller, place.node, flags, mode, out);
    } else {
        r = create(&place, flags, mode, out);
    }
    place_fini(&place);
    return r;
}

int vfs_open_walk(const struct vfs_caller *caller, int dirfd, const char *path, int walk, int flags, unsigned mode,
                  struct file **out) {
    int r = check_flags(&flags);
    if (r) return r;
    mode &= 07777 & ~atomic_load(&caller->fs->umask);
    if (!(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL)) walk |= WALK_FOLLOW;
    if (flags & O_CREAT) {
        /* Somebody else may make the name between look-up and creation: look again. */
        do r = open_or_create(caller, dirfd, path, walk, flags, mode, out);
        while (r == -EEXIST && !(flags & O_EXCL));
        return r;
    }
    struct node *node;
    r = vfs_resolve(caller, dirfd, path, walk, &node);
    if (r) return r;
    r = open_existing(caller, node, flags, mode, out);
    node_put(node);
    return r;
}

int vfs_open(const struct vfs_caller *caller, int dirfd, const char *path, int flags, unsigned mode,
             struct file **out) {
    int checked = flags;
    const int err = check_flags(&checked);
    if (err) return err;
    if (!path[0]) return -ENOENT;
    const unsigned masked = mode & 07777 & ~atomic_load(&caller->fs->umask);
    const int r = open_plain(caller, dirfd, path, checked, masked, out);
    return r == -ENOSYS ? vfs_open_walk(caller, dirfd, path, 0, flags, mode, out) : r;
}

int vfs_open_exec(const struct vfs_caller *caller, int dirfd, const char *path, int at_flags, struct file **out) {
    struct node *node;
    const int walk = (at_flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (at_flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    int r = vfs_resolve(caller, dirfd, path, walk, &node);
    if (r) return r;
    if (node->type == S_IFLNK) {
        r = -ELOOP;
    } else if (node->type != S_IFREG || node_host_fd(node) < 0) {
        r = -EACCES;
    } else {
        r = host_file_access_at(node_host_fd(node), "", X_OK, true);
    }
    if (r == 0) r = node_open(caller, node, O_RDONLY, 0, out);
    node_put(node);
    return r;
}
