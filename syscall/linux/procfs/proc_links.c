/* SPDX-License-Identifier: ISC */
/* Symbolic links of /proc: to oneself, and to what a process holds. */
#include "base/error.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/link_node.h"
#include "syscall/linux/procfs/proc_node.h"

#include <stdio.h>
#include <string.h>

static int64_t give(const char *text, char *out, size_t size) {
    const size_t n = strlen(text) < size ? strlen(text) : size;
    memcpy(out, text, n);
    return (int64_t)n;
}

int64_t proc_link_self(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size) {
    char text[16];
    if (!caller || !caller->task) return -ENOENT;
    snprintf(text, sizeof text, "%d", caller->task->process->pid);
    return give(text, out, size);
}

int64_t proc_link_thread_self(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size) {
    char text[40];
    if (!caller || !caller->task) return -ENOENT;
    snprintf(text, sizeof text, "%d/task/%d", caller->task->process->pid, task_tid(caller->task));
    return give(text, out, size);
}

int64_t proc_link_mounts(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size) {
    return give("self/mounts", out, size);
}

int64_t proc_link_net(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size) {
    return give("self/net", out, size);
}

/* There is one namespace of each kind; the numbers are the initial ones of Linux. */
int64_t proc_link_ns(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size) {
    static const struct {
        const char *name;
        unsigned number;
    } kinds[] = {{"cgroup", 4026531835}, {"ipc", 4026531839}, {"mnt", 4026531841}, {"net", 4026531840},
                 {"pid", 4026531836},    {"time", 4026531834}, {"user", 4026531837}, {"uts", 4026531838}};
    const char *name = strrchr(node->row->path, '/') + 1;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char text[40];
        const size_t n = strlen(kinds[i].name);
        if (strncmp(name, kinds[i].name, n) != 0) continue;
        snprintf(text, sizeof text, "%s:[%u]", kinds[i].name, kinds[i].number);
        return give(text, out, size);
    }
    return -ENOENT;
}

int64_t proc_link_exe(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size) {
    struct process *process = proc_process(node);
    if (!process) return -ESRCH;
    host_mutex_lock(&process->lock);
    const int64_t r = process->exe_path ? give(process->exe_path, out, size) : -ENOENT;
    host_mutex_unlock(&process->lock);
    process_put(process);
    return r;
}

static int64_t give_path(struct node *place, char *out, size_t size) {
    char path[LINUX_PATH_MAX + 32];
    const int64_t n = vfs_node_path(place, NULL, path, sizeof path - 1);
    node_put(place);
    if (n < 0) return n;
    path[n] = 0;
    return give(path, out, size);
}

int proc_follow_cwd(const struct vfs_caller *caller, struct proc_node *node, struct node **out) {
    struct fs_context *fs = proc_fs(node);
    if (!fs) return -ENOENT;
    *out = fs_context_cwd(fs);
    fs_context_put(fs);
    return 0;
}

int proc_follow_root(const struct vfs_caller *caller, struct proc_node *node, struct node **out) {
    struct fs_context *fs = proc_fs(node);
    if (!fs) return -ENOENT;
    *out = fs_context_root(fs);
    fs_context_put(fs);
    return 0;
}

int64_t proc_link_cwd(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size) {
    struct node *place;
    const int r = proc_follow_cwd(caller, node, &place);
    return r ? r : give_path(place, out, size);
}

int64_t proc_link_root(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size) {
    struct node *place;
    const int r = proc_follow_root(caller, node, &place);
    return r ? r : give_path(place, out, size);
}

static struct file *file_of(struct proc_node *node) {
    struct fd_table *fds = proc_fds(node);
    struct file *file = fds ? fd_table_file(fds, node->fd) : NULL;
    fd_table_put(fds);
    return file;
}

int64_t proc_link_fd(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size) {
    struct file *file = file_of(node);
    if (!file) return -ENOENT;
    const int64_t r = file_path(file, out, size);
    file_put(file);
    return r;
}

int proc_follow_fd(const struct vfs_caller *caller, struct proc_node *node, struct node **out) {
    struct file *file = file_of(node);
    if (!file) return -ENOENT;
    int r = 0;
    if (file->node && file->node->type == S_IFDIR) {
        *out = node_get(file->node);
    } else {
        r = link_node_new(file, out);
    }
    file_put(file);
    return r;
}
