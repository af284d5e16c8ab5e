/* SPDX-License-Identifier: ISC */
/* Places of /proc, for the files of procfs/ only. A row names one entry by a path whose parts PID, TID and FD stand
 * for numbers; a place is a row with those numbers. */
#pragma once

#include "syscall/linux/fs/text.h"
#include "syscall/linux/fs/vfs.h"
#include "syscall/linux/process/task.h"

struct proc_node;

struct proc_row {
    const char *path;        /* "" is /proc itself */
    uint32_t mode;           /* with the S_IFMT part */
    bool guarded;            /* for those who may look into the process: ptrace(2) */
    const char *value;       /* of a setting, its text; of a text of the host, its path there when it is another one */
    struct text_source text; /* of a regular file */
    /* Of a regular file that is no text. */
    int (*open)(const struct vfs_caller *caller, struct proc_node *node, int flags, struct file **out);
    /* Of a symbolic link: its text's length or -E; where it leads (NULL: by its text). */
    int64_t (*link)(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size);
    int (*follow)(const struct vfs_caller *caller, struct proc_node *node, struct node **out);
};

struct proc_node {
    struct node node;
    struct kernel *kernel;      /* borrowed for the machine's life */
    const struct proc_row *row; /* borrowed: a constant */
    int pid, tid, fd;           /* immutable; 0 where the path has none */
    char name[12];              /* immutable: the number, where the name is one */
};

static inline struct proc_node *proc_node_of(struct node *node) {
    return (struct proc_node *)node;
}

/* The process of a place, counted; NULL: it is gone. */
struct process *proc_process(const struct proc_node *node);
/* The thread of a place (the leader, or any, where the path has no TID), counted; NULL: gone. */
struct task *proc_task(const struct proc_node *node);
/* Descriptors and directories of the place's thread, counted; NULL: gone. */
struct fd_table *proc_fds(const struct proc_node *node);
struct fs_context *proc_fs(const struct proc_node *node);
/* Memory of the place's process, counted; NULL: gone. */
struct address_space *proc_space(const struct proc_node *node);

extern const struct proc_row proc_rows[];
extern const int proc_n_rows;

/* Contents: proc_system.c, proc_ipc.c, proc_process.c, proc_status.c. */
#define PROC_TEXT(name) int proc_show_##name(struct node *node, struct text *text)
PROC_TEXT(cpuinfo);
PROC_TEXT(meminfo);
PROC_TEXT(system_stat);
PROC_TEXT(uptime);
PROC_TEXT(version);
PROC_TEXT(loadavg);
PROC_TEXT(filesystems);
PROC_TEXT(net_unix);
PROC_TEXT(ostype);
PROC_TEXT(osrelease);
PROC_TEXT(hostname);
PROC_TEXT(pid_max);
PROC_TEXT(threads_max);
PROC_TEXT(random_uuid);
PROC_TEXT(overcommit_memory);
PROC_TEXT(mmap_min_addr);
PROC_TEXT(max_map_count);
PROC_TEXT(somaxconn);
PROC_TEXT(file_max);
PROC_TEXT(pipe_max_size);
PROC_TEXT(cap_last_cap);
PROC_TEXT(core_uses_pid);
PROC_TEXT(core_pattern);
PROC_TEXT(coredump_filter);
PROC_TEXT(sysvipc_msg);
PROC_TEXT(sysvipc_sem);
PROC_TEXT(sysvipc_shm);
PROC_TEXT(mqueue_msg_default);
PROC_TEXT(mqueue_msg_max);
PROC_TEXT(mqueue_msgsize_default);
PROC_TEXT(mqueue_msgsize_max);
PROC_TEXT(mqueue_queues_max);
PROC_TEXT(msgmax);
PROC_TEXT(msgmnb);
PROC_TEXT(msgmni);
PROC_TEXT(sem);
PROC_TEXT(shmall);
PROC_TEXT(shmmni);
PROC_TEXT(cmdline);
PROC_TEXT(environ);
PROC_TEXT(auxv);
PROC_TEXT(comm);
PROC_TEXT(maps);
PROC_TEXT(statm);
PROC_TEXT(limits);
PROC_TEXT(mounts);
PROC_TEXT(mountinfo);
PROC_TEXT(cgroup);
PROC_TEXT(oom_score);
PROC_TEXT(oom_score_adj);
PROC_TEXT(process_stat);
PROC_TEXT(thread_stat);
PROC_TEXT(status);
PROC_TEXT(fdinfo);
PROC_TEXT(host);
PROC_TEXT(setting);
PROC_TEXT(smaps);
PROC_TEXT(smaps_rollup);
PROC_TEXT(mountstats);
PROC_TEXT(loginuid);
PROC_TEXT(sessionid);
PROC_TEXT(setgroups);
PROC_TEXT(id_map);
PROC_TEXT(cpuset);
PROC_TEXT(wchan);
PROC_TEXT(sched);
PROC_TEXT(schedstat);
PROC_TEXT(personality);
PROC_TEXT(process_io);
PROC_TEXT(thread_io);
PROC_TEXT(timerslack);
PROC_TEXT(children);
PROC_TEXT(boot_id);
PROC_TEXT(domainname);
PROC_TEXT(interrupts);
/* One line of maps. */
void proc_show_region(const struct region_info *info, struct text *text);
/* The host's own text of that name below /proc; false: it has none. */
bool proc_copy_from_host(struct text *text, const char *name);
int64_t proc_store_comm(struct node *node, const char *bytes, size_t n);
int64_t proc_store_oom_score_adj(struct node *node, const char *bytes, size_t n);

int proc_open_mem(const struct vfs_caller *caller, struct proc_node *node, int flags, struct file **out);
int proc_open_pagemap(const struct vfs_caller *caller, struct proc_node *node, int flags, struct file **out);

/* Links: proc_links.c. */
int64_t proc_link_self(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size);
int64_t proc_link_thread_self(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size);
int64_t proc_link_net(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size);
int64_t proc_link_ns(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size);
int64_t proc_link_mounts(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size);
int64_t proc_link_exe(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size);
int64_t proc_link_cwd(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size);
int64_t proc_link_root(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size);
int64_t proc_link_fd(const struct vfs_caller *caller, struct proc_node *node, char *out, size_t size);
int proc_follow_cwd(const struct vfs_caller *caller, struct proc_node *node, struct node **out);
int proc_follow_root(const struct vfs_caller *caller, struct proc_node *node, struct node **out);
int proc_follow_fd(const struct vfs_caller *caller, struct proc_node *node, struct node **out);
