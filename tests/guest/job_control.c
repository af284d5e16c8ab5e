/* SPDX-License-Identifier: ISC */
/* wait(2), setpgid(2): stop and continue are reported, process groups are signalled as one, orphans are adopted. */
#include "tests/guest/check.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t n_chld;

static void on_chld(int signo) {
    n_chld++;
}

static void stop_and_continue(void) {
    int status;
    siginfo_t info;
    signal(SIGCHLD, on_chld);
    const pid_t pid = fork();
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(9);
    }
    while (waitpid(pid, &status, WUNTRACED) != pid) CHECK(errno == EINTR);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK(waitpid(pid, &status, WUNTRACED | WNOHANG) == 0);
    CHECK(kill(pid, SIGCONT) == 0);
    while (waitid(P_PID, (id_t)pid, &info, WCONTINUED | WEXITED) != 0) CHECK(errno == EINTR);
    if (info.si_code == CLD_CONTINUED) {
        CHECK(info.si_status == SIGCONT);
        while (waitid(P_PID, (id_t)pid, &info, WEXITED) != 0) CHECK(errno == EINTR);
    }
    CHECK(info.si_code == CLD_EXITED && info.si_status == 9);
    CHECK(n_chld >= 2);
    signal(SIGCHLD, SIG_DFL);
}

static void groups(void) {
    int status;
    pid_t pids[3];
    for (int i = 0; i < 3; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            for (;;) pause();
        }
        CHECK(setpgid(pids[i], pids[0]) == 0);
        CHECK(getpgid(pids[i]) == pids[0]);
    }
    CHECK(kill(-pids[0], SIGUSR1) == 0);
    for (int i = 0; i < 3; i++) {
        CHECK(waitpid(-pids[0], &status, 0) > 0);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
    }
    CHECK_ERROR(kill(-pids[0], 0), ESRCH);
    CHECK_ERROR(setpgid(0x3ffffff, 0), ESRCH);
}

static void sessions(void) {
    int status;
    if (fork() == 0) {
        CHECK(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid());
        CHECK_ERROR(setsid(), EPERM);
        CHECK_ERROR(setpgid(0, 0), EPERM);
        _exit(0);
    }
    CHECK(wait(&status) > 0 && status == 0);
}

static void orphans(void) {
    int status, fds[2];
    pid_t seen = 0;
    CHECK(pipe(fds) == 0);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const pid_t middle = getpid();
        if (fork() == 0) {
            while (getppid() == middle) usleep(1000);
            seen = getppid();
            CHECK(write(fds[1], &seen, sizeof seen) == sizeof seen);
            _exit(5);
        }
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(read(fds[0], &seen, sizeof seen) == sizeof seen && seen != child);
    CHECK(seen == getpid());
    CHECK(wait(&status) > 0 && WEXITSTATUS(status) == 5);
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

static void ignored_children(void) {
    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0) _exit(1);
    CHECK_ERROR(wait(NULL), ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

int main(void) {
    stop_and_continue();
    groups();
    sessions();
    orphans();
    ignored_children();
    puts("job control: ok");
    return 0;
}
