// labels: threads
// An interval timer that fires all the time, set, read and cleared by several threads that compute, sleep and fork:
// results stay right, sleeps keep their length, SIGALRM comes, and none after the timer was cleared.
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

static atomic_long ticks;
static atomic_bool stop;

static void on_alarm(int signo) {
    ticks++;
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static double compute(void) {
    double x = 1.5;
    for (int i = 1; i < 3000; i++) x = x / 1.0001 + i % 7 * 0.25;
    return x;
}

static void *computer(void *arg) {
    const double expect = compute();
    while (!stop) CHECK(compute() == expect);
    return NULL;
}

static void *sleeper(void *arg) {
    while (!stop) {
        struct timespec left = {0, 3000000};
        const int64_t start = now_ns();
        while (nanosleep(&left, &left) < 0) CHECK(errno == EINTR);
        CHECK(now_ns() - start >= 3000000);
    }
    return NULL;
}

static void *setter(void *arg) {
    while (!stop) {
        const struct itimerval fast = {{0, 300}, {0, 300}};
        struct itimerval now;
        CHECK(setitimer(ITIMER_REAL, &fast, NULL) == 0);
        CHECK(getitimer(ITIMER_REAL, &now) == 0);
        CHECK(now.it_interval.tv_usec == 300 && now.it_value.tv_sec == 0 && now.it_value.tv_usec <= 300);
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    }
    return NULL;
}

static void *forker(void *arg) {
    while (!stop) {
        const pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            struct itimerval now;
            CHECK(getitimer(ITIMER_REAL, &now) == 0 && now.it_value.tv_sec == 0 && now.it_value.tv_usec == 0);
            _exit(0);
        }
        int status;
        while (waitpid(pid, &status, 0) < 0) CHECK(errno == EINTR);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        sched_yield();
    }
    return NULL;
}

int main(void) {
    static void *(*const kinds[])(void *) = {computer, sleeper, setter, forker};
    pthread_t thread[4];
    struct sigaction action = {.sa_handler = on_alarm};
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&thread[i], NULL, kinds[i], NULL) == 0);
    const int64_t end = now_ns() + 1000000000;
    while (now_ns() < end) nanosleep(&(struct timespec){0, 20000000}, NULL);
    stop = true;
    for (int i = 0; i < 4; i++) pthread_join(thread[i], NULL);
    CHECK(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL) == 0);
    const long before = ticks;
    CHECK(before > 0);
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    CHECK(ticks == before);
    puts("timer_storm: ok");
    return 0;
}
