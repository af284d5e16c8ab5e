/* SPDX-License-Identifier: ISC */
/* sigaction(2): handlers, siginfo, masks, nesting, SA_NODEFER, SA_RESETHAND, SA_RESTART, edited contexts. */
#define _GNU_SOURCE
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t count, depth, deepest, last_code;
static volatile pid_t last_pid;
static int handled[2] = {-1, -1}; /* gets a byte a signal, if open */

static void on_signal(int signo, siginfo_t *info, void *context) {
    count++;
    last_code = info->si_code;
    last_pid = info->si_pid;
    depth++;
    if (depth > deepest) deepest = depth;
    if (count == 1 && signo == SIGUSR1) raise(SIGUSR1);
    depth--;
    if (handled[1] >= 0 && write(handled[1], "h", 1) != 1) _exit(3);
}

static void set(int signo, void (*fn)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {.sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags};
    CHECK(sigaction(signo, &action, NULL) == 0);
}

static void masks_and_nesting(void) {
    set(SIGUSR1, on_signal, 0);
    count = deepest = 0;
    kill(getpid(), SIGUSR1);
    CHECK(count == 2 && deepest == 1);
    set(SIGUSR1, on_signal, SA_NODEFER);
    count = deepest = 0;
    kill(getpid(), SIGUSR1);
    CHECK(count == 2 && deepest == 2);
    CHECK(last_code == SI_TKILL || last_code == SI_USER);
    CHECK(last_pid == getpid());
}

static void blocked_is_pending(void) {
    sigset_t set_, old, pending;
    sigemptyset(&set_);
    sigaddset(&set_, SIGUSR2);
    set(SIGUSR2, on_signal, SA_RESETHAND);
    CHECK(sigprocmask(SIG_BLOCK, &set_, &old) == 0);
    count = 0;
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGUSR2);
    CHECK(count == 0);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR2) == 1);
    CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
    CHECK(count == 1);
    struct sigaction now;
    CHECK(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
}

static void realtime_queue(void) {
    sigset_t set_;
    siginfo_t info;
    sigemptyset(&set_);
    sigaddset(&set_, SIGRTMIN + 3);
    CHECK(sigprocmask(SIG_BLOCK, &set_, NULL) == 0);
    for (int i = 0; i < 5; i++) CHECK(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 100 + i}) == 0);
    for (int i = 0; i < 5; i++) {
        CHECK(sigwaitinfo(&set_, &info) == SIGRTMIN + 3);
        CHECK(info.si_value.sival_int == 100 + i && info.si_code == SI_QUEUE && info.si_pid == getpid());
    }
    const struct timespec none = {0, 1000000};
    CHECK_ERROR(sigtimedwait(&set_, &info, &none), EAGAIN);
    CHECK(sigprocmask(SIG_UNBLOCK, &set_, NULL) == 0);
}

static void restarts(int flags, int expected_errno) {
    int fds[2];
    char byte = 0;
    CHECK(pipe(fds) == 0 && pipe(handled) == 0);
    set(SIGUSR1, on_signal, flags);
    count = 100;
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        const struct timespec pause = {0, 30000000};
        do {
            nanosleep(&pause, NULL);
            kill(parent, SIGUSR1);
        } while (expected_errno); /* the first may come before the read; until it is killed */
        CHECK(read(handled[0], &byte, 1) == 1 && write(fds[1], "x", 1) == 1);
        _exit(0);
    }
    errno = 0;
    const ssize_t n = read(fds[0], &byte, 1);
    if (expected_errno) CHECK(n == -1 && errno == expected_errno && kill(pid, SIGKILL) == 0);
    else CHECK(n == 1 && byte == 'x' && count == 101);
    CHECK(count >= 101);
    waitpid(pid, NULL, 0);
    for (int i = 0; i < 2; i++) CHECK(close(fds[i]) == 0 && close(handled[i]) == 0);
    handled[1] = -1;
}

static void change_context(int signo, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    uc->uc_mcontext.gregs[REG_RBX] = 0x1234567;
    sigaddset(&uc->uc_sigmask, SIGUSR2);
    count++;
}

static void edited_context(void) {
    sigset_t now;
    uint64_t rbx = 1;
    count = 0;
    set(SIGUSR1, change_context, 0);
    const long pid = getpid();
    long nr = 62, result;
    __asm__ volatile("mov $7, %%rbx; syscall; mov %%rbx, %1"
                     : "=a"(result), "=r"(rbx)
                     : "a"(nr), "D"(pid), "S"((long)SIGUSR1)
                     : "rbx", "rcx", "r11", "memory");
    CHECK(result == 0 && count == 1 && rbx == 0x1234567);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR2) == 1);
}

/* Vector and x87 state survive a handler that destroys them. */
static void clobber(int signo) {
    __asm__ volatile("pxor %%xmm7, %%xmm7; fninit; fldz; fldz" ::: "xmm7", "memory");
    count++;
}

static void floating_point_survives(void) {
    const double in = 3.25;
    double out = 0, x87 = 0;
    signal(SIGUSR1, clobber);
    const long pid = getpid();
    long result;
    __asm__ volatile("movsd %4, %%xmm7; fldl %4; syscall; fstpl %2; movsd %%xmm7, %1"
                     : "=a"(result), "=m"(out), "=m"(x87)
                     : "0"(62L), "m"(in), "D"(pid), "S"((long)SIGUSR1)
                     : "rcx", "r11", "xmm7", "memory");
    CHECK(result == 0 && out == 3.25 && x87 == 3.25);
}

static void errors(void) {
    struct sigaction action = {.sa_handler = SIG_IGN};
    CHECK_ERROR(sigaction(SIGKILL, &action, NULL), EINVAL);
    CHECK_ERROR(kill(getpid(), 65), EINVAL);
    CHECK_ERROR(kill(0x3ffffff, 0), ESRCH);
    CHECK(kill(getpid(), 0) == 0);
}

int main(void) {
    masks_and_nesting();
    blocked_is_pending();
    realtime_queue();
    restarts(SA_RESTART, 0);
    restarts(0, EINTR);
    edited_context();
    floating_point_survives();
    errors();
    puts("signal handlers: ok");
    return 0;
}
