/* SPDX-License-Identifier: ISC */
/* Signals that the host sends to our process. None runs code of ours in a handler: they are blocked in every thread
 * and a thread of their own waits for them. (The kick is thread.h's; faults of our own code are process.h's.) */
#pragma once

struct host_signal {
    int number;    /* Linux's number */
    int sender;    /* host process that sent it, 0 when the host itself did */
};

/* Blocks all host signals but the kick and faults in the calling thread and in threads it starts. Call it before
 * any other thread exists. */
void host_signal_block_all(void);
/* Starts the thread that calls fn(arg, signal) for every signal that would by default end, stop or continue us, and
 * for the ones programs ask for (SIGWINCH, SIGUSR1, ...). fn may block. Returns 0 or -E. */
int host_signal_watch(void (*fn)(void *arg, const struct host_signal *signal), void *arg);
/* Stops our own process as an unhandled SIGSTOP would; returns when it was continued. */
void host_signal_stop_self(void);
/* Ends our own process by the default action of a signal (Linux's number), without a core dump of ours. Returns
 * only if that signal does not end a process. */
void host_signal_die_of(int number);
