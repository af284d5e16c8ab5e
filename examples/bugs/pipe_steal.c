/* SPDX-License-Identifier: ISC */
/* Two processes wait for a pipe to be readable and read: one byte, and the second one sleeps for ever. Right: it does not block. */
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int fds[2];
    char byte = 0;
    if (pipe(fds)) return 2;
#ifdef CORRECT
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
#endif
    for (int i = 0; i < 2; i++) {
        if (fork()) continue;
        struct pollfd fd = {fds[0], POLLIN, 0};
        if (poll(&fd, 1, 0) == 1 && read(fds[0], &byte, 1) < 0) _exit(0);
        _exit(0);
    }
    if (write(fds[1], &byte, 1) != 1) return 2;
    while (wait(NULL) > 0) {
    }
    return 0;
}
