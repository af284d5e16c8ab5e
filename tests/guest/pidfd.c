/* SPDX-License-Identifier: ISC */
/* pidfd_open(2), pidfd_send_signal(2), waitid(2) with P_PIDFD, CLONE_PIDFD. */
#include "tests/guest/check.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

enum { WAIT_PIDFD = 3 };

int main(void) {
    siginfo_t info;
    const pid_t pid = fork();
    if (pid == 0) {
        for (;;) pause();
    }
    const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    CHECK(poll(&poll_fd, 1, 0) == 0);
    CHECK(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == 0);
    CHECK(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0) == 0);
    CHECK(poll(&poll_fd, 1, 10000) == 1 && (poll_fd.revents & POLLIN));
    CHECK(waitid((idtype_t)WAIT_PIDFD, (id_t)fd, &info, WEXITED) == 0);
    CHECK(info.si_pid == pid && info.si_code == CLD_KILLED && info.si_status == SIGTERM);
    CHECK_ERROR(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0), ESRCH);
    CHECK_ERROR(syscall(SYS_pidfd_open, pid, 0), ESRCH);
    CHECK_ERROR(syscall(SYS_pidfd_open, -1, 0), EINVAL);
    CHECK_ERROR(syscall(SYS_pidfd_send_signal, 1, SIGTERM, NULL, 0), EBADF);
    int second = -1, status;
    const pid_t child = (pid_t)syscall(SYS_clone, 0x1000 | SIGCHLD, 0, &second, 0, 0);
    if (child == 0) _exit(3);
    CHECK(child > 0 && second >= 0);
    poll_fd.fd = second;
    CHECK(poll(&poll_fd, 1, 10000) == 1);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3);
    puts("pidfd: ok");
    return 0;
}
