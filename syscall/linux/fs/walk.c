/* SPDX-License-Identifier: ISC */
/* The walk along a path. It stands at `cur`, has `rest` before it, and restarts at the root or at a link's directory
 * when it meets a symbolic link. See walk.h for what it promises. */
#include "syscall/linux/fs/walk.h"

#include "base/error.h"
#include "host/file.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/host_node.h"
#include "syscall/linux/fs/link_node.h"
#include "syscall/linux/fs/vfs_private.h"

#include <string.h>

struct walk {
    const struct vfs_caller *caller;
    struct vfs *vfs;
    int flags;
    bool want_place;      /* stop before the last name */
    struct node *root;    /* counted: where "/" and the topmost ".." lead */
    struct node *cur;     /* counted */
    struct node *dir;     /* counted: where cur was found by its last name; may be NULL */
    int n_links;
    const char *rest;     /* in buffer, or the caller's path */
    char name[LINUX_NAME_MAX + 1];
    bool last, slash;     /* of name */
    char buffer[2 * LINUX_PATH_MAX];
};

/* The count of node moves. */
static void go_to(struct walk *w, struct node *node) {
    node_put(w->cur);
    w->cur = node;
}

/* Takes the next name off rest. */
static int take_name(struct walk *w) {
    const size_t n = strcspn(w->rest, "/");
    if (n > LINUX_NAME_MAX) return -ENAMETOOLONG;
    memcpy(w->name, w->rest, n);
    w->name[n] = 0;
    w->rest += n;
    w->slash = *w->rest == '/';
    w->last = w->rest[strspn(w->rest, "/")] == 0;
    return 0;
}

static struct node *mounted_at_root(const struct vfs *vfs, const char *name, size_t n) {
    for (int i = 0; i < vfs->n_mounts; i++) {
        if (strlen(vfs->mounts[i].name) == n && memcmp(vfs->mounts[i].name, name, n) == 0) return vfs->mounts[i].root;
    }
    return NULL;
}

/* Could this path without links, walked from the real root, lead through a mount of ours? */
static bool meets_mount(const struct vfs *vfs, const char *path) {
    int depth = 0;
    for (;;) {
        path += strspn(path, "/");
        const size_t n = strcspn(path, "/");
        if (n == 0) return false;
        if (n == 2 && path[0] == '.' && path[1] == '.') {
            if (depth) depth--;
        } else if (n != 1 || path[0] != '.') {
            if (depth == 0 && mounted_at_root(vfs, path, n)) return true;
            depth++;
        }
        path += n;
    }
}

int walk_open_plain(struct vfs *vfs, struct node *root, struct node *from, const char *path, int flags,
                    unsigned mode) {
    const struct host_node *host = host_node_of(from);
    if (!host || host->node.type != S_IFDIR) return -ENOSYS;
    if (node_same(from, vfs->root) && meets_mount(vfs, path)) return -ENOSYS;
    path += strspn(path, "/");
    const int r = host_file_open_plain(host->fd, *path ? path : ".", flags, mode, node_same(from, root));
    return r == -ELOOP || r == -EXDEV || r == -EAGAIN ? -ENOSYS : r;
}

/* Tries to reach the end of rest (or the directory of its last name) with one host call. -ENOSYS: walk instead. */
static int leap(struct walk *w) {
    if (w->flags & (WALK_NO_XDEV | WALK_NO_LINKS | WALK_BENEATH | WALK_IN_ROOT)) return -ENOSYS;
    char path[LINUX_PATH_MAX];
    size_t n = strlen(w->rest);
    if (n >= sizeof path) return -ENOSYS;
    if (w->want_place) {
        while (n && w->rest[n - 1] == '/') n--;
        while (n && w->rest[n - 1] != '/') n--;
        if (strspn(w->rest, "/") >= n) return 0;
    }
    memcpy(path, w->rest, n);
    path[n] = 0;
    const int nofollow = w->flags & WALK_FOLLOW || w->want_place ? 0 : O_NOFOLLOW;
    const int fd = walk_open_plain(w->vfs, w->root, w->cur, path, O_PATH | nofollow, 0);
    if (fd < 0) return fd;
    struct node *node;
    const int r = host_node_new(w->vfs, fd, NULL, NULL, &node);
    if (r) return r;
    go_to(w, node);
    w->rest += n;
    return 0;
}

static int step_up(struct walk *w) {
    if (node_same(w->cur, w->root)) return w->flags & WALK_BENEATH ? -EXDEV : 0;
    if (node_same(w->cur, w->vfs->root)) return 0;
    for (int i = 0; i < w->vfs->n_dev_mounts; i++) {
        struct node *mount = w->vfs->dev_mounts[i];
        if (!node_same(w->cur, mount)) continue;
        go_to(w, node_get(mount->parent));
        return 0;
    }
    struct node *up;
    if (!host_node_of(w->cur)) {
        if (w->cur->parent) go_to(w, node_get(w->cur->parent));
        return 0;
    }
    const int r = w->cur->ops->lookup(w->caller, w->cur, "..", &up);
    if (r == 0) go_to(w, up);
    return r;
}

static int look_up(struct walk *w, struct node **out) {
    if (node_same(w->cur, w->vfs->root)) {
        struct node *mount = mounted_at_root(w->vfs, w->name, strlen(w->name));
        if (mount) {
            if (w->flags & WALK_NO_XDEV) return -EXDEV;
            *out = node_get(mount);
            return 0;
        }
    }
    return w->cur->ops->lookup ? w->cur->ops->lookup(w->caller, w->cur, w->name, out) : -ENOENT;
}

