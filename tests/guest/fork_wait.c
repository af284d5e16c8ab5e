/* SPDX-License-Identifier: ISC */
/* fork(2), wait(2): private memory, exit status, signal status, WNOHANG, ECHILD, waitid with WNOWAIT. */
#include "tests/guest/check.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int data = 1;

static void memory_is_copied(void) {
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        data = 2;
        *shared = getppid() > 0 ? 42 : 0;
        _exit(data + 5);
    }
    CHECK(pid > 0);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CHECK(data == 1);
    CHECK(*shared == 42);
    CHECK_ERROR(waitpid(pid, &status, 0), ECHILD);
}

static void death_by_signal(void) {
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        kill(getpid(), SIGTERM);
        _exit(1);
    }
    CHECK(waitpid(-1, &status, 0) == pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void not_yet(void) {
    int status, fds[2];
    char byte;
    CHECK(pipe(fds) == 0);
    const pid_t pid = fork();
    if (pid == 0) {
        close(fds[1]);
        _exit(read(fds[0], &byte, 1) == 0 ? 3 : 4);
    }
    CHECK(waitpid(pid, &status, WNOHANG) == 0);
    CHECK_ERROR(waitpid(pid, &status, 0x100), EINVAL);
    close(fds[0]);
    close(fds[1]);
    siginfo_t info;
    CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
    CHECK(info.si_pid == pid && info.si_code == CLD_EXITED && info.si_status == 3 && info.si_signo == SIGCHLD);
    struct rusage usage;
    CHECK(wait4(pid, &status, 0, &usage) == pid && WEXITSTATUS(status) == 3);
}

static void many(void) {
    int sum = 0, status;
    for (int i = 0; i < 30; i++) {
        if (fork() == 0) _exit(i);
    }
    for (int i = 0; i < 30; i++) {
        CHECK(wait(&status) > 0 && WIFEXITED(status));
        sum += WEXITSTATUS(status);
    }
    CHECK(sum == 435);
    CHECK_ERROR(wait(&status), ECHILD);
}

int main(void) {
    memory_is_copied();
    death_by_signal();
    not_yet();
    many();
    puts("fork and wait: ok");
    return 0;
}
