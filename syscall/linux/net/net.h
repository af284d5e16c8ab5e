/* SPDX-License-Identifier: ISC */
/* The network of one machine: what its sockets share. Made by the kernel, one per machine; it outlives every socket. */
#pragma once

#include "syscall/linux/fs/text.h"

struct net;
struct sched_thread;
struct vfs;

/* Ids of the thread that makes a call. */
struct net_ids {
    int pid;
    uint32_t uid, gid, euid, egid;
    bool privileged;  /* CAP_SYS_RESOURCE: may have any number of descriptors in flight */
    uint64_t n_files; /* RLIMIT_NOFILE */
};

/* What inet sockets reach. */
enum net_reach { NET_HOST, NET_NONE, NET_LOOPBACK };

struct net_options {
    struct vfs *vfs;  /* borrowed for the machine's life */
    enum net_reach reach;
    void (*identify)(struct sched_thread *self, struct net_ids *out);
};

/* Returns NULL without memory. */
struct net *net_new(const struct net_options *options);
void net_free(struct net *net);
/* Who sleeps as self; nobody when NULL. */
struct net_ids net_identify(struct net *net, struct sched_thread *self);
/* The content of /proc/net/unix. */
void net_show_unix(struct net *net, struct text *text);
struct vfs *net_vfs(struct net *net);
bool net_reaches_host(const struct net *net);
bool net_has_loopback(const struct net *net);
/* A file for one of the machine's own host descriptors, which is duplicated. Returns 0 or -E. */
int net_adopt(struct net *net, int host_fd, struct file **out);