/* Puts the text of a link before rest. */
static int follow_text(struct walk *w, struct node *link) {
    char text[LINUX_PATH_MAX];
    const int64_t n = node_readlink(w->caller, link, text, sizeof text);
    if (n < 0) return (int)n;
    if (n == 0) return -ENOENT;
    const size_t rest = strlen(w->rest);
    if ((size_t)n + rest >= sizeof w->buffer) return -ENAMETOOLONG;
    memmove(w->buffer + n, w->rest, rest + 1);
    memcpy(w->buffer, text, (size_t)n);
    w->rest = w->buffer;
    if (text[0] != '/') return 0;
    if (w->flags & WALK_BENEATH) return -EXDEV;
    go_to(w, node_get(w->root));
    return 0;
}

static int follow_link(struct walk *w, struct node *link) {
    if (++w->n_links > LINUX_MAX_LINKS || w->flags & WALK_NO_LINKS) return -ELOOP;
    if (!link->ops->follow) return follow_text(w, link);
    if (w->flags & WALK_NO_MAGIC) return -ELOOP;
    struct node *target;
    const int r = link->ops->follow(w->caller, link, &target);
    if (r == 0) go_to(w, target);
    return r;
}

static bool is_dots(const char *name) {
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* One name further. Returns 0, or 1 when the walk is over, or -E. */
static int step(struct walk *w) {
    if (w->cur->type != S_IFDIR) return -ENOTDIR;
    const int err = take_name(w);
    if (err) return err;
    if (w->last && w->want_place && !(w->flags & WALK_CREATE)) return 1;
    if (is_dots(w->name)) return w->name[1] ? step_up(w) : 0;
    struct node *child;
    int r = look_up(w, &child);
    if (r == -ENOENT && w->last && w->flags & WALK_CREATE) return 1;
    if (r) return r;
    if (child->type == S_IFLNK && (!w->last || w->slash || w->flags & WALK_FOLLOW)) {
        r = follow_link(w, child);
        node_put(child);
        if (r) return r;
        const int leapt = w->flags & WALK_CREATE ? 0 : leap(w);
        return leapt == -ENOSYS ? 0 : leapt;
    }
    node_put(w->dir);
    w->dir = w->cur;
    w->cur = child;
    return 0;
}

static int run(struct walk *w) {
    if (!(w->flags & WALK_CREATE)) {
        const int r = leap(w);
        if (r != 0 && r != -ENOSYS) return r;
    }
    for (;;) {
        const bool slashes = *w->rest == '/';
        w->rest += strspn(w->rest, "/");
        if (!*w->rest) {
            if (slashes && w->cur->type != S_IFDIR) return -ENOTDIR;
            return w->flags & WALK_DIRECTORY && w->cur->type != S_IFDIR ? -ENOTDIR : 0;
        }
        const int r = step(w);
        if (r) return r;
    }
}

int vfs_start(const struct vfs_caller *caller, int dirfd, struct node **out) {
    if (dirfd == AT_FDCWD) {
        *out = fs_context_cwd(caller->fs);
        return 0;
    }
    struct file *file = caller->fds ? fd_table_file(caller->fds, dirfd) : NULL;
    if (!file) return -EBADF;
    int r = 0;
    if (file->node) {
        *out = node_get(file->node);
    } else {
        r = link_node_new(file, out);
    }
    file_put(file);
    return r;
}

/* Prepares the walk; *w needs walk_end then, also on failure. */
static int begin(struct walk *w, const struct vfs_caller *caller, int dirfd, const char *path, int flags,
                 bool want_place) {
    w->caller = caller;
    w->vfs = caller->fs->vfs;
    w->flags = flags;
    w->want_place = want_place;
    w->root = fs_context_root(caller->fs);
    w->cur = w->dir = NULL;
    w->n_links = 0;
    w->rest = path;
    w->name[0] = 0;
    w->last = w->slash = false;
    if (!path[0] && !(flags & WALK_EMPTY)) return -ENOENT;
    if (path[0] == '/' && !(flags & WALK_IN_ROOT)) {
        if (flags & WALK_BENEATH) return -EXDEV;
        w->cur = node_get(w->root);
        return 0;
    }
    const int r = vfs_start(caller, dirfd, &w->cur);
    if (r) return r;
    if (path[0] && w->cur->type != S_IFDIR) return -ENOTDIR;
    if (flags & (WALK_BENEATH | WALK_IN_ROOT)) {
        node_put(w->root);
        w->root = node_get(w->cur);
    }
    return 0;
}

static void end(struct walk *w) {
    node_put(w->root);
    node_put(w->cur);
    node_put(w->dir);
}

int vfs_resolve(const struct vfs_caller *caller, int dirfd, const char *path, int flags, struct node **out) {
    struct walk w;
    int r = begin(&w, caller, dirfd, path, flags, false);
    if (r == 0 && path[0]) r = run(&w);
    if (r == 0) *out = node_get(w.cur);
    end(&w);
    return r;
}

int vfs_resolve_place(const struct vfs_caller *caller, int dirfd, const char *path, int flags, struct place *out) {
    struct walk w;
    *out = (struct place){0};
    int r = begin(&w, caller, dirfd, path, flags, true);
    if (r == 0) r = path[0] ? run(&w) : -ENOENT;
    if (r == 1) {
        out->dir = node_get(w.cur);
    } else if (r == 0) {
        out->dir = node_get(w.dir ? w.dir : w.cur);
        out->node = node_get(w.cur);
    }
    if (r >= 0) {
        strcpy(out->name, w.name);
        out->slash = w.slash;
    }
    end(&w);
    return r < 0 ? r : 0;
}

void place_fini(struct place *place) {
    node_put(place->dir);
    node_put(place->node);
}
