/* SPDX-License-Identifier: ISC */
/* /proc/PID/pagemap: eight bytes for each page of a process's address space. Only whether a page is present is told: where it lies
 * concerns the host, and who else has it or wrote to it is not kept. Source: pagemap in linux 6.1 Documentation/admin-guide/mm. */
#include "syscall/linux/procfs/proc_node.h"

#include "base/error.h"
#include "syscall/linux/process/ptrace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY = sizeof(uint64_t), BATCH = 512 };

#define PRESENT (1ull << 63)

struct pagemap_file {
    struct file file;
    struct process *process; /* counted */
};

static struct pagemap_file *of(struct file *file) {
    return (struct pagemap_file *)file;
}

/* Counted; NULL: the process has ended. */
static struct address_space *space_of(struct process *process) {
    host_mutex_lock(&process->lock);
    struct address_space *space = process->space ? space_get(process->space) : NULL;
    host_mutex_unlock(&process->lock);
    return space;
}

/* Where nothing is mapped nothing is present. */
static void look(struct address_space *space, uint64_t page, size_t n, uint64_t *entries) {
    uint8_t resident[BATCH] = {0};
    const uint64_t gva = page * GUEST_PAGE_SIZE;
    if (space_resident(space, gva, n * GUEST_PAGE_SIZE, resident)) {
        memset(resident, 0, sizeof resident);
        for (size_t i = 0; i < n; i++) {
            if (space_resident(space, gva + i * GUEST_PAGE_SIZE, GUEST_PAGE_SIZE, &resident[i])) resident[i] = 0;
        }
    }
    for (size_t i = 0; i < n; i++) entries[i] = resident[i] & 1 ? PRESENT : 0;
}

static int show(struct address_space *space, struct io *io, uint64_t page) {
    const uint64_t n_pages = space_end(space) / GUEST_PAGE_SIZE;
    uint64_t entries[BATCH];
    while (io->left && page < n_pages) {
        uint64_t n = io->left / ENTRY < BATCH ? io->left / ENTRY : BATCH;
        if (n > n_pages - page) n = n_pages - page;
        look(space, page, (size_t)n, entries);
        if (io_push(io, entries, (size_t)n * ENTRY) < n * ENTRY) return -EFAULT;
        page += n;
    }
    return 0;
}

static int64_t pagemap_read(struct file *file, struct io *io) {
    const bool positioned = io->offset != IO_AT_POSITION;
    const uint64_t at = (uint64_t)(positioned ? io->offset : file->position);
    if (at % ENTRY || io->left % ENTRY) return -EINVAL;
    struct address_space *space = space_of(of(file)->process);
    if (!space) return 0;
    const int err = show(space, io, at / ENTRY);
    space_put(space);
    const int64_t r = io_result(io, err);
    if (r > 0 && !positioned) file->position += r;
    return r;
}

static int64_t pagemap_seek(struct file *file, int64_t offset, int whence) {
    if (whence == SEEK_CUR && __builtin_add_overflow(offset, file->position, &offset)) return -EOVERFLOW;
    if ((whence != SEEK_SET && whence != SEEK_CUR) || offset < 0) return -EINVAL;
    return file->position = offset;
}

static int64_t pagemap_path(struct file *file, char *out, size_t size) {
    return vfs_node_path(file->node, NULL, out, size);
}

static void pagemap_release(struct file *base) {
    process_put(of(base)->process);
    file_fini(base);
    free(base);
}

static const struct file_ops ops = {
    .kind = "pagemap", .seekable = true, .read = pagemap_read, .seek = pagemap_seek, .path = pagemap_path, .release = pagemap_release,
};

static int open_for(struct process *process, struct node *node, int flags, struct file **out) {
    struct pagemap_file *file = calloc(1, sizeof *file);
    if (!file) return -ENOMEM;
    file_init(&file->file, node->vfs, &ops, flags);
    file->file.node = node_get(node);
    file->process = process_get(process);
    *out = &file->file;
    return 0;
}

int proc_open_pagemap(const struct vfs_caller *caller, struct proc_node *node, int flags, struct file **out) {
    struct task *task = proc_task(node);
    if (!task) return -ESRCH;
    const bool may = caller->task && ptrace_may_access(caller->task, task) == 0;
    const int r = may ? open_for(task->process, &node->node, flags, out) : -EACCES;
    task_put(task);
    return r;
}
