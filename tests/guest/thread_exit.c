/* SPDX-License-Identifier: ISC */
/* exit(2), exit_group(2), clone(2): the leader may leave first, exit_group and SIGKILL end sleeping threads, CLEARTID
 * is stored and woken also for a thread without a stack. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

static int fds[2];

static void *leave_last(void *arg) {
    struct timespec pause = {0, 20000000};
    nanosleep(&pause, NULL);
    syscall(SYS_exit_group, 31);
    return NULL;
}

static void leader_leaves_first(void) {
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, leave_last, NULL) == 0);
        syscall(SYS_exit, 30);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 31);
}

static void *sleep_in_read(void *arg) {
    char byte;
    CHECK(read(fds[0], &byte, 1) == 1);
    return NULL;
}

static void *sleep_in_pause(void *arg) {
    for (;;) pause();
    return arg;
}

static void *spin(void *arg) {
    for (volatile int i = 0;; i++) {
    }
    return arg;
}

static void many_threads(void) {
    static void *(*const bodies[])(void *) = {sleep_in_read, sleep_in_pause, spin, sleep_in_read};
    pthread_t thread;
    for (int i = 0; i < 8; i++) CHECK(pthread_create(&thread, NULL, bodies[i % 4], NULL) == 0);
}

static void exit_group_ends_all(void) {
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        many_threads();
        _exit(32);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 32);
}

static void kill_ends_all(int signo) {
    int status, ready[2];
    char byte;
    CHECK(pipe(ready) == 0);
    const pid_t pid = fork();
    if (pid == 0) {
        many_threads();
        CHECK(write(ready[1], "x", 1) == 1);
        for (;;) pause();
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    CHECK(kill(pid, signo) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == signo);
    close(ready[0]);
    close(ready[1]);
}

/* A child process, not a thread, so that nothing of musl's thread list is involved. */
static _Atomic int cleared = 77;

static int do_nothing(void *arg) {
    return 0;
}

static void cleartid(void) {
    static char stack[16384] __attribute__((aligned(16)));
    const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID;
    cleared = 77;
    CHECK(clone(do_nothing, stack + sizeof stack, flags, NULL, NULL, NULL, &cleared) > 0);
    while (cleared == 77) syscall(SYS_futex, &cleared, 0, 77, NULL);
    CHECK(cleared == 0);
}

static void *detached(void *arg) {
    atomic_fetch_add((_Atomic int *)arg, 1);
    return NULL;
}

static void detached_threads(void) {
    static _Atomic int n;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        while (pthread_create(&thread, &attr, detached, &n) != 0) sched_yield();
    }
    while (n < 200) sched_yield();
}

int main(void) {
    CHECK(pipe(fds) == 0);
    leader_leaves_first();
    exit_group_ends_all();
    kill_ends_all(SIGKILL);
    kill_ends_all(SIGTERM);
    cleartid();
    detached_threads();
    puts("ends of threads: ok");
    return 0;
}
