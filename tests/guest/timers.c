/* SPDX-License-Identifier: ISC */
/* nanosleep(2), setitimer(2), timer_create(2), clock_gettime(2): they fire, not before their time, and restart. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id __sev_fields.sigev_notify_thread_id
#endif

static volatile sig_atomic_t count, last_value;

static void on_alarm(int signo) {
    count++;
}

static void on_timer(int signo, siginfo_t *info, void *context) {
    count++;
    last_value = info->si_value.sival_int;
}

static int64_t now_ns(clockid_t clock) {
    struct timespec ts;
    CHECK(clock_gettime(clock, &ts) == 0);
    return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void sleeping(void) {
    const struct timespec ms30 = {0, 30000000}, bad = {0, -1};
    int64_t start = now_ns(CLOCK_MONOTONIC);
    CHECK(nanosleep(&ms30, NULL) == 0);
    CHECK(now_ns(CLOCK_MONOTONIC) - start >= 30000000);
    CHECK_ERROR(nanosleep(&bad, NULL), EINVAL);
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += 20000000;
    if (at.tv_nsec >= 1000000000) at.tv_sec++, at.tv_nsec -= 1000000000;
    CHECK(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL) == 0);
    CHECK(clock_nanosleep(77, 0, &ms30, NULL) == EINVAL);
}

static void interrupted_sleep(void) {
    /* again and again: the first may come before the sleep */
    const struct itimerval often = {{0, 50000}, {0, 20000}}, off = {{0, 0}, {0, 0}};
    const struct timespec long_ = {5, 0};
    struct timespec left = {0, 0};
    signal(SIGALRM, on_alarm);
    count = 0;
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    CHECK_ERROR(nanosleep(&long_, &left), EINTR);
    CHECK(setitimer(ITIMER_REAL, &off, NULL) == 0);
    CHECK(count >= 1 && left.tv_sec <= 4);
}

static void periodic(void) {
    const struct itimerval every = {{0, 5000}, {0, 5000}}, off = {{0, 0}, {0, 0}};
    struct itimerval old;
    count = 0;
    CHECK(setitimer(ITIMER_REAL, &every, NULL) == 0);
    while (count < 5) pause();
    CHECK(setitimer(ITIMER_REAL, &off, &old) == 0);
    CHECK(old.it_interval.tv_usec == 5000);
    alarm(100);
    const unsigned left = alarm(0);
    CHECK(left == 100 || left == 99); /* rounded */
}

static void virtual_time(void) {
    const struct itimerval every = {{0, 0}, {0, 20000}};
    signal(SIGVTALRM, on_alarm);
    count = 0;
    const int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    CHECK(setitimer(ITIMER_VIRTUAL, &every, NULL) == 0);
    while (count == 0) getppid();
    CHECK(now_ns(CLOCK_PROCESS_CPUTIME_ID) - start >= 15000000);
}

static void posix_timers(void) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 77};
    const struct itimerspec every = {{0, 3000000}, {0, 3000000}};
    struct sigaction action = {.sa_sigaction = on_timer, .sa_flags = SA_SIGINFO};
    struct itimerspec left;
    timer_t timer;
    CHECK(sigaction(SIGRTMIN, &action, NULL) == 0);
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    count = 0;
    CHECK(timer_settime(timer, 0, &every, NULL) == 0);
    while (count < 5) pause();
    CHECK(last_value == 77);
    CHECK(timer_gettime(timer, &left) == 0 && left.it_interval.tv_nsec == 3000000);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    usleep(30000);
    siginfo_t info;
    CHECK(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_code == SI_TIMER && info.si_overrun >= 3);
    CHECK(timer_delete(timer) == 0);
    CHECK_ERROR(syscall(SYS_timer_delete, 12345), EINVAL);
}

static void clocks(void) {
    static const clockid_t all[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
                                    CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
    struct timespec ts;
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
        const int64_t first = now_ns(all[i]);
        CHECK(now_ns(all[i]) >= first);
        CHECK(clock_getres(all[i], &ts) == 0 && ts.tv_sec == 0 && ts.tv_nsec > 0);
    }
    CHECK_ERROR(clock_gettime(99, &ts), EINVAL);
    clockid_t mine;
    CHECK(pthread_getcpuclockid(pthread_self(), &mine) == 0);
    CHECK(now_ns(mine) > 0);
    const int64_t wall = time(NULL);
    CHECK(wall - now_ns(CLOCK_REALTIME) / 1000000000 <= 1);
}

int main(void) {
    sleeping();
    interrupted_sleep();
    periodic();
    virtual_time();
    posix_timers();
    clocks();
    puts("timers: ok");
    return 0;
}
