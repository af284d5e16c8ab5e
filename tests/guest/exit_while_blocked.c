// labels: threads
// exit_group, a fatal signal and SIGKILL end a process whose threads sleep in every kind of call.
#include "tests/guest/check.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

enum { ROUNDS = 12 };

static int lock_fd, other_lock_fd;

static void in_read(void) {
    int fd[2];
    char c;
    CHECK(pipe(fd) == 0);
    read(fd[0], &c, 1);
}

static void in_write(void) {
    static char full[1 << 17];
    int fd[2];
    CHECK(pipe(fd) == 0);
    write(fd[1], full, sizeof full);
}

static void in_futex(void) {
    static uint32_t word;
    syscall(SYS_futex, &word, 0, 0, NULL, NULL, 0);
}

static void in_nanosleep(void) {
    nanosleep(&(struct timespec){1000, 0}, NULL);
}

static void in_poll(void) {
    struct pollfd fd = {eventfd(0, 0), POLLIN, 0};
    poll(&fd, 1, -1);
}

static void in_select(void) {
    select(0, NULL, NULL, NULL, NULL);
}

static void in_epoll(void) {
    struct epoll_event event;
    epoll_wait(epoll_create1(0), &event, 1, -1);
}

static void in_sigsuspend(void) {
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGTERM);
    sigsuspend(&set);
}

static void in_sigwait(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigwaitinfo(&set, NULL);
}

static void in_wait(void) {
    pid_t child = fork();
    if (child == 0) {
        nanosleep(&(struct timespec){0, 300000000}, NULL);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void in_vfork(void) {
    if (vfork() == 0) {
        nanosleep(&(struct timespec){0, 200000000}, NULL);
        _exit(0);
    }
}

static void in_flock(void) {
    flock(other_lock_fd, LOCK_EX);
}

static void in_timerfd(void) {
    uint64_t n;
    read(timerfd_create(CLOCK_MONOTONIC, 0), &n, sizeof n);
}

static void in_nothing(void) {
    for (;;) getppid();
}

static void in_code(void) {
    for (volatile unsigned long n = 0;; n++) continue;
}

static void (*const kinds[])(void) = {in_read,   in_write,      in_futex,   in_nanosleep, in_poll,  in_select,  in_epoll,
                                      in_sigsuspend, in_sigwait, in_wait,    in_vfork,     in_flock, in_timerfd, in_nothing,
                                      in_code};
enum { KINDS = sizeof kinds / sizeof *kinds };

static atomic_int started;

static void *block(void *arg) {
    started++;
    for (;;) kinds[(intptr_t)arg]();
    return NULL;
}

static void process(int round) {
    pthread_t thread;
    for (int i = 0; i < KINDS; i++) CHECK(pthread_create(&thread, NULL, block, (void *)(intptr_t)i) == 0);
    while (started < KINDS) sched_yield();
    nanosleep(&(struct timespec){0, (round % 4) * 3000000}, NULL);
    switch (round % 3) {
    case 0: _exit(7);
    case 1: raise(SIGTERM); break;
    default: kill(getpid(), SIGKILL);
    }
    for (;;) pause();
}

int main(void) {
    char path[] = "/tmp/exit_while_blocked.XXXXXX";
    setbuf(stdout, NULL);
    lock_fd = mkstemp(path);
    CHECK(lock_fd >= 0);
    other_lock_fd = open(path, O_RDWR);
    CHECK(other_lock_fd >= 0 && unlink(path) == 0);
    CHECK(flock(lock_fd, LOCK_EX) == 0);
    for (int i = 0; i < ROUNDS; i++) {
        int status;
        const pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) process(i);
        CHECK(waitpid(pid, &status, 0) == pid);
        if (i % 3 == 0) CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        else CHECK(WIFSIGNALED(status) && WTERMSIG(status) == (i % 3 == 1 ? SIGTERM : SIGKILL));
    }
    puts("exit_while_blocked: ok");
    return 0;
}
