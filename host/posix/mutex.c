/* SPDX-License-Identifier: ISC */
/* host_mutex is a pthread mutex, so that thread sanitizers understand it. */
#include "host/thread.h"

#include <assert.h>
#include <pthread.h>

static_assert(sizeof(pthread_mutex_t) <= sizeof(struct host_mutex), "host_mutex is too small");
static_assert(_Alignof(pthread_mutex_t) <= _Alignof(struct host_mutex), "host_mutex is aligned too little");

static pthread_mutex_t *native(struct host_mutex *mutex) {
    return (pthread_mutex_t *)mutex->opaque;
}

void host_mutex_init(struct host_mutex *mutex) {
    pthread_mutex_init(native(mutex), NULL);
}

void host_mutex_fini(struct host_mutex *mutex) {
    pthread_mutex_destroy(native(mutex));
}

void host_mutex_lock(struct host_mutex *mutex) {
    pthread_mutex_lock(native(mutex));
}

bool host_mutex_trylock(struct host_mutex *mutex) {
    return pthread_mutex_trylock(native(mutex)) == 0;
}

void host_mutex_unlock(struct host_mutex *mutex) {
    pthread_mutex_unlock(native(mutex));
}
