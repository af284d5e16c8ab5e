/* SPDX-License-Identifier: ISC */
/* fifo(7): opening one end waits for the other, O_NONBLOCK does not, a writer without readers gets ENXIO. */
#include "tests/guest/check.h"
#include <poll.h>
#include <time.h>

int main(void) {
    char b[8];
    struct stat st;
    umask(022);
    CHECK(mkfifo("p", 0666) == 0 && stat("p", &st) == 0 && S_ISFIFO(st.st_mode) && (st.st_mode & 0777) == 0644);
    CHECK_ERROR(mkfifo("p", 0600), EEXIST);
    CHECK_ERROR(open("p", O_WRONLY | O_NONBLOCK), ENXIO);
    int r = open("p", O_RDONLY | O_NONBLOCK);
    struct pollfd f = {r, POLLIN, 0};
    CHECK(r >= 0 && read(r, b, 8) == 0 && poll(&f, 1, 0) == 0);
    int w = open("p", O_WRONLY);
    CHECK(w >= 0);
    CHECK_ERROR(read(r, b, 8), EAGAIN);
    CHECK(write(w, "abc", 3) == 3 && poll(&f, 1, 0) == 1 && f.revents == POLLIN && read(r, b, 8) == 3);
    CHECK(close(w) == 0 && poll(&f, 1, 0) == 1 && f.revents == POLLHUP && close(r) == 0);
    pid_t child = fork();
    if (child == 0) {
        struct timespec t = {0, 50000000};
        nanosleep(&t, NULL);
        w = open("p", O_WRONLY);
        _exit(w < 0 || write(w, "xyz", 3) != 3);
    }
    r = open("p", O_RDONLY);
    CHECK(r >= 0 && read(r, b, 8) == 3 && !memcmp(b, "xyz", 3) && read(r, b, 8) == 0);
    wait_ok(child);
    close(r);
    int both = open("p", O_RDWR);
    CHECK(both >= 0 && write(both, "q", 1) == 1 && read(both, b, 8) == 1 && fstat(both, &st) == 0 && S_ISFIFO(st.st_mode));
    puts("fifo_open: ok");
    return 0;
}
