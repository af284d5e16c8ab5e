/* SPDX-License-Identifier: ISC */
/* What front.c knows of the watcher of signal.c: nothing else may. */
#pragma once

#include "host/signal.h"
#include "host/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

struct host_signal_watcher {
    /* immutable after start */
    void (*fn)(void *arg, const struct host_signal *signal);
    void *arg;
    pthread_t thread;
    atomic_bool stop; /* atomic: set before the wake signal is sent */
    struct host_mutex lock; /* held while a signal is taken care of */
    /* guarded by lock */
    _Atomic int *link;      /* borrowed; behind a front: the socket to it; NULL */
    pid_t passes_to;        /* in a front: the process that signals go to; 0: fn */
    pid_t front;            /* behind a front: its process; 0 */
    struct {
        int number;
        bool from_front;
        int64_t at_ns;
    } last;
};

/* Makes the thread. Returns false without one. */
bool host_signal_watcher_start(struct host_signal_watcher *watcher);
