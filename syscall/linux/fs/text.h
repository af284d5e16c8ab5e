/* SPDX-License-Identifier: ISC */
/* A growing piece of text, and files whose content is such a text, made when they are read from the start: /proc
 * and /sys. */
#pragma once

#include "syscall/linux/fs/file.h"

struct text {
    char *bytes; /* owned */
    size_t size, capacity;
    bool failed; /* memory ran out: the text is not whole */
};

void text_printf(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_append(struct text *text, const void *bytes, size_t n);
void text_fini(struct text *text);

/* Where a text file's content comes from. */
struct text_source {
    /* Writes the content. Returns 0 or -E. */
    int (*show)(struct node *node, struct text *text);
    /* Takes what was written, n bytes; NULL: the file is read-only. Returns n or -E. */
    int64_t (*store)(struct node *node, const char *bytes, size_t n);
};

/* Opens node, whose content is source's. Returns 0 or -E. */
int text_file_open(struct node *node, const struct text_source *source, int flags, struct file **out);
