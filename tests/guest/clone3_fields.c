/* SPDX-License-Identifier: ISC */
/* clone3: sizes and fields, pidfd, exit signal, CLONE_CLEAR_SIGHAND, errors of flags; futex_waitv. */
#include "check.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

enum { PIDFD = 0x1000, CLEAR_SIGHAND_HIGH = 1, THREAD = 0x10000, SIGHAND = 0x800, VM = 0x100, FS = 0x200, NEWNS = 0x20000,
       PARENT_SETTID = 0x100000, CHILD_SETTID = 0x1000000, DETACHED = 0x400000 };
#define CLEAR_SIGHAND 0x100000000ull

struct args {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static long clone3(const struct args *args, size_t size) {
    return syscall(SYS_clone3, args, size);
}

static void sizes(void) {
    struct {
        struct args known;
        uint64_t more;
    } big = {.known = {.exit_signal = SIGCHLD}};
    const struct args a = {.exit_signal = SIGCHLD};
    CHECK_ERROR(clone3(&a, 63), EINVAL);
    CHECK_ERROR(clone3(&a, 5000), E2BIG);
    CHECK_ERROR(clone3((void *)8, sizeof a), EFAULT);
    for (int i = 0; i < 3; i++) {
        const size_t size[] = {64, 80, 96};
        const long pid = clone3(&big.known, size[i]);
        if (pid == 0) _exit(0);
        CHECK(pid > 0);
        wait_ok((pid_t)pid);
    }
    big.more = 1;
    CHECK_ERROR(clone3(&big.known, sizeof big), E2BIG);
}

static void errors(void) {
    static const struct args bad[] = {
        {.exit_signal = 65}, {.exit_signal = 1ull << 40}, {.flags = SIGCHLD}, {.flags = DETACHED}, {.flags = SIGHAND}, {.flags = THREAD},
        {.flags = THREAD | SIGHAND | VM, .exit_signal = SIGCHLD, .stack = 4096, .stack_size = 4096}, {.stack = 4096}, {.stack_size = 4096},
        {.flags = 1ull << 50}, {.flags = CLEAR_SIGHAND | SIGHAND | VM}, {.flags = FS | NEWNS}, {.set_tid = 1}, {.set_tid_size = 1},
        {.set_tid_size = 33, .set_tid = 4096},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        errno = 0;
        const long r = clone3(&bad[i], sizeof bad[i]);
        if (r == 0) _exit(0);
        if (r != -1 || errno != EINVAL) printf("%u: %ld, errno %d\n", i, r, errno);
    }
}

static void pidfds_and_tids(void) {
    int pidfd = -1;
    uint32_t parent_tid = 0;
    uint32_t *child_tid = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const struct args a = {.flags = PIDFD | PARENT_SETTID | CHILD_SETTID, .pidfd = (uintptr_t)&pidfd, .parent_tid = (uintptr_t)&parent_tid,
                           .child_tid = (uintptr_t)child_tid, .exit_signal = SIGCHLD};
    const long pid = clone3(&a, sizeof a);
    if (pid == 0) _exit(*child_tid == (uint32_t)syscall(SYS_gettid) ? 3 : 4);
    CHECK(pid > 0 && parent_tid == (uint32_t)pid && pidfd >= 0 && (fcntl(pidfd, F_GETFD) & FD_CLOEXEC));
    struct pollfd p = {.fd = pidfd, .events = POLLIN};
    siginfo_t info;
    CHECK(poll(&p, 1, 20000) == 1 && waitid(3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED) == 0);
    CHECK(info.si_pid == (pid_t)pid && info.si_code == CLD_EXITED && info.si_status == 3 && *child_tid == (uint32_t)pid);
    CHECK(close(pidfd) == 0);
}

static void handler(int signo) {
}

static void clears_handlers(void) {
    struct sigaction now;
    signal(SIGUSR1, handler);
    signal(SIGUSR2, SIG_IGN);
    const struct args a = {.flags = CLEAR_SIGHAND, .exit_signal = SIGCHLD};
    const long pid = clone3(&a, sizeof a);
    if (pid == 0) {
        CHECK(sigaction(SIGUSR1, 0, &now) == 0 && now.sa_handler == SIG_DFL);
        CHECK(sigaction(SIGUSR2, 0, &now) == 0 && now.sa_handler == SIG_IGN);
        _exit(0);
    }
    wait_ok((pid_t)pid);
    CHECK(sigaction(SIGUSR1, 0, &now) == 0 && now.sa_handler == handler);
}

static void other_exit_signal(void) {
    const struct args a = {.exit_signal = 0};
    const long pid = clone3(&a, sizeof a);
    if (pid == 0) _exit(5);
    int status;
    CHECK_ERROR(waitpid((pid_t)pid, &status, 0), ECHILD);
    CHECK(waitpid((pid_t)pid, &status, 0x40000000 /* __WALL */) == (pid_t)pid && WEXITSTATUS(status) == 5);
}

struct waitv {
    uint64_t value, address;
    uint32_t flags, reserved;
};

static long futex_waitv(struct waitv *v, unsigned n, unsigned flags, const struct timespec *at, int clock) {
    return syscall(449, v, n, flags, at, clock);
}

static void vectors(void) {
    uint32_t *words = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct waitv v[3] = {{0, (uintptr_t)&words[0], 2, 0}, {0, (uintptr_t)&words[1], 2, 0}, {0, (uintptr_t)&words[2], 2, 0}};
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    CHECK_ERROR(futex_waitv(v, 3, 0, &at, CLOCK_MONOTONIC), ETIMEDOUT);
    CHECK_ERROR(futex_waitv(v, 0, 0, 0, 0), EINVAL);
    CHECK_ERROR(futex_waitv(v, 129, 0, 0, 0), EINVAL);
    CHECK_ERROR(futex_waitv(v, 3, 1, 0, 0), EINVAL);
    CHECK_ERROR(futex_waitv(v, 3, 0, &at, 7), EINVAL);
    CHECK_ERROR(futex_waitv((void *)8, 1, 0, 0, 0), EFAULT);
    v[1].reserved = 1;
    CHECK_ERROR(futex_waitv(v, 3, 0, 0, 0), EINVAL);
    v[1].reserved = 0;
    v[1].value = 9;
    CHECK_ERROR(futex_waitv(v, 3, 0, 0, 0), EAGAIN);
    v[1].value = 0;
    const pid_t child = fork();
    if (child == 0) {
        while (syscall(SYS_futex, &words[1], 1, 1) != 1) usleep(1000);
        _exit(0);
    }
    CHECK(futex_waitv(v, 3, 0, 0, 0) == 1);
    wait_ok(child);
}

int main(void) {
    sizes();
    errors();
    pidfds_and_tids();
    clears_handlers();
    other_exit_signal();
    vectors();
    printf("clone3 and futex_waitv as their pages say\n");
}
