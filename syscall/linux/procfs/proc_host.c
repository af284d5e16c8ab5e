/* SPDX-License-Identifier: ISC */
/* Texts about devices, memory and networks that are the host's: they are shown as the host has them. On a host without such a
 * file the text is empty. */
#include "syscall/linux/procfs/proc_node.h"

#include "host/file.h"
#include "syscall/linux/abi/fcntl.h"

#include <stdio.h>

enum { TEXT_LIMIT = 1 << 20 };

bool proc_copy_from_host(struct text *text, const char *name) {
    char path[96], part[4096];
    snprintf(path, sizeof path, "/proc/%s", name);
    const int fd = host_file_open_at(HOST_CWD, path, O_RDONLY, 0);
    if (fd < 0) return false;
    for (int64_t n; text->size < TEXT_LIMIT && (n = host_file_read(fd, part, sizeof part)) > 0;) text_append(text, part, (size_t)n);
    host_file_close(fd);
    return true;
}

PROC_TEXT(host) {
    const struct proc_row *row = proc_node_of(node)->row;
    proc_copy_from_host(text, row->value ? row->value : row->path);
    return 0;
}

PROC_TEXT(setting) {
    text_printf(text, "%s\n", proc_node_of(node)->row->value);
    return 0;
}
