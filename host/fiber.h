/* SPDX-License-Identifier: ISC */
/* Several stacks on one host thread: a fiber runs until it switches to another one. Fibers that switch among each other stay on the
 * host thread that they started on. */
#pragma once

struct host_fiber; /* owned by whoever made it */

/* A fiber that begins with fn(arg) at the first switch to it. fn does not return: it switches away for good. Returns NULL without
 * memory. */
struct host_fiber *host_fiber_new(void (*fn)(void *arg), void *arg);
/* One that has never run, or never will again, begins anew with fn(arg). */
void host_fiber_renew(struct host_fiber *fiber, void (*fn)(void *arg), void *arg);
/* The stack that the calling thread already runs on, as a fiber to come back to. Returns NULL without memory. */
struct host_fiber *host_fiber_of_thread(void);
/* Goes on in `to`; returns when somebody switches back to `from`, which is the running one. */
void host_fiber_switch(struct host_fiber *from, struct host_fiber *to);
/* Not the running one. NULL: nothing. */
void host_fiber_free(struct host_fiber *fiber);
