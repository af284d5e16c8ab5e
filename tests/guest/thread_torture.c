// labels: threads;sanitize
// Many threads at once create, join, cancel and detach others, and meet on condition variables, robust mutexes,
// priority-inheriting mutexes, semaphores, barriers and thread-specific data, until the time is up. Every count must
// come out right and nothing may hang. Seconds: argument 1, or TORTURE_SECONDS, else 2.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DRIVERS = 20, BATCH = 10 };

static atomic_long created, finished, cancelled, robust_deaths, detached_live;
static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER, inheriting, shared_count_lock;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static long tickets, served, shared_count, shared_expected;
static pthread_key_t key;
static double deadline;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void check(int ok, const char *what) {
    if (ok) return;
    printf("thread_torture: %s failed\n", what);
    fflush(stdout);
    _exit(1);
}

static void start(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg) {
    int r;
    while ((r = pthread_create(thread, attr, fn, arg)) == EAGAIN) sched_yield();
    check(r == 0, "pthread_create");
    created++;
}

static void on_thread_end(void *value) {
    check(value == (void *)0x77, "thread-specific data");
    finished++;
}

static void begin(void) {
    pthread_setspecific(key, (void *)0x77);
}

/* Takes a ticket and waits for its number: many waiters on one condition variable. */
static void *queue(void *arg) {
    begin();
    pthread_mutex_lock(&plain);
    const long mine = tickets++;
    while (served != mine) pthread_cond_wait(&turn, &plain);
    served++;
    pthread_cond_broadcast(&turn);
    pthread_mutex_unlock(&plain);
    return (void *)mine;
}

static void *count_with_inheritance(void *arg) {
    begin();
    for (int i = 0; i < 20; i++) {
        check(pthread_mutex_lock(&inheriting) == 0, "PI lock");
        shared_count++;
        if (i % 5 == 0) sched_yield();
        check(pthread_mutex_unlock(&inheriting) == 0, "PI unlock");
    }
    return NULL;
}

static void *die_with_lock(void *lock) {
    begin();
    check(pthread_mutex_lock(lock) == 0, "robust lock");
    return NULL; /* the lock is left to the next owner */
}

static void *sleep_for_ever(void *arg) {
    begin();
    for (;;) pause();
    return NULL;
}

static void *wait_for_ever(void *sem) {
    begin();
    for (;;) sem_wait(sem);
    return NULL;
}

static void *detached(void *arg) {
    begin();
    detached_live--;
    return NULL;
}

static void *meet(void *barrier) {
    begin();
    pthread_barrier_wait(barrier);
    return NULL;
}

static void join_all(pthread_t *threads, int n) {
    for (int i = 0; i < n; i++) check(pthread_join(threads[i], NULL) == 0, "pthread_join");
}

static void robust_round(void) {
    pthread_mutex_t lock;
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&lock, &attr);
    pthread_t thread;
    start(&thread, NULL, die_with_lock, &lock);
    pthread_join(thread, NULL);
    check(pthread_mutex_lock(&lock) == EOWNERDEAD, "EOWNERDEAD");
    check(pthread_mutex_consistent(&lock) == 0, "consistent");
    check(pthread_mutex_unlock(&lock) == 0, "robust unlock");
    robust_deaths++;
    pthread_mutex_destroy(&lock);
}

static void cancel_round(void) {
    pthread_t threads[4];
    sem_t sem;
    sem_init(&sem, 0, 0);
    for (int i = 0; i < 4; i++) start(&threads[i], NULL, i % 2 ? sleep_for_ever : wait_for_ever, &sem);
    for (int i = 0; i < 4; i++) check(pthread_cancel(threads[i]) == 0, "pthread_cancel");
    for (int i = 0; i < 4; i++) {
        void *result;
        check(pthread_join(threads[i], &result) == 0 && result == PTHREAD_CANCELED, "cancelled join");
        cancelled++;
    }
    sem_destroy(&sem);
}

static void detach_round(void) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    for (int i = 0; i < BATCH; i++) {
        detached_live++;
        start(&thread, i % 2 ? &attr : NULL, detached, NULL);
        if (i % 2 == 0) check(pthread_detach(thread) == 0, "pthread_detach");
    }
}

static void *drive(void *arg) {
    begin();
    pthread_t threads[BATCH];
    pthread_barrier_t barrier;
    for (long round = (long)arg; now() < deadline; round++) {
        switch (round % 6) {
        case 0:
            for (int i = 0; i < BATCH; i++) start(&threads[i], NULL, queue, NULL);
            join_all(threads, BATCH);
            break;
        case 1:
            for (int i = 0; i < BATCH; i++) start(&threads[i], NULL, count_with_inheritance, NULL);
            join_all(threads, BATCH);
            pthread_mutex_lock(&shared_count_lock);
            shared_expected += BATCH * 20;
            pthread_mutex_unlock(&shared_count_lock);
            break;
        case 2: robust_round(); break;
        case 3: cancel_round(); break;
        case 4: detach_round(); break;
        case 5:
            pthread_barrier_init(&barrier, NULL, BATCH);
            for (int i = 0; i < BATCH; i++) start(&threads[i], NULL, meet, &barrier);
            join_all(threads, BATCH);
            pthread_barrier_destroy(&barrier);
            break;
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    const char *seconds = argc > 1 ? argv[1] : getenv("TORTURE_SECONDS");
    deadline = now() + (seconds ? atof(seconds) : 2);
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&inheriting, &attr);
    pthread_mutex_init(&shared_count_lock, NULL);
    pthread_key_create(&key, on_thread_end);
    pthread_t drivers[DRIVERS];
    for (long i = 0; i < DRIVERS; i++) start(&drivers[i], NULL, drive, (void *)i);
    join_all(drivers, DRIVERS);
    while (detached_live > 0 || finished < created) sched_yield();
    check(shared_count == shared_expected, "count under the PI mutex");
    check(served == tickets, "tickets");
    check(created > DRIVERS, "progress");
    puts("thread_torture: ok");
    return 0;
}
