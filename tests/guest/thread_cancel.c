// labels: threads
/* SPDX-License-Identifier: ISC */
/* pthread_cancel(3), pthread_kill(3): cancellation points in sleeping calls, no lost cancel in a tight race. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static int fds[2];
static sem_t ready;
static volatile int cleaned;

static void clean(void *arg) {
    cleaned++;
}

static void *reader(void *arg) {
    char byte;
    pthread_cleanup_push(clean, NULL);
    sem_post(&ready);
    for (;;) {
        if (read(fds[0], &byte, 1) == 1) continue;
    }
    pthread_cleanup_pop(0);
    return NULL;
}

static void *sleeper(void *arg) {
    const struct timespec forever = {1000, 0};
    pthread_cleanup_push(clean, NULL);
    sem_post(&ready);
    nanosleep(&forever, NULL);
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancel_many(void *(*fn)(void *), int n) {
    cleaned = 0;
    for (int i = 0; i < n; i++) {
        pthread_t thread;
        void *result;
        CHECK(pthread_create(&thread, NULL, fn, NULL) == 0);
        sem_wait(&ready);
        if (i % 3 == 0) CHECK(write(fds[1], "x", 1) == 1);
        CHECK(pthread_cancel(thread) == 0);
        CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    }
    CHECK(cleaned == n);
}

int main(void) {
    CHECK(pipe(fds) == 0);
    sem_init(&ready, 0, 0);
    cancel_many(reader, 60);
    cancel_many(sleeper, 60);
    puts("cancellation: ok");
    return 0;
}
