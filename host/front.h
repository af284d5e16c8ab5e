/* SPDX-License-Identifier: ISC */
/* Our process in two: the front stays behind for whoever started us, passes signals on, stops and ends as the other does; in the
 * other, a child, the caller goes on and can be left in the background. For a caller that is the only thread that matters. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>

struct host_signal_watcher;

struct host_front {
    struct host_signal_watcher *watcher; /* borrowed; NULL: there is none */
    _Atomic int link;                    /* atomic: behind a front: a socket to it; -1: no longer */
};

/* Forks. Returns 0 in the child, where only the calling thread is left, and the watcher's thread, which is made anew; or -E and
 * nothing has changed. Never returns in the front, which gives up the size bytes at unneeded (NULL: none) and all descriptors.
 * The front's death is the child's, until it is released. */
int host_front_split(struct host_front *front, struct host_signal_watcher *watcher, void *unneeded, size_t size);
/* In the child: waits until the front holds no descriptor any more. Before the caller closes one that others look at. */
void host_front_settle(struct host_front *front);
/* In the child: the front ends with code; we are on our own. */
void host_front_release(struct host_front *front, int code);
/* The same when we are about to end: whatever the front's end tells others, descriptors above 2 are closed before. The watcher may be gone. */
void host_front_end(struct host_front *front, int code);
