/* SPDX-License-Identifier: ISC */
/* Code in a mapped file that write(2), pwrite(2), sendfile(2) and fallocate(2) change: the next call runs the new bytes. */
#include "tests/guest/check.h"

#include <cpuid.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#define PAGE 4096

/* mov eax, value; ret */
static void emit(unsigned char *at, int value) {
    at[0] = 0xb8;
    memcpy(at + 1, &value, 4);
    at[5] = 0xc3;
}

static int call(const void *code) {
    int (*fn)(void);
    unsigned a, b, c, d;
    __cpuid(0, a, b, c, d); /* serializes */
    memcpy(&fn, &code, sizeof fn);
    return fn();
}

static void put(int fd, int other, const unsigned char code[6], int how) {
    if (how == 0) CHECK(pwrite(fd, code, 6, PAGE - 3) == 6);
    else if (how == 1) CHECK(lseek(fd, PAGE - 3, SEEK_SET) == PAGE - 3 && write(fd, code, 6) == 6);
    else CHECK(pwrite(other, code, 6, 0) == 6 && lseek(fd, PAGE - 3, SEEK_SET) > 0 && sendfile(fd, other, &(off_t){0}, 6) == 6);
}

static void test_writes(int fd, int other) {
    CHECK(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0);
    unsigned char *shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    unsigned char *private = mmap(NULL, 2 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    CHECK(shared != MAP_FAILED && private != MAP_FAILED);
    unsigned char code[6];
    for (int i = 0; i < 60; i++) {
        emit(code, i);
        put(fd, other, code, i % 3);
        CHECK(call(shared + PAGE - 3) == i);
        CHECK(call(private + PAGE - 3) == i);
    }
    munmap(shared, 2 * PAGE);
    munmap(private, 2 * PAGE);
    close(fd);
}

/* Only the immediate becomes a hole. */
static void test_hole(int fd) {
    CHECK(fd >= 0 && ftruncate(fd, PAGE) == 0);
    unsigned char *at = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    CHECK(at != MAP_FAILED);
    unsigned char code[6];
    for (int i = 1; i < 10; i++) {
        emit(code, i);
        CHECK(pwrite(fd, code, 6, 8) == 6);
        CHECK(call(at + 8) == i);
        CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 9, 4) == 0);
        CHECK(call(at + 8) == 0);
    }
    munmap(at, PAGE);
    close(fd);
}

int main(void) {
    const int other = memfd_create("other", 0);
    CHECK(other >= 0);
    test_writes(memfd_create("code", 0), other);
    test_writes(open("code", O_RDWR | O_CREAT, 0600), other);
    test_hole(memfd_create("hole", 0));
    puts("file_code_written: ok");
    return 0;
}
