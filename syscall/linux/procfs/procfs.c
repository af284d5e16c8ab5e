/* SPDX-License-Identifier: ISC */
/* Finding, listing and opening places of /proc. A place holds numbers, not processes: what it shows is looked up
 * when it is asked for, and a process that has gone gives -ESRCH or -ENOENT. */
#include "syscall/linux/procfs/procfs.h"

#include "base/error.h"
#include "syscall/linux/abi/dirent.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/tree.h"
#include "syscall/linux/fs/walk.h"
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/procfs/proc_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROC_DEV = 23 };

struct process *proc_process(const struct proc_node *node) {
    return process_find(node->kernel, node->pid);
}

static int take_first(struct task *task, void *arg) {
    *(struct task **)arg = task_get(task);
    return 1;
}

struct task *proc_task(const struct proc_node *node) {
    struct task *task = task_find(node->kernel, node->tid ? node->tid : node->pid);
    if (task || node->tid) return task;
    struct process *process = proc_process(node);
    if (!process) return NULL;
    task_for_each(process, take_first, &task);
    process_put(process);
    return task;
}

struct fd_table *proc_fds(const struct proc_node *node) {
    struct task *task = proc_task(node);
    if (!task) return NULL;
    host_mutex_lock(&task->lock);
    struct fd_table *fds = task->fds ? fd_table_get(task->fds) : NULL;
    host_mutex_unlock(&task->lock);
    task_put(task);
    return fds;
}

struct fs_context *proc_fs(const struct proc_node *node) {
    struct task *task = proc_task(node);
    if (!task) return NULL;
    host_mutex_lock(&task->lock);
    struct fs_context *fs = task->fs ? fs_context_get(task->fs) : NULL;
    host_mutex_unlock(&task->lock);
    task_put(task);
    return fs;
}

struct address_space *proc_space(const struct proc_node *node) {
    struct process *process = proc_process(node);
    if (!process) return NULL;
    host_mutex_lock(&process->lock);
    struct address_space *space = process->space ? space_get(process->space) : NULL;
    host_mutex_unlock(&process->lock);
    process_put(process);
    return space;
}

static int get_stat(struct node *base, struct linux_stat *out) {
    const struct proc_node *node = proc_node_of(base);
    const uint64_t row = (uint64_t)(node->row - proc_rows);
    *out = (struct linux_stat){
        .dev = PROC_DEV, .nlink = base->type == S_IFDIR ? 2 : 1, .mode = node->row->mode, .blksize = 1024,
        .ino = (uint64_t)(node->tid ? node->tid : node->pid) << 32 | (uint64_t)(unsigned)node->fd << 8 | (row + 1),
        .size = base->type == S_IFLNK ? 64 : 0,
    };
    out->atime = out->mtime = out->ctime = vfs_start_time(base->vfs);
    struct task *task = node->pid ? proc_task(node) : NULL;
    if (task) {
        host_mutex_lock(&task->lock);
        out->uid = task->cred.euid;
        out->gid = task->cred.egid;
        host_mutex_unlock(&task->lock);
        task_put(task);
    }
    return 0;
}

static struct proc_node *make(struct vfs *vfs, struct kernel *kernel, const struct proc_row *row,
                              struct proc_node *parent, const char *name);

/* If row is a direct child of dir, the last part of its path, else NULL. */
static const char *child_part(const struct proc_row *dir, const struct proc_row *row) {
    const size_t n = strlen(dir->path);
    if (row == dir || strncmp(row->path, dir->path, n) != 0) return NULL;
    const char *part = row->path + n;
    if (n && *part++ != '/') return NULL;
    return *part && !strchr(part, '/') ? part : NULL;
}

static bool is_number_part(const char *part) {
    return strcmp(part, "PID") == 0 || strcmp(part, "TID") == 0 || strcmp(part, "FD") == 0;
}

/* A decimal number without leading zeros, or -1. */
static int parse_number(const char *name) {
    int value = 0;
    if (name[0] == '0' && name[1]) return -1;
    for (; *name; name++) {
        if (*name < '0' || *name > '9' || value > 100000000) return -1;
        value = value * 10 + (*name - '0');
    }
    return value;
}

static bool process_exists(const struct proc_node *node) {
    struct process *process = proc_process(node);
    process_put(process);
    return process != NULL;
}

static bool thread_exists(const struct proc_node *node) {
    struct task *task = task_find(node->kernel, node->tid);
    const bool found = task && task->process->pid == node->pid;
    if (task) task_put(task);
    return found;
}

static bool descriptor_exists(const struct proc_node *node) {
    struct fd_table *fds = proc_fds(node);
    struct file *file = fds ? fd_table_file(fds, node->fd) : NULL;
    file_put(file);
    fd_table_put(fds);
    return file != NULL;
}

/* Does the number that `part` stands for in this place name something? */
static bool exists(const struct proc_node *node, const char *part) {
    if (part[0] == 'P') return process_exists(node);
    return part[0] == 'T' ? thread_exists(node) : descriptor_exists(node);
}

