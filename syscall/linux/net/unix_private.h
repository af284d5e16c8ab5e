/* SPDX-License-Identifier: ISC */
/* The inside of unix sockets, for the files unix_*.c only. An end is what peers know of a socket; it lives while its
 * file, a peer or a packet on its way counts it. A connection that nobody has accepted yet is an end without a file.
 * Inet sockets that stay within the machine (inet_private.h) are ends, too.
 * Locks: net->rights_lock, then an end's lock (two: by address, or a listener's and then that of one it has not accepted),
 * then net->names_lock or net->room_lock. Queues are woken with none held. */
#pragma once

#include "syscall/linux/net/net_private.h"
#include "syscall/linux/net/unix_socket.h"

#include <uthash.h>

enum { UNIX_BUFFER = 212992, UNIX_BUFFER_MAX = 2 * 212992, UNIX_BUFFER_MIN = 4608, UNIX_DATAGRAMS = 10, UNIX_CHUNK = 32768 };
enum unix_state { UNIX_CLOSED, UNIX_LISTENING, UNIX_CONNECTED };
enum unix_shut { UNIX_SHUT_READ = 1, UNIX_SHUT_WRITE = 2, UNIX_SHUT_BOTH = 3 };

/* An address: family and name. Never changes once an end has it. */
struct unix_name {
    uint32_t size;               /* of the bytes, the family included */
    unsigned char bytes[SOCKADDR_UN_NAME + SOCKADDR_UN_PATH + 1];
};

struct inode_key {
    uint64_t dev, ino;
};

/* Abstract names are known by type and bytes. */
struct name_key {
    uint32_t type, size;
    unsigned char bytes[SOCKADDR_UN_PATH];
};

struct packet {
    struct list node;            /* unix_end.packets of the receiver */
    struct unix_end *from;       /* counted: whose room it takes, and who it is from */
    uint32_t size, taken;        /* bytes; bytes read already */
    uint32_t charge;
    bool has_ids;
    struct linux_ucred ids;
    struct rights *rights;       /* owned; NULL: none */
    uint32_t source_size;        /* inet datagrams: where from, as the receiver is told */
    unsigned char source[28];
    unsigned char data[];
};

/* Descriptors on their way. */
struct rights {
    struct list node;            /* net->graveyard; guarded by rights_lock */
    int n;
    struct file *files[];        /* counted */
};

struct unix_end {
    _Atomic uint32_t count;
    struct net *net;             /* immutable */
    int type;                    /* immutable: SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
    uint64_t ino;                /* immutable */
    struct inet_part *inet;      /* immutable; owned: of an inet socket (inet_private.h); NULL */
    struct wait_queue read_wait; /* packets, connections, the end of them */
    struct wait_queue write_wait; /* room for what this end sends; the end of it */
    struct wait_queue room_wait; /* room among the packets or connections of this end: senders wait here */
    _Atomic(struct unix_name *) name; /* atomic: set once; owned */
    _Atomic(struct socket *) gate; /* atomic: set once by bind, until close; owned: the host's socket at the same address */

    struct host_mutex lock;
    /* guarded by lock */
    struct file *file;           /* borrowed; NULL: not accepted yet, or closed */
    _Atomic enum unix_state state; /* atomic: /proc reads it without the lock */
    bool dead;                   /* its file was closed */
    bool binding;                /* a thread is giving it a name */
    bool reset_on_close;         /* TCP's SO_LINGER without time */
    unsigned shut;               /* enum unix_shut */
    int error;                   /* SO_ERROR: told once */
    struct unix_end *peer;       /* counted; NULL */
    struct list packets;         /* struct packet.node: received, oldest first */
    uint32_t n_packets;
    uint64_t n_bytes;            /* in packets, not read yet */
    struct list pending;         /* struct unix_end.pending_node: connections to accept, each counted */
    uint32_t n_pending, backlog;
    uint32_t used, send_room;    /* what this end's packets take that nobody has read; SO_SNDBUF */
    uint32_t receive_room;       /* SO_RCVBUF */
    struct linux_ucred ids, peer_ids; /* of who made or listens with it; SO_PEERCRED */

    struct list pending_node;    /* guarded by the listener's lock */

    _Atomic bool pass_ids;       /* atomic: SO_PASSCRED */
    _Atomic bool has_room_waiters; /* atomic: room_waiters may not be empty */

