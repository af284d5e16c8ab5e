// labels: threads
// Many threads in epoll_wait on one instance, with one-shot, edge-triggered and level-triggered descriptors that are
// armed, disarmed and closed meanwhile: every event is seen, one-shot ones by one thread at a time: epoll(7).
#include "tests/guest/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { WAITERS = 4, SENDERS = 3, FDS = 6, EVENTS = 2000 };

static int epoll, event_fd[FDS], wake;
static atomic_int inside[FDS];
static atomic_long sent, received;
static atomic_bool stop;

static void arm(int i, int op) {
    const uint32_t kind = EPOLLONESHOT | (i % 2 ? EPOLLET : 0);
    struct epoll_event event = {.events = EPOLLIN | kind, .data.u32 = (uint32_t)i};
    CHECK(epoll_ctl(epoll, op, event_fd[i], &event) == 0);
}

static void take(int i) {
    uint64_t n;
    CHECK(inside[i]++ == 0); /* one-shot: nobody else is told before it is armed again */
    const ssize_t r = read(event_fd[i], &n, sizeof n);
    CHECK(r == sizeof n || (r < 0 && errno == EAGAIN));
    if (r > 0) received += (long)n;
    inside[i]--;
    arm(i, EPOLL_CTL_MOD);
}

static void *waiter(void *arg) {
    for (;;) {
        struct epoll_event events[3];
        const int n = epoll_wait(epoll, events, 3, -1);
        CHECK(n > 0);
        for (int i = 0; i < n; i++) {
            if (events[i].data.u32 == FDS) return NULL; /* level-triggered: wakes all of us */
            take((int)events[i].data.u32);
        }
    }
}

static void *sender(void *arg) {
    unsigned seed = (unsigned)(intptr_t)arg + 1;
    for (int i = 0; i < EVENTS; i++) {
        const uint64_t one = 1;
        CHECK(write(event_fd[rand_r(&seed) % FDS], &one, sizeof one) == sizeof one);
        sent++;
    }
    return NULL;
}

/* Adds and removes descriptors of its own meanwhile. */
static void *churn(void *arg) {
    while (!stop) {
        int fd[2];
        struct epoll_event event = {.events = EPOLLOUT | EPOLLONESHOT | EPOLLET, .data.u32 = 0};
        CHECK(pipe(fd) == 0);
        event.events = EPOLLIN;
        CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd[0], &event) == 0);
        if (received % 2) CHECK(epoll_ctl(epoll, EPOLL_CTL_DEL, fd[0], NULL) == 0);
        CHECK(close(fd[0]) == 0 && close(fd[1]) == 0);
    }
    return NULL;
}

int main(void) {
    pthread_t thread[WAITERS + SENDERS], churner;
    const uint64_t one = 1;
    epoll = epoll_create1(0);
    CHECK(epoll >= 0);
    for (int i = 0; i < FDS; i++) {
        CHECK((event_fd[i] = eventfd(0, EFD_NONBLOCK)) >= 0);
        arm(i, EPOLL_CTL_ADD);
    }
    CHECK((wake = eventfd(0, 0)) >= 0);
    for (int i = 0; i < WAITERS; i++) CHECK(pthread_create(&thread[i], NULL, waiter, NULL) == 0);
    for (int i = 0; i < SENDERS; i++) CHECK(pthread_create(&thread[WAITERS + i], NULL, sender, (void *)(intptr_t)i) == 0);
    CHECK(pthread_create(&churner, NULL, churn, NULL) == 0);
    for (int i = 0; i < SENDERS; i++) pthread_join(thread[WAITERS + i], NULL);
    while (received < sent) sched_yield();
    stop = true;
    pthread_join(churner, NULL);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = FDS};
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) == 0);
    CHECK(write(wake, &one, sizeof one) == sizeof one);
    for (int i = 0; i < WAITERS; i++) pthread_join(thread[i], NULL);
    CHECK(sent == SENDERS * EVENTS && received == sent);
    puts("epoll_threads: ok");
    return 0;
}
