/* SPDX-License-Identifier: ISC */
/* read(2), write(2) and relatives: positions, vectors, end of file, bad addresses move nothing, holes are zeros. */
#include "tests/guest/check.h"
#include <stdint.h>
#include <sys/mman.h>
#include <sys/uio.h>

static char big[300000], back[300000];

static void test_positions(int fd) {
    char b[16];
    CHECK(pwrite(fd, "abcdef", 6, 0) == 6 && lseek(fd, 0, SEEK_CUR) == 0);
    CHECK(pread(fd, b, 3, 2) == 3 && !memcmp(b, "cde", 3));
    CHECK(read(fd, b, 16) == 6 && read(fd, b, 16) == 0);
    CHECK(lseek(fd, 2, SEEK_END) == 8 && write(fd, "z", 1) == 1);
    CHECK(pread(fd, b, 16, 5) == 4 && !memcmp(b, "f\0\0z", 4));
    CHECK_ERROR(lseek(fd, -1, SEEK_SET), EINVAL);
    CHECK_ERROR(lseek(fd, 0, 9), EINVAL);
    CHECK_ERROR(pread(fd, b, 1, -1), EINVAL);
    CHECK_ERROR(pwrite(fd, b, 1, -1), EINVAL);
}

static void test_vectors(int fd) {
    char x[3], y[4];
    struct iovec out[3] = {{"ab", 2}, {NULL, 0}, {"cdefg", 5}}, in[2] = {{x, 3}, {y, 4}};
    CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    CHECK(writev(fd, out, 3) == 7);
    CHECK(preadv(fd, in, 2, 0) == 7 && !memcmp(x, "abc", 3) && !memcmp(y, "defg", 4));
    CHECK(pwritev(fd, out, 1, 5) == 2);
    CHECK_ERROR(readv(fd, in, -1), EINVAL);
    CHECK_ERROR(readv(fd, in, 1025), EINVAL);
    CHECK_ERROR(readv(99, in, 1), EBADF);
    CHECK_ERROR(writev(fd, (void *)8, 2), EFAULT);
    in[1].iov_len = SIZE_MAX;
    CHECK_ERROR(readv(fd, in, 2), EINVAL);
}

static void test_bad_addresses(int fd) {
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED && munmap(page + 4096, 4096) == 0);
    CHECK_ERROR(write(fd, (void *)8, 4), EFAULT);
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    CHECK_ERROR(read(fd, (void *)8, 4), EFAULT);
    CHECK(lseek(fd, 0, SEEK_CUR) == 0);
    memset(page, 'q', 4096);
    CHECK(pwrite(fd, page + 4090, 20, 0) == 6);
    CHECK(pread(fd, back, 10, 0) >= 6 && !memcmp(back, "qqqqqq", 6));
}

static void test_big(int fd) {
    for (size_t i = 0; i < sizeof big; i++) big[i] = (char)(i * 7 + i / 1000);
    CHECK(pwrite(fd, big, sizeof big, 0) == sizeof big);
    CHECK(lseek(fd, 0, SEEK_SET) == 0 && read(fd, back, sizeof back) == sizeof back);
    CHECK(!memcmp(big, back, sizeof big));
    CHECK(ftruncate(fd, 1000) == 0 && pread(fd, back, sizeof back, 0) == 1000);
}

int main(void) {
    int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0600);
    CHECK(fd >= 0);
    test_positions(fd);
    test_vectors(fd);
    test_bad_addresses(fd);
    test_big(fd);
    char b;
    CHECK_ERROR(read(99, &b, 1), EBADF);
    int ro = open("f", O_RDONLY), wo = open("f", O_WRONLY), dir = open(".", O_RDONLY);
    CHECK_ERROR(write(ro, "x", 1), EBADF);
    CHECK_ERROR(read(wo, &b, 1), EBADF);
    CHECK_ERROR(read(dir, &b, 1), EISDIR);
    CHECK_ERROR(ftruncate(ro, 0), EINVAL);
    puts("file_read_write: ok");
    return 0;
}
