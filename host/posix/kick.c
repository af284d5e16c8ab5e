/* SPDX-License-Identifier: ISC */
/* The kick: a signal whose handler does nothing, installed without SA_RESTART, so that its only effect is that a
 * blocking call of the thread returns early. */
#include "host/thread.h"

#include "host/posix/signal_set.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

static_assert(sizeof(pthread_t) <= sizeof(struct host_kick), "host_kick is too small");

static void nothing(int number) {
    (void)number;
}

void host_kick_init(void) {
    struct sigaction action = {.sa_handler = nothing};
    sigset_t kick;
    sigemptyset(&action.sa_mask);
    sigaction(HOST_KICK_SIGNAL, &action, NULL);
    sigemptyset(&kick);
    sigaddset(&kick, HOST_KICK_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &kick, NULL);
}

void host_kick_self(struct host_kick *out) {
    const pthread_t self = pthread_self();
    memcpy(out->opaque, &self, sizeof self);
}

void host_kick_send(const struct host_kick *kick) {
    pthread_t thread;
    memcpy(&thread, kick->opaque, sizeof thread);
    pthread_kill(thread, HOST_KICK_SIGNAL);
}