    /* guarded by net->room_lock */
    struct list room_waiters;    /* struct unix_end.room_node: polled senders that found no room here */
    struct list room_node;       /* in room_of's list */
    struct unix_end *room_of;    /* counted: whose room this end's poll waits for; NULL */

    /* guarded by net->names_lock */
    struct list net_node;
    struct node *place;          /* counted: the bound path's inode, so that its number stays taken; NULL */
    struct inode_key inode;
    struct name_key abstract;
    bool in_inodes, in_names;
    UT_hash_handle hh;           /* net->by_inode or net->by_name */

    /* guarded by net->rights_lock */
    struct list flight_node;
    uint64_t in_flight;          /* how often its file is in messages */
    uint64_t outside;            /* while cycles are looked for: counts of its file not yet explained */
    bool candidate, live;
    struct list live_node;       /* net->revived, while cycles are looked for */
};

struct unix_socket {
    struct socket socket;
    struct unix_end *end;        /* immutable; counted */
    _Atomic(struct socket *) host; /* atomic: set once; owned: the connection to a server of the host */
    _Atomic int32_t *options;    /* owned: stored options, see unix_option.c */
};

static inline struct unix_socket *unix_of(struct socket *socket) {
    return (struct unix_socket *)socket;
}
static inline struct unix_end *unix_end_of(struct socket *socket) {
    return unix_of(socket)->end;
}
/* The end behind a file, or NULL. */
struct unix_end *unix_file_end(struct file *file);

/* unix_end.c: life. */
struct unix_end *unix_end_new(struct net *net, int type);
struct unix_end *unix_end_get(struct unix_end *end);
void unix_end_put(struct unix_end *end);
/* Its file goes, or nobody will accept it any more. */
void unix_end_close(struct unix_end *end);
void unix_lock_both(struct unix_end *a, struct unix_end *b);
void unix_unlock_both(struct unix_end *a, struct unix_end *b);
void unix_wake_all(struct unix_end *end);
/* The peer, counted, or NULL. */
struct unix_end *unix_end_peer(struct unix_end *end);
/* Takes the pending error. The caller holds the lock. */
int unix_take_error_locked(struct unix_end *end);
int unix_shutdown(struct unix_end *end, int how);

/* unix_name.c: addresses. */
int unix_bind(struct unix_end *end, const struct vfs_caller *caller, const struct socket_address *address);
int unix_autobind(struct unix_end *end);
/* Who is bound to an address, counted. -ECONNREFUSED with *place set (counted): a socket of the host, perhaps. */
int unix_find(struct net *net, const struct vfs_caller *caller, int type, const struct socket_address *address,
              struct unix_end **out, struct node **place);
void unix_unbind(struct unix_end *end);
int unix_check_address(const struct socket_address *address);
/* As getsockname(2) gives it; an end without a name has only a family. */
void unix_name_of(struct unix_end *end, struct socket_address *out);
void unix_enter(struct unix_end *end, struct file *file);

/* unix_connect.c */
int unix_listen(struct unix_end *end, int backlog, struct sched_thread *self);
int unix_accept(struct unix_end *end, const struct socket_wait *wait, struct unix_end **out);
/* -ECONNREFUSED with *place as unix_find. */
int unix_connect(struct unix_end *end, const struct vfs_caller *caller, const struct socket_address *address,
                 const struct socket_wait *wait, struct node **place);
void unix_pair(struct unix_end *a, struct unix_end *b, const struct linux_ucred *ids);

/* unix_packet.c: packets and room for them. */
/* A packet from end with room for size bytes, charged to it when unix_charge says so. NULL without memory. */
struct packet *unix_packet_new(struct unix_end *from, uint32_t size);
/* Takes the charge back and frees it; rights go to the graveyard: unix_rights_bury_all must follow. */
void unix_packet_free(struct packet *packet);
/* Waits until end has room for the packet and charges it. Returns 0 or -E. */
int64_t unix_charge(struct unix_end *end, struct packet *packet, const struct socket_wait *wait);
/* Moves ids and files of the message into the packet. */
int unix_packet_load(struct packet *packet, struct unix_end *to, struct socket_message *message, struct sched_thread *self);
/* What the receiver of a packet gets of it beside the data. *rights: what must be given once no lock is held; looked at
 * only (MSG_PEEK), the packet keeps it. */
