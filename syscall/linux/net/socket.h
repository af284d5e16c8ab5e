/* SPDX-License-Identifier: ISC */
/* A socket: an open file that socket(2)'s calls work on. What kind it is (the host's, or a unix socket of our own) is
 * its ops table, found through file_ops.socket; each kind embeds struct socket first. The handlers above copy from and
 * to the guest and know descriptors; here everything is in our memory but the data, which an io moves. */
#pragma once

#include "syscall/linux/abi/socket.h"
#include "syscall/linux/fs/vfs.h"

struct net;
struct socket;

enum { SOCKET_ADDRESS_MAX = 128, SOCKET_CONTROL_MAX = 4096 };

struct socket_address {
    uint32_t size; /* 0: none */
    unsigned char bytes[SOCKET_ADDRESS_MAX];
};

/* How long one call may sleep. */
struct socket_wait {
    struct sched_thread *self; /* NULL only with nonblock */
    bool nonblock;             /* O_NONBLOCK or MSG_DONTWAIT */
    int64_t deadline_ns;       /* SO_RCVTIMEO, SO_SNDTIMEO; SCHED_NEVER */
};

/* What goes with the data. A receiver leaves counts in files: the caller's to put. */
struct socket_control {
    struct file *files[SCM_MAX_FD]; /* counted by the message */
    int n_files;
    bool has_ids;              /* SCM_CREDENTIALS is there, or is to be delivered */
    struct linux_ucred ids;
    unsigned char *raw;        /* borrowed: whole control messages of other kinds, in the guest's form */
    size_t raw_size, raw_room;
};

struct socket_message {
    const struct vfs_caller *caller; /* whose paths the address means */
    struct io *io;             /* the data */
    int flags;                 /* MSG_*; after receiving: MSG_TRUNC, MSG_CTRUNC ... */
    struct socket_address address;
    struct socket_control control;
};

/* Any row but send and receive may be NULL: -EOPNOTSUPP. */
struct socket_ops {
    int (*bind)(struct socket *socket, const struct vfs_caller *caller, const struct socket_address *address);
    int (*connect)(struct socket *socket, const struct vfs_caller *caller, const struct socket_address *address,
                   const struct socket_wait *wait);
    int (*listen)(struct socket *socket, int backlog, struct sched_thread *self);
    /* flags: O_NONBLOCK. *out: a new file, the caller's. */
    int (*accept)(struct socket *socket, const struct socket_wait *wait, int flags, struct file **out,
                  struct socket_address *peer);
    int (*name)(struct socket *socket, bool peer, struct socket_address *out);
    int (*shutdown)(struct socket *socket, int how);
    /* Bytes moved or -E. -ERESTARTSYS or -EINTR for a signal before the first byte. */
    int64_t (*send)(struct socket *socket, struct socket_message *message, const struct socket_wait *wait);
    int64_t (*receive)(struct socket *socket, struct socket_message *message, const struct socket_wait *wait);
    /* size: room, then the value's size. What is common to all (SO_RCVTIMEO ...) does not come here. */
    int (*get_option)(struct socket *socket, int level, int name, void *value, uint32_t *size);
    int (*set_option)(struct socket *socket, int level, int name, const void *value, uint32_t size);
};

struct socket {
    struct file file;
    struct net *net;                 /* immutable; borrowed for the machine's life */
    int family, type, protocol;      /* immutable; family 0: ask the host */
    _Atomic int64_t receive_ns, send_ns; /* atomic: SO_RCVTIMEO, SO_SNDTIMEO; 0: no limit */
};

/* The file as a socket, or NULL. */
struct socket *socket_of(struct file *file);
static inline const struct socket_ops *socket_ops_of(const struct socket *socket) {
    return socket->file.ops->socket;
}

/* For the kinds: flags: O_NONBLOCK. */
void socket_init(struct socket *socket, struct net *net, const struct file_ops *ops, int flags);
/* The wait of one call by the file's flags and limits and the message's flags. self NULL: no wait. */
struct socket_wait socket_wait_for(struct socket *socket, struct sched_thread *self, int flags, bool receiving);
/* What a sleep's result means to a call of a socket: a limited wait is over with -EAGAIN and not restarted. */
int64_t socket_wait_result(const struct socket_wait *wait, int64_t r);
void socket_message_init(struct socket_message *message, struct io *io, int flags);
/* Puts the files that are left in it. */
void socket_control_drop(struct socket_control *control);
/* file_ops.read and .write of every kind. */
int64_t socket_read(struct file *file, struct io *io);
int64_t socket_write(struct file *file, struct io *io);

/* setsockopt(2), getsockopt(2). *size: room, then the value's size; the value may be cut to the room. */
int socket_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size);
int socket_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size);
/* Copies a value of n bytes into *size bytes of room. Returns 0. */
int socket_give_value(void *out, uint32_t *size, const void *value, uint32_t n);

/* New sockets: what socket(2) and socketpair(2) make. type: without flags; flags: O_NONBLOCK. */
int socket_new(struct net *net, int family, int type, int protocol, int flags, struct file **out);
int socket_new_pair(struct net *net, int family, int type, int protocol, int flags, struct sched_thread *self,
                    struct file *out[2]);
