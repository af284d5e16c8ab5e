/* SPDX-License-Identifier: ISC */
/* vfork(2): memory is shared, the parent is suspended until the child execs or exits, and can be killed meanwhile;
 * descriptors and dispositions are not shared. */
#include "tests/guest/check.h"

#include <signal.h>
#include <time.h>

static volatile int shared;

static void on_signal(int signo) {
}

static void until_exit(void) {
    int status;
    const pid_t pid = vfork();
    if (pid == 0) {
        struct timespec pause = {0, 30000000};
        nanosleep(&pause, NULL);
        struct sigaction action = {.sa_handler = on_signal};
        sigaction(SIGUSR1, &action, NULL);
        close(100);
        shared = 1;
        _exit(11);
    }
    CHECK(shared == 1);
    struct sigaction now;
    CHECK(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
    CHECK(fcntl(100, F_GETFD) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 11);
}

static void until_killed(void) {
    int status;
    const pid_t pid = vfork();
    if (pid == 0) {
        kill(getpid(), SIGKILL); /* raise would name the parent: it has cached its tid */
        _exit(1);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void parent_is_killed(void) {
    int status, ready[2];
    pid_t pids[2] = {0, 0};
    CHECK(pipe(ready) == 0);
    const pid_t parent = fork();
    if (parent == 0) {
        if (vfork() == 0) {
            pids[0] = getpid();
            if (write(ready[1], pids, sizeof pids) != sizeof pids) _exit(1);
            for (;;) pause();
        }
        _exit(0);
    }
    CHECK(read(ready[0], pids, sizeof pids) == sizeof pids);
    CHECK(kill(parent, SIGKILL) == 0);
    CHECK(waitpid(parent, &status, 0) == parent && WIFSIGNALED(status));
    CHECK(kill(pids[0], SIGKILL) == 0);
}

int main(void) {
    CHECK(dup2(1, 100) == 100);
    until_exit();
    until_killed();
    parent_is_killed();
    puts("vfork: ok");
    return 0;
}
