/* SPDX-License-Identifier: ISC */
/* POSIX message queues: priorities, sizes, full and empty queues, times, notification, poll, names that outlive and outlived. */
#include "check.h"

#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

static char name[32];

static mqd_t make(long maxmsg, long msgsize, int flags) {
    const struct mq_attr attr = {.mq_maxmsg = maxmsg, .mq_msgsize = msgsize};
    return mq_open(name, O_CREAT | flags, 0600, &attr);
}

static void names(void) {
    CHECK_ERROR(mq_open(name, O_RDWR), ENOENT);
    const mqd_t q = make(3, 16, O_RDWR | O_EXCL);
    CHECK(q >= 0 && (fcntl(q, F_GETFD) & FD_CLOEXEC));
    CHECK_ERROR(make(3, 16, O_RDWR | O_EXCL), EEXIST);
    CHECK_ERROR(mq_open("/a/b", O_CREAT | O_RDWR, 0600, NULL), EACCES);
    CHECK(mq_unlink(name) == 0);
    CHECK_ERROR(mq_unlink(name), ENOENT);
    CHECK_ERROR(mq_open(name, O_RDWR), ENOENT);
    CHECK(mq_send(q, "still", 5, 0) == 0 && mq_close(q) == 0);
    CHECK_ERROR(make(0, 16, O_RDWR), EINVAL);
    CHECK_ERROR(make(1, 0, O_RDWR), EINVAL);
    CHECK_ERROR(mq_send(q, "x", 1, 0), EBADF);
}

static void order_and_sizes(void) {
    char buf[16];
    unsigned priority;
    struct mq_attr attr;
    const mqd_t q = make(4, 16, O_RDWR | O_NONBLOCK);
    CHECK(mq_send(q, "low", 3, 1) == 0 && mq_send(q, "high", 4, 9) == 0 && mq_send(q, "low2", 4, 1) == 0 && mq_send(q, "", 0, 5) == 0);
    CHECK_ERROR(mq_send(q, "full", 4, 1), EAGAIN);
    CHECK(mq_getattr(q, &attr) == 0 && attr.mq_curmsgs == 4 && attr.mq_maxmsg == 4 && attr.mq_msgsize == 16 && attr.mq_flags == O_NONBLOCK);
    CHECK_ERROR(mq_receive(q, buf, 15, 0), EMSGSIZE);
    CHECK_ERROR(mq_send(q, "12345678901234567", 17, 0), EMSGSIZE);
    CHECK_ERROR(mq_send(q, "x", 1, 32768), EINVAL);
    CHECK(mq_receive(q, buf, 16, &priority) == 4 && priority == 9 && memcmp(buf, "high", 4) == 0);
    CHECK(mq_receive(q, buf, 16, &priority) == 0 && priority == 5);
    CHECK(mq_receive(q, buf, 16, &priority) == 3 && memcmp(buf, "low", 3) == 0);
    CHECK(mq_receive(q, buf, 16, 0) == 4 && memcmp(buf, "low2", 4) == 0);
    CHECK_ERROR(mq_receive(q, buf, 16, 0), EAGAIN);
    const mqd_t reader = mq_open(name, O_RDONLY), writer = mq_open(name, O_WRONLY);
    CHECK_ERROR(mq_send(reader, "x", 1, 0), EBADF);
    CHECK_ERROR(mq_receive(writer, buf, 16, 0), EBADF);
    CHECK(mq_close(reader) == 0 && mq_close(writer) == 0);
    attr.mq_flags = 0;
    CHECK(mq_setattr(q, &attr, 0) == 0 && !(fcntl(q, F_GETFL) & O_NONBLOCK));
    CHECK_ERROR(mq_receive(0, buf, 16, 0), EBADF);
    CHECK(mq_close(q) == 0 && mq_unlink(name) == 0);
}

static void times_and_sleepers(void) {
    char buf[16];
    struct timespec at, bad = {0, -1};
    const mqd_t q = make(1, 16, O_RDWR);
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += 20000000;
    if (at.tv_nsec >= 1000000000) at.tv_sec++, at.tv_nsec -= 1000000000;
    CHECK_ERROR(mq_timedreceive(q, buf, 16, 0, &at), ETIMEDOUT);
    CHECK_ERROR(mq_timedreceive(q, buf, 16, 0, &bad), EINVAL);
    CHECK(mq_send(q, "one", 3, 0) == 0);
    CHECK_ERROR(mq_timedsend(q, "two", 3, 0, &at), ETIMEDOUT);
    const pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 100; i++) CHECK(mq_send(q, (char *)&i, sizeof i, 0) == 0);
        _exit(0);
    }
    CHECK(mq_receive(q, buf, 16, 0) == 3);
    for (int i = 0, got; i < 100; i++) CHECK(mq_receive(q, (char *)buf, 16, 0) == 4 && (memcpy(&got, buf, 4), got == i));
    wait_ok(child);
    CHECK(mq_close(q) == 0 && mq_unlink(name) == 0);
}

static volatile sig_atomic_t told;

static void on_news(int signo, siginfo_t *info, void *context) {
    if (info->si_code == SI_MESGQ && info->si_value.sival_int == 42 && info->si_pid == getpid()) told++;
}

static void news(void) {
    char buf[16];
    const mqd_t q = make(4, 16, O_RDWR | O_NONBLOCK);
    struct sigaction action = {.sa_sigaction = on_news, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, 0);
    const struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
    struct pollfd poll_fd = {.fd = q, .events = POLLIN | POLLOUT};
    CHECK(poll(&poll_fd, 1, 0) == 1 && poll_fd.revents == POLLOUT);
    CHECK(mq_notify(q, &event) == 0);
    CHECK_ERROR(mq_notify(q, &event), EBUSY);
    CHECK(mq_send(q, "a", 1, 0) == 0 && told == 1);
    CHECK(mq_send(q, "b", 1, 0) == 0 && told == 1);
    CHECK(poll(&poll_fd, 1, 0) == 1 && poll_fd.revents == (POLLIN | POLLOUT));
    CHECK(mq_notify(q, &event) == 0 && mq_send(q, "c", 1, 0) == 0 && told == 1); /* it was not empty */
    CHECK(mq_notify(q, 0) == 0);
    for (int i = 0; i < 3; i++) CHECK(mq_receive(q, buf, 16, 0) == 1);
    CHECK(mq_send(q, "d", 1, 0) == 0 && told == 1);
    CHECK(mq_close(q) == 0 && mq_unlink(name) == 0);
}

int main(void) {
    snprintf(name, sizeof name, "/lockstep-%d", getpid());
    names();
    order_and_sizes();
    times_and_sleepers();
    news();
    printf("message queues as mq_overview(7) says\n");
}
