/* SPDX-License-Identifier: ISC */
/* /proc/PID/mem: a process's memory as a file whose offsets are its addresses, without regard to the pages' rights, as for
 * ptrace. It is the memory that the process had when the file was opened; once that is gone, reads give nothing. */
#include "syscall/linux/procfs/proc_node.h"

#include "base/error.h"
#include "syscall/linux/process/ptrace.h"

#include <stdio.h>
#include <stdlib.h>

struct mem_file {
    struct file file;
    struct process *process; /* counted */
    struct address_space *space; /* only compared: the process's own when it was opened */
};

static struct mem_file *of(struct file *file) {
    return (struct mem_file *)file;
}

/* Counted; NULL: the process has ended or runs another program. */
static struct address_space *space_of(const struct mem_file *file) {
    struct process *process = file->process;
    host_mutex_lock(&process->lock);
    struct address_space *space = process->space && process->space == file->space ? space_get(process->space) : NULL;
    host_mutex_unlock(&process->lock);
    return space;
}

static size_t part_of_page(uint64_t gva, uint64_t n) {
    const uint64_t rest = GUEST_PAGE_SIZE - gva % GUEST_PAGE_SIZE;
    return (size_t)(n < rest ? n : rest);
}

/* Page by page, up to the first that cannot be reached. Returns 0, -EFAULT for the caller's own memory, -EIO. */
static int read_pages(struct address_space *space, struct io *io, uint64_t gva) {
    uint8_t page[GUEST_PAGE_SIZE];
    while (io->left) {
        const size_t n = part_of_page(gva, io->left);
        if (space_peek(space, page, gva, n) < 0) return -EIO;
        if (io_push(io, page, n) < n) return -EFAULT;
        gva += n;
    }
    return 0;
}

static int write_pages(struct address_space *space, struct io *io, uint64_t gva) {
    uint8_t page[GUEST_PAGE_SIZE];
    while (io->left) {
        const struct io before = *io;
        const size_t n = io_pull(io, page, part_of_page(gva, io->left));
        if (n == 0) return -EFAULT;
        if (space_poke(space, gva, page, n) < 0) {
            io_unpull(io, &before, 0);
            return -EIO;
        }
        gva += n;
    }
    return 0;
}

static int64_t transfer(struct file *file, struct io *io, int (*pages)(struct address_space *, struct io *, uint64_t)) {
    const bool positioned = io->offset != IO_AT_POSITION;
    struct address_space *space = space_of(of(file));
    if (!space) return 0;
    const int err = pages(space, io, (uint64_t)(positioned ? io->offset : file->position));
    space_put(space);
    const int64_t r = io_result(io, err);
    if (r > 0 && !positioned) file->position += r;
    return r;
}

static int64_t mem_read(struct file *file, struct io *io) {
    return transfer(file, io, read_pages);
}

static int64_t mem_write(struct file *file, struct io *io) {
    return transfer(file, io, write_pages);
}

static int64_t mem_seek(struct file *file, int64_t offset, int whence) {
    if (whence == SEEK_CUR) offset = (int64_t)((uint64_t)offset + (uint64_t)file->position);
    else if (whence != SEEK_SET) return -EINVAL;
    return file->position = offset;
}

static int64_t mem_path(struct file *file, char *out, size_t size) {
    return vfs_node_path(file->node, NULL, out, size);
}

static void mem_release(struct file *base) {
    struct mem_file *file = of(base);
    process_put(file->process);
    file_fini(base);
    free(file);
}

static const struct file_ops ops = {
    .kind = "mem", .seekable = true, .read = mem_read, .write = mem_write, .seek = mem_seek, .path = mem_path, .release = mem_release,
};

static int open_for(struct process *process, struct node *node, int flags, struct file **out) {
    struct mem_file *file = calloc(1, sizeof *file);
    if (!file) return -ENOMEM;
    file_init(&file->file, node->vfs, &ops, flags);
    file->file.node = node_get(node);
    file->process = process_get(process);
    host_mutex_lock(&process->lock);
    file->space = process->space;
    host_mutex_unlock(&process->lock);
    *out = &file->file;
    return 0;
}

int proc_open_mem(const struct vfs_caller *caller, struct proc_node *node, int flags, struct file **out) {
    struct task *task = proc_task(node);
    if (!task) return -ESRCH;
    const bool may = caller->task && ptrace_may_access(caller->task, task) == 0;
    const int r = may ? open_for(task->process, &node->node, flags, out) : -EACCES;
    task_put(task);
    return r;
}
