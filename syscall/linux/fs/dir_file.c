/* SPDX-License-Identifier: ISC */
/* Open directories of our own trees. The position counts names: 0 is ".", 1 is "..", then the lister's. */
#include "base/error.h"
#include "syscall/linux/abi/dirent.h"
#include "syscall/linux/fs/tree.h"
#include "syscall/linux/fs/vfs.h"

#include <stdio.h>
#include <stdlib.h>

struct dir_file {
    struct file file;
    const struct dir_lister *lister; /* borrowed: a constant */
};

static int getdents(struct file *file, struct dir_sink *sink) {
    const struct dir_lister *lister = ((struct dir_file *)file)->lister;
    for (;; file->position++) {
        char name[256];
        uint64_t ino = 1;
        unsigned char type = DT_DIR;
        const char *shown = file->position == 0 ? "." : "..";
        if (file->position >= 2) {
            if (!lister->next(file->node, (uint64_t)file->position - 2, name, &ino, &type)) return 0;
            shown = name;
        }
        if (!sink->emit(sink, shown, ino, file->position + 1, type)) return 0;
    }
}

static int64_t seek(struct file *file, int64_t offset, int whence) {
    if (whence == SEEK_CUR) offset += file->position;
    if ((whence != SEEK_SET && whence != SEEK_CUR) || offset < 0) return -EINVAL;
    return file->position = offset;
}

static int reopen(struct file *file, int flags, struct file **out) {
    return dir_file_open(file->node, ((struct dir_file *)file)->lister, flags, out);
}

static int64_t get_path(struct file *file, char *out, size_t size) {
    return vfs_node_path(file->node, NULL, out, size);
}

static void release(struct file *file) {
    file_fini(file);
    free(file);
}

static const struct file_ops ops = {
    .kind = "directory", .seekable = true, .seek = seek, .getdents = getdents, .reopen = reopen,
    .path = get_path, .release = release,
};

int dir_file_open(struct node *node, const struct dir_lister *lister, int flags, struct file **out) {
    if ((flags & O_ACCMODE) != O_RDONLY) return -EISDIR;
    struct dir_file *dir = calloc(1, sizeof *dir);
    if (!dir) return -ENOMEM;
    file_init(&dir->file, node->vfs, &ops, flags);
    dir->file.node = node_get(node);
    dir->lister = lister;
    *out = &dir->file;
    return 0;
}