static int lookup(const struct vfs_caller *caller, struct node *base, const char *name, struct node **out) {
    struct proc_node *dir = proc_node_of(base);
    const int number = parse_number(name);
    for (int i = 0; i < proc_n_rows; i++) {
        const char *part = child_part(dir->row, &proc_rows[i]);
        if (!part || (is_number_part(part) ? number < 0 : strcmp(part, name) != 0)) continue;
        struct proc_node *node = make(base->vfs, dir->kernel, &proc_rows[i], dir, name);
        if (!node) return -ENOMEM;
        if (is_number_part(part) && !exists(node, part)) {
            node_put(&node->node);
            return -ENOENT;
        }
        *out = &node->node;
        return 0;
    }
    return -ENOENT;
}

/* Counts down to the n-th process, thread or descriptor. */
struct search {
    uint64_t left;
    int found;
};

static int nth_process(struct process *process, void *arg) {
    struct search *search = arg;
    search->found = process->pid;
    return search->left-- == 0;
}

static int nth_thread(struct task *task, void *arg) {
    struct search *search = arg;
    search->found = task_tid(task);
    return search->left-- == 0;
}

static bool nth_descriptor(const struct proc_node *dir, struct search *search) {
    struct fd_table *fds = proc_fds(dir);
    if (!fds) return false;
    int fd = fd_table_next(fds, 0);
    while (fd >= 0 && search->left--) fd = fd_table_next(fds, fd + 1);
    fd_table_put(fds);
    search->found = fd;
    return fd >= 0;
}

static bool nth_number(const struct proc_node *dir, const char *part, struct search *search) {
    if (part[0] == 'P') return process_for_each(dir->kernel, nth_process, search) != 0;
    if (part[0] == 'F') return nth_descriptor(dir, search);
    struct process *process = proc_process(dir);
    if (!process) return false;
    const bool found = task_for_each(process, nth_thread, search) != 0;
    process_put(process);
    return found;
}

/* Fixed names first, then the numbers. */
static bool next(struct node *base, uint64_t index, char name[256], uint64_t *ino, unsigned char *type) {
    const struct proc_node *dir = proc_node_of(base);
    const struct proc_row *numbers = NULL;
    for (int i = 0; i < proc_n_rows; i++) {
        const char *part = child_part(dir->row, &proc_rows[i]);
        if (!part) continue;
        if (is_number_part(part)) {
            numbers = &proc_rows[i];
            continue;
        }
        if (index--) continue;
        strcpy(name, part);
        *ino = (uint64_t)i + 1;
        *type = (unsigned char)((proc_rows[i].mode & S_IFMT) >> 12);
        return true;
    }
    struct search search = {.left = index};
    if (!numbers || !nth_number(dir, child_part(dir->row, numbers), &search)) return false;
    snprintf(name, 256, "%d", search.found);
    *ino = (uint64_t)search.found + 4096;
    *type = (unsigned char)((numbers->mode & S_IFMT) >> 12);
    return true;
}

static int64_t get_link(const struct vfs_caller *caller, struct node *node, char *out, size_t size) {
    return proc_node_of(node)->row->link(caller, proc_node_of(node), out, size);
}

static int follow(const struct vfs_caller *caller, struct node *node, struct node **out) {
    return proc_node_of(node)->row->follow(caller, proc_node_of(node), out);
}

static bool may_look(const struct vfs_caller *caller, const struct proc_node *node) {
    struct task *task = proc_task(node);
    const bool may = !task || !caller || !caller->task || ptrace_may_access(caller->task, task) == 0;
    if (task) task_put(task);
    return may;
}

static int open_node(const struct vfs_caller *caller, struct node *node, int flags, unsigned mode,
                     struct file **out) {
    static const struct dir_lister lister = {.next = next};
    const struct proc_row *row = proc_node_of(node)->row;
    if (node->type == S_IFDIR) return dir_file_open(node, &lister, flags, out);
    if (row->guarded && !may_look(caller, proc_node_of(node))) return -EACCES;
    if (row->open) return row->open(caller, proc_node_of(node), flags, out);
    return text_file_open(node, &row->text, flags, out);
}

static void release(struct node *node) {
    free(node);
}

static const struct node_ops ops = {
    .stat = get_stat, .lookup = lookup, .readlink = get_link, .open = open_node, .release = release,
};

static const struct node_ops magic_ops = {
    .stat = get_stat, .readlink = get_link, .follow = follow, .release = release,
};

static struct proc_node *make(struct vfs *vfs, struct kernel *kernel, const struct proc_row *row,
                              struct proc_node *parent, const char *name) {
    struct proc_node *node = calloc(1, sizeof *node);
    if (!node) return NULL;
    const char *part = parent ? child_part(parent->row, row) : NULL;
    const bool number = part && is_number_part(part);
    if (parent) {
        node->pid = parent->pid;
        node->tid = parent->tid;
        node->fd = parent->fd;
    }
    if (number) {
        const int value = parse_number(name);
        *(part[0] == 'P' ? &node->pid : part[0] == 'T' ? &node->tid : &node->fd) = value;
        snprintf(node->name, sizeof node->name, "%d", value);
    }
    node->kernel = kernel;
    node->row = row;
    node_init(&node->node, vfs, row->follow ? &magic_ops : &ops, row->mode & S_IFMT, parent ? &parent->node : NULL,
              number ? node->name : parent ? part : name);
    return node;
}

struct node *procfs_new(struct vfs *vfs, struct kernel *kernel) {
    struct proc_node *root = make(vfs, kernel, &proc_rows[0], NULL, "proc");
    if (!root) return NULL;
    root->node.parent = node_get(vfs_root(vfs));
    return &root->node;
}