void unix_packet_unload_locked(struct unix_end *end, struct packet *packet, struct socket_message *message,
                               struct rights **rights);
/* Packets read leave the queue; wakes those who waited for room, without any lock held. */
void unix_packets_done(struct unix_end *end, struct list *done);
void unix_append_locked(struct unix_end *end, struct packet *packet);
void unix_remove_locked(struct unix_end *end, struct packet *packet);
/* True while a packet from `from` must wait for room. The caller holds end's lock. */
bool unix_full_locked(const struct unix_end *end, const struct unix_end *from);

/* unix_room.c */
/* There is room among the end's packets, or never will be: whoever waits for it asks again. */
void unix_room_changed(struct unix_end *end);
/* from's queue of writers is woken when to has room. Look for room once more after it. */
void unix_room_watch(struct unix_end *from, struct unix_end *to);
void unix_room_forget(struct unix_end *from);

/* unix_stream.c, unix_datagram.c */
int64_t unix_stream_send(struct unix_end *end, struct socket_message *message, const struct socket_wait *wait);
int64_t unix_stream_receive(struct unix_end *end, struct socket_message *message, const struct socket_wait *wait);
/* *place as unix_find. */
int64_t unix_datagram_send(struct unix_end *end, struct socket_message *message, const struct socket_wait *wait,
                           struct node **place);
int64_t unix_datagram_receive(struct unix_end *end, struct socket_message *message, const struct socket_wait *wait);

/* unix_rights.c */
/* Takes the message's files. Returns 0 and *out (NULL: none), or -ENOMEM, -ETOOMANYREFS. */
int unix_rights_take(struct net *net, struct socket_control *control, struct sched_thread *self, struct rights **out);
/* Gives the files of a packet that has left its queue to a receiver. */
void unix_rights_give(struct net *net, struct rights *rights, struct socket_control *control);
/* The same while they stay in a queue whose lock is held by somebody who holds its file: so it is no garbage now. */
void unix_rights_copy(const struct rights *rights, struct socket_control *control);
void unix_rights_bury(struct net *net, struct rights *rights);
/* Lets go what was buried and, after a close, what only cycles hold. No lock held. */
void unix_rights_settle(struct net *net, bool closed);

/* unix_option.c */
int unix_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size);
int unix_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size);
int unix_options_new(struct unix_socket *socket);
void unix_options_copy(struct socket *to, struct socket *from);

/* unix_socket.c: the parts of file_ops that inet sockets of our own share. */
/* A file for the end, whose count moves, also on failure. NULL without memory. */
struct file *unix_file_new(struct net *net, const struct file_ops *ops, struct unix_end *end, int family, int protocol, int flags);
int64_t unix_file_ioctl(struct file *file, const struct ioctl_call *call);
unsigned unix_file_poll(struct file *file, struct poll_table *table);
int unix_file_stat(struct file *file, struct linux_stat *out);
int64_t unix_file_path(struct file *file, char *out, size_t size);
void unix_file_release(struct file *file);

/* inet_port.c: takes the end off the table of ports. The caller holds names_lock. */
void inet_unbind_locked(struct unix_end *end);

/* unix_gate.c: the host's socket where an end is bound, by which host processes reach it. */
/* Gives the end one at name in dir, a directory of the host. Makes the inode. -ENAMETOOLONG: no address of the host fits. */
int unix_gate_bind_path(struct unix_end *end, struct node *dir, const char *name, uint32_t mode);
/* address: an abstract name. -EADDRINUSE: somebody of the host has it. */
int unix_gate_bind_name(struct unix_end *end, const struct socket_address *address);
void unix_gate_close(struct unix_end *end);
/* As unix_accept; or *file is a connection from the host, and peer its name. */
int unix_gate_accept(struct unix_end *end, const struct socket_wait *wait, int flags, struct unix_end **out, struct file **file,
                     struct socket_address *peer);
int64_t unix_gate_receive(struct unix_end *end, struct socket_message *message, const struct socket_wait *wait);
/* Events that the host has for the end. */
unsigned unix_gate_poll(struct unix_end *end, struct poll_table *table);

/* unix_host.c: the way to servers of the host. */
int unix_host_connect(struct unix_socket *socket, struct node *place, const struct socket_address *address,
                      const struct socket_wait *wait);
int64_t unix_host_send(struct unix_socket *socket, struct node *place, struct socket_message *message,
                       const struct socket_wait *wait);
