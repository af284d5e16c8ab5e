/* SPDX-License-Identifier: ISC */
/* The inside of inet sockets of our own, for the files inet_*.c only. They are ends as unix sockets are (unix_private.h),
 * with an inet part: addresses, and a place in the table of ports. */
#pragma once

#include "syscall/linux/net/inet.h"
#include "syscall/linux/net/unix_private.h"

enum { INET_PORT_FIRST = 32768, INET_PORT_LAST = 60999, INET_PENDING = 4096 };

/* An address of either family. */
struct inet_address {
    unsigned char ip[16]; /* as inet6 has it; inet: ::ffff:a.b.c.d */
    uint16_t port;        /* host order; 0: none */
};

struct inet_part {
    int family, protocol;              /* immutable */

    /* guarded by the end's lock */
    struct inet_address local, remote;
    bool connecting;                   /* a connect that did not wait has not been asked for its end */

    /* guarded by net->names_lock */
    struct list port_node;             /* struct inet_port.ends */
    struct inet_address bound;
    struct inet_address sender;        /* datagrams: the only one heard; port 0: all are */
    bool is_bound, six_only, reuse_address, reuse_port, listening;
    struct unix_end *end;              /* immutable: whose part it is */
};

struct inet_port {
    uint32_t key;                      /* protocol << 16 | port */
    struct list ends;                  /* struct inet_part.port_node */
    UT_hash_handle hh;
};

/* inet_address.c */
/* Checks family and size as bind(2) and connect(2) do. */
int inet_parse(int family, const struct socket_address *in, struct inet_address *out);
void inet_format(int family, const struct inet_address *in, struct socket_address *out);
bool inet_is_any(const struct inet_address *address);
bool inet_is_loopback(const struct inet_address *address);
/* 0 when the address can be sent to; without lo, 127.0.0.0/8 has no route and ::1 does not exist. */
int inet_check_reach(const struct net *net, const struct inet_address *address);
/* The same for an address to bind: without lo, 127.0.0.0/8 is still the machine's. */
int inet_check_own(const struct net *net, const struct inet_address *address);
/* Any address becomes the loopback address of its family. */
void inet_to_loopback(struct inet_address *address);

/* inet_port.c */
/* Enters the end; port 0: one of our choice, which local then has. Returns 0, -EADDRINUSE, -EINVAL (bound already), -ENOMEM. */
int inet_bind_port(struct unix_end *end, const struct inet_address *address, const struct inet_part *as);
/* Who listens at, or receives what is sent to, an address; counted. from: the sender. NULL: nobody. */
struct unix_end *inet_find(struct net *net, int protocol, const struct inet_address *to, const struct inet_address *from);
void inet_set_listening(struct unix_end *end);
/* A datagram socket hears one sender only (port 0: all). */
void inet_set_sender(struct unix_end *end, const struct inet_address *sender);

/* inet_connect.c, inet_datagram.c */
int inet_bind(struct socket *socket, const struct inet_address *address);
int inet_autobind(struct socket *socket);
int inet_connect(struct socket *socket, const struct socket_address *address, const struct socket_wait *wait);
int64_t inet_datagram_send(struct socket *socket, struct socket_message *message, const struct socket_wait *wait);
/* A new end with its part; NULL without memory. */
struct unix_end *inet_end_new(struct net *net, int type, int family, int protocol);
