/* SPDX-License-Identifier: ISC */
/* splice, tee, vmsplice: bytes and offsets that move, what stays when the other side is full, errors. */
#include "check.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>

static void make_pipe(int p[2], int flags) {
    CHECK(pipe2(p, flags) == 0);
}

static void close_pipe(const int p[2]) {
    CHECK(close(p[0]) == 0 && close(p[1]) == 0);
}

static void file_to_pipe_to_file(void) {
    int p[2];
    char buf[64] = {0};
    make_pipe(p, 0);
    const int in = open("in", O_CREAT | O_RDWR | O_TRUNC, 0644), out = open("out", O_CREAT | O_RDWR | O_TRUNC, 0644);
    CHECK(write(in, "0123456789", 10) == 10 && lseek(in, 0, SEEK_SET) == 0);
    CHECK(splice(in, 0, p[1], 0, 4, 0) == 4 && lseek(in, 0, SEEK_CUR) == 4);
    off_t at = 7;
    CHECK(splice(in, &at, p[1], 0, 100, 0) == 3 && at == 10 && lseek(in, 0, SEEK_CUR) == 4);
    off_t to = 5;
    CHECK(splice(p[0], 0, out, &to, 7, SPLICE_F_MOVE) == 7 && to == 12 && lseek(out, 0, SEEK_CUR) == 0);
    CHECK(pread(out, buf, sizeof buf, 0) == 12 && memcmp(buf, "\0\0\0\0\0" "0123789", 12) == 0);
    CHECK(splice(in, &at, p[1], 0, 100, 0) == 0); /* the end of the file */
    CHECK_ERROR(splice(p[0], 0, out, 0, 10, SPLICE_F_NONBLOCK), EAGAIN);
    CHECK(close(p[1]) == 0 && splice(p[0], 0, out, 0, 10, 0) == 0 && close(p[0]) == 0);
    CHECK(close(in) == 0 && close(out) == 0);
}

static void tees(void) {
    int a[2], b[2];
    char buf[16];
    make_pipe(a, 0);
    make_pipe(b, 0);
    CHECK(write(a[1], "abcdef", 6) == 6);
    CHECK(tee(a[0], b[1], 4, 0) == 4);
    CHECK(read(a[0], buf, 16) == 6 && read(b[0], buf, 16) == 4 && memcmp(buf, "abcd", 4) == 0);
    CHECK_ERROR(tee(a[0], b[1], 4, SPLICE_F_NONBLOCK), EAGAIN);
    CHECK_ERROR(tee(a[0], a[1], 4, 0), EINVAL);
    close_pipe(a);
    CHECK_ERROR(tee(0, b[1], 4, 0), EINVAL);
    close_pipe(b);
}

static void memory(void) {
    int p[2];
    make_pipe(p, 0);
    char first[] = "first ", second[] = "second", buf[32], more[4];
    const struct iovec v[] = {{first, 6}, {second, 6}};
    CHECK(vmsplice(p[1], v, 2, 0) == 12);
    const struct iovec into[] = {{buf, 8}, {more, 4}};
    CHECK(vmsplice(p[0], into, 2, 0) == 12 && memcmp(buf, "first se", 8) == 0 && memcmp(more, "cond", 4) == 0);
    CHECK_ERROR(vmsplice(p[0], into, 2, SPLICE_F_NONBLOCK), EAGAIN);
    CHECK_ERROR(vmsplice(p[1], v, 1025, 0), EINVAL);
    close_pipe(p);
}

/* What the full side did not take is still in the pipe. */
static void full(void) {
    int a[2], b[2];
    static char big[65536], buf[65536];
    make_pipe(a, 0);
    make_pipe(b, O_NONBLOCK);
    memset(big, 'b', sizeof big);
    CHECK(write(b[1], big, sizeof big) == sizeof big);
    CHECK(write(a[1], "kept", 4) == 4);
    CHECK_ERROR(splice(a[0], 0, b[1], 0, 4, SPLICE_F_NONBLOCK), EAGAIN);
    CHECK(read(a[0], buf, 10) == 4 && memcmp(buf, "kept", 4) == 0);
    CHECK(read(b[0], buf, sizeof buf) == sizeof buf && write(a[1], "goes", 4) == 4);
    CHECK(splice(a[0], 0, b[1], 0, 4, 0) == 4 && read(b[0], buf, 10) == 4 && memcmp(buf, "goes", 4) == 0);
    CHECK(close(b[0]) == 0 && write(a[1], "lost", 4) == 4);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERROR(splice(a[0], 0, b[1], 0, 4, 0), EPIPE);
    signal(SIGPIPE, SIG_DFL);
    CHECK(close(b[1]) == 0);
    close_pipe(a);
}

static void through_sockets(void) {
    int p[2], s[2];
    char buf[16];
    make_pipe(p, 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && write(s[0], "socket", 6) == 6);
    CHECK(splice(s[1], 0, p[1], 0, 100, 0) == 6 && splice(p[0], 0, s[1], 0, 6, 0) == 6);
    CHECK(read(s[0], buf, 16) == 6 && memcmp(buf, "socket", 6) == 0);
    close_pipe(p);
    CHECK(close(s[0]) == 0 && close(s[1]) == 0);
}

static void errors(void) {
    int p[2];
    off_t at = 0;
    make_pipe(p, 0);
    const int fd = open("in", O_RDWR), append = open("out", O_WRONLY | O_APPEND);
    CHECK_ERROR(splice(fd, 0, append, 0, 1, 0), EINVAL);
    CHECK_ERROR(splice(p[0], &at, fd, 0, 1, 0), ESPIPE);
    CHECK_ERROR(splice(p[0], 0, p[1], 0, 1, 0), EINVAL);
    CHECK_ERROR(splice(p[1], 0, fd, 0, 1, 0), EBADF);
    CHECK_ERROR(splice(999, 0, p[1], 0, 1, 0), EBADF);
    CHECK_ERROR(splice(fd, 0, p[1], 0, 1, 64), EINVAL);
    CHECK(write(p[1], "x", 1) == 1);
    CHECK_ERROR(splice(p[0], 0, append, 0, 1, 0), EINVAL);
    CHECK(splice(fd, 0, p[1], 0, 0, 0) == 0);
    close_pipe(p);
    CHECK(close(fd) == 0 && close(append) == 0);
}

/* A long way through two pipes: every byte once and in order. */
static void stream(void) {
    enum { TOTAL = 1 << 20 };
    int a[2], b[2];
    make_pipe(a, 0);
    make_pipe(b, 0);
    const pid_t writer = fork();
    if (writer == 0) {
        for (unsigned i = 0; i < TOTAL / 4; i++) CHECK(write(a[1], &i, 4) == 4);
        _exit(0);
    }
    CHECK(close(a[1]) == 0);
    const pid_t middle = fork();
    if (middle == 0) {
        ssize_t n;
        while ((n = splice(a[0], 0, b[1], 0, 5000, 0)) > 0) {
        }
        _exit(n != 0);
    }
    CHECK(close(b[1]) == 0 && close(a[0]) == 0);
    unsigned wanted = 0, got;
    FILE *f = fdopen(b[0], "r");
    while (fread(&got, 4, 1, f) == 1) CHECK(got == wanted++);
    CHECK(wanted == TOTAL / 4 && fclose(f) == 0);
    wait_ok(writer);
    wait_ok(middle);
}

int main(void) {
    file_to_pipe_to_file();
    tees();
    memory();
    full();
    through_sockets();
    errors();
    stream();
    printf("pipes spliced as splice(2) says\n");
}
