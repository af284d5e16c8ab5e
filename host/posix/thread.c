/* SPDX-License-Identifier: ISC */
/* Host threads by pthreads. A new thread is detached and takes no host signal but the kick and its own faults. */
#include "host/thread.h"
#include "host/os.h"

#include "base/error.h"
#include "host/posix/error.h"
#include "host/posix/signal_set.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

enum { STACK_SIZE = 1 << 20 };

struct start {
    void (*fn)(void *arg);
    void *arg;
};

static void *run(void *arg) {
    const struct start start = *(struct start *)arg;
    free(arg);
    start.fn(start.arg);
    return NULL;
}

/* The signal mask is inherited at creation, so that no signal can arrive before the thread could block it. */
static int create(struct start *start) {
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t blocked, before;
    int code = pthread_attr_init(&attr);
    if (code) return code;
    host_signal_set_blocked(&blocked);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    code = pthread_create(&thread, &attr, run, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return code;
}

int host_thread_start(void (*fn)(void *arg), void *arg) {
    struct start *start = malloc(sizeof *start);
    if (!start) return -ENOMEM;
    *start = (struct start){fn, arg};
    const int code = create(start);
    if (code) free(start);
    return host_error_from(code);
}

void host_thread_yield(void) {
    sched_yield();
}

int os_cpu_count(void) {
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}
