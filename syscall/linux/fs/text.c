/* SPDX-License-Identifier: ISC */
/* Files of made-up text. A read at offset 0 makes the text anew; later reads go on in the same text. */
#include "syscall/linux/fs/text.h"

#include "base/error.h"
#include "syscall/linux/fs/vfs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STORE_MAX = 4096 };

static bool reserve(struct text *text, size_t n) {
    if (text->failed) return false;
    if (text->capacity - text->size >= n) return true;
    size_t capacity = text->capacity ? 2 * text->capacity : 512;
    while (capacity - text->size < n) capacity *= 2;
    char *bytes = realloc(text->bytes, capacity);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_append(struct text *text, const void *bytes, size_t n) {
    if (n == 0 || !reserve(text, n)) return;
    memcpy(text->bytes + text->size, bytes, n);
    text->size += n;
}

void text_printf(struct text *text, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !reserve(text, (size_t)n + 1)) return;
    va_start(ap, fmt);
    vsnprintf(text->bytes + text->size, (size_t)n + 1, fmt, ap);
    va_end(ap);
    text->size += (size_t)n;
}

void text_fini(struct text *text) {
    free(text->bytes);
    *text = (struct text){0};
}

struct text_file {
    struct file file;
    const struct text_source *source; /* borrowed: a constant */
    struct host_mutex lock;
    struct text text;                 /* guarded by lock */
    bool made;                        /* guarded by lock */
};

static struct text_file *of(struct file *file) {
    return (struct text_file *)file;
}

static int make_locked(struct text_file *file) {
    text_fini(&file->text);
    const int r = file->source->show(file->file.node, &file->text);
    file->made = r == 0;
    return r ? r : file->text.failed ? -ENOMEM : 0;
}

static int64_t text_read(struct file *base, struct io *io) {
    struct text_file *file = of(base);
    const bool positioned = io->offset != IO_AT_POSITION;
    const uint64_t at = (uint64_t)(positioned ? io->offset : base->position);
    if (!file->source->show) return -EINVAL;
    host_mutex_lock(&file->lock);
    int64_t r = at == 0 || !file->made ? make_locked(file) : 0;
    if (r == 0 && at < file->text.size) {
        io_push(io, file->text.bytes + at, file->text.size - (size_t)at);
        r = io_result(io, -EFAULT);
    }
    host_mutex_unlock(&file->lock);
    if (r > 0 && !positioned) base->position += r;
    return r;
}

static int64_t text_write(struct file *base, struct io *io) {
    struct text_file *file = of(base);
    char buf[STORE_MAX];
    if (!file->source->store) return -EINVAL;
    if (io->left > sizeof buf) return -EINVAL;
    const size_t n = io_pull(io, buf, sizeof buf);
    if (io->fault) return -EFAULT;
    return file->source->store(base->node, buf, n);
}

static int64_t text_seek(struct file *file, int64_t offset, int whence) {
    if (whence != SEEK_SET && whence != SEEK_CUR) return -EINVAL;
    if (whence == SEEK_CUR && __builtin_add_overflow(offset, file->position, &offset)) return -EOVERFLOW;
    if (offset < 0) return -EINVAL;
    return file->position = offset;
}

static unsigned text_poll(struct file *file, struct poll_table *table) {
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

/* Writers may truncate what they replace; there is nothing to cut. */
static int text_truncate(struct file *file, int64_t size) {
    return 0;
}

static int text_reopen(struct file *file, int flags, struct file **out) {
    return text_file_open(file->node, of(file)->source, flags, out);
}

static int64_t text_path(struct file *file, char *out, size_t size) {
    return vfs_node_path(file->node, NULL, out, size);
}

static void text_release(struct file *base) {
    struct text_file *file = of(base);
    text_fini(&file->text);
    host_mutex_fini(&file->lock);
    file_fini(base);
    free(file);
}

static const struct file_ops ops = {
    .kind = "text", .seekable = true, .read = text_read, .write = text_write, .seek = text_seek,
    .poll = text_poll, .truncate = text_truncate, .reopen = text_reopen, .path = text_path,
    .release = text_release,
};

int text_file_open(struct node *node, const struct text_source *source, int flags, struct file **out) {
    if ((flags & O_ACCMODE) != O_RDONLY && !source->store) return -EACCES;
    struct text_file *file = calloc(1, sizeof *file);
    if (!file) return -ENOMEM;
    file_init(&file->file, node->vfs, &ops, flags);
    host_mutex_init(&file->lock);
    file->file.node = node_get(node);
    file->source = source;
    *out = &file->file;
    return 0;
}
