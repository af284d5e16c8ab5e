/* SPDX-License-Identifier: ISC */
/* The inside of struct net, for the files of net/ only. */
#pragma once

#include "syscall/linux/net/net.h"

#include "base/list.h"
#include "host/thread.h"

struct inet_port;
struct rights;
struct unix_end;

struct net {
    struct net_options options;      /* immutable */

    struct host_mutex names_lock;
    /* guarded by names_lock */
    struct unix_end *by_inode;       /* hash: ends bound to a path */
    struct unix_end *by_name;        /* hash: ends bound to an abstract name */
    struct list ends;                /* struct unix_end.net_node: every end that has a file */
    uint32_t next_autobind;
    struct inet_port *ports;         /* hash: ports in use within the machine */
    uint32_t next_port;

    struct host_mutex room_lock;     /* who waits for whose room, see unix_room.c */

    struct host_mutex rights_lock;   /* outside every end's lock */
    /* guarded by rights_lock */
    struct list in_flight;           /* struct unix_end.flight_node: ends whose files are in messages */
    struct list graveyard;           /* struct rights.node: to be let go */
    struct list revived;             /* struct unix_end.live_node: found alive, not looked into yet */
    uint64_t n_in_flight;            /* files of any kind in messages */
    bool collecting;                 /* somebody empties the graveyard */
    bool want_cycles;                /* a socket was closed: cycles may be garbage now */
};
