/* SPDX-License-Identifier: ISC */
/* Signals that the host sends to our process. They are blocked in every thread and a thread of their own waits for them; while
 * there is no such thread, one thread may be open to them, in which they only leave a note. (The kick is thread.h's; faults of
 * our own code are crash.h's.) Signal numbers are Linux's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Who else has it: with a front (front.h) it can be told whether a signal was sent to our process or to its group. */
enum host_signal_reach {
    HOST_SIGNAL_PROCESS,
    HOST_SIGNAL_GROUP,
    HOST_SIGNAL_REST /* to the group, and came already as one to the process */
};

struct host_signal {
    int number;
    enum host_signal_reach reach;
    int sender; /* host process that sent it, 0 when the host itself did (terminal, timer) */
};

/* Blocks all host signals but the kick and faults in the calling thread and in threads it starts. Call it before
 * any other thread exists. */
void host_signal_block_all(void);
/* The signals that our process was started with as ignored, or as blocked (bit n-1: signal n). Call it before
 * host_signal_block_all; a new program inherits both. */
void host_signal_inherited(uint64_t *ignored, uint64_t *blocked);
/* Both in one, and more: from now on a signal that arrives in a thread that is open to it is noted, and
 * notify(arg) called, in a signal handler. Once per process, before any other thread exists. Not for recorded runs. */
void host_signal_catch(void (*notify)(void *arg), void *arg, uint64_t *ignored, uint64_t *blocked);
/* Opens the calling thread to signals, or blocks them again. What its own calls cause (SIGPIPE, SIGXFSZ) is not noted. */
void host_signal_open(bool open);
/* Takes a noted signal. Returns false when there is none. */
bool host_signal_take(struct host_signal *out);

struct host_signal_watcher;

/* Starts the thread that calls fn(arg, signal) for every signal sent to our process that is meant for programs: all
 * but SIGKILL, SIGSTOP, the kick, faults and SIGCHLD. fn may block. Returns NULL without memory or threads. */
struct host_signal_watcher *host_signal_watch(void (*fn)(void *arg, const struct host_signal *signal), void *arg);
/* Ends the thread; fn is not running any more when it returns. */
void host_signal_unwatch(struct host_signal_watcher *watcher);

/* Stops our whole process as Ctrl-Z would; returns when it was continued. */
void host_signal_stop_self(void);
