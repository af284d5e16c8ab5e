/* SPDX-License-Identifier: ISC */
/* clone(2), clone3(2): what is shared, where tids are stored, which combinations are refused. */
#define _GNU_SOURCE
#include "tests/guest/check.h"

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* struct clone_args of clone3; musl has no kernel headers. */
struct clone_args {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static char stack[65536] __attribute__((aligned(16)));
static volatile int shared;
static volatile pid_t parent_tid, child_tid = -1;

static int child(void *arg) {
    shared = parent_tid == getpid() && parent_tid > 0 ? 7 : 8;
    return (int)(intptr_t)arg;
}

static void shares_memory(void) {
    int status;
    parent_tid = 0;
    const pid_t pid = clone(child, stack + sizeof stack, CLONE_VM | CLONE_PARENT_SETTID | SIGCHLD, (void *)6, &parent_tid);
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK(WEXITSTATUS(status) == 6 && shared == 7 && parent_tid == pid);
}

static void other_exit_signal(void) {
    int status;
    const pid_t pid = clone(child, stack + sizeof stack, CLONE_VM, (void *)4);
    CHECK(pid > 0);
    CHECK_ERROR(waitpid(pid, &status, 0), ECHILD);
    CHECK(waitpid(pid, &status, __WCLONE) == pid && WEXITSTATUS(status) == 4);
}

static long raw_clone(unsigned long flags) {
    return syscall(SYS_clone, flags, stack + sizeof stack, &parent_tid, &child_tid, 0);
}

static void refused(void) {
    CHECK_ERROR(raw_clone(CLONE_THREAD | SIGCHLD), EINVAL);
    CHECK_ERROR(raw_clone(CLONE_SIGHAND | SIGCHLD), EINVAL);
    CHECK_ERROR(raw_clone(CLONE_THREAD | CLONE_SIGHAND | SIGCHLD), EINVAL);
    CHECK_ERROR(raw_clone(CLONE_FS | CLONE_NEWNS | SIGCHLD), EINVAL);
}

static long clone3(struct clone_args *args, size_t size) {
    return syscall(SYS_clone3, args, size);
}

static void by_clone3(void) {
    struct clone_args args = {.exit_signal = SIGCHLD};
    char big[128] = {0};
    int status;
    long pid = clone3(&args, sizeof args);
    if (pid == 0) _exit(17);
    CHECK(pid > 0 && waitpid((pid_t)pid, &status, 0) == pid && WEXITSTATUS(status) == 17);
    CHECK_ERROR(clone3(&args, 63), EINVAL);
    CHECK_ERROR(clone3(&args, 4097), E2BIG);
    memcpy(big, &args, sizeof args);
    big[127] = 1;
    CHECK_ERROR(clone3((struct clone_args *)big, sizeof big), E2BIG);
    big[127] = 0;
    pid = clone3((struct clone_args *)big, sizeof big);
    if (pid == 0) _exit(18);
    CHECK(pid > 0 && waitpid((pid_t)pid, &status, 0) == pid && WEXITSTATUS(status) == 18);
    args.exit_signal = 65;
    CHECK_ERROR(clone3(&args, sizeof args), EINVAL);
    args = (struct clone_args){.exit_signal = SIGCHLD, .stack = (uintptr_t)stack};
    CHECK_ERROR(clone3(&args, sizeof args), EINVAL);
    args = (struct clone_args){.exit_signal = SIGCHLD, .flags = 1ull << 40};
    CHECK_ERROR(clone3(&args, sizeof args), EINVAL);
    args = (struct clone_args){.exit_signal = SIGCHLD, .set_tid = 1};
    CHECK_ERROR(clone3(&args, sizeof args), EINVAL);
    CHECK_ERROR(clone3((struct clone_args *)8, sizeof args), EFAULT);
}

static void child_settid(void) {
    int status;
    child_tid = -1;
    const pid_t pid = (pid_t)syscall(SYS_clone, CLONE_CHILD_SETTID | SIGCHLD, 0, NULL, &child_tid, 0);
    if (pid == 0) _exit(child_tid == getpid() ? 0 : 1);
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(child_tid == -1);
}

int main(void) {
    shares_memory();
    other_exit_signal();
    refused();
    by_clone3();
    child_settid();
    puts("clone: ok");
    return 0;
}
