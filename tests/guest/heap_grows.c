/* SPDX-License-Identifier: ISC */
/* brk(2): the heap grows and shrinks in any steps, from zeros, to hundreds of megabytes, with mappings around it and in children; it
 * stops at a mapping in its way and at RLIMIT_DATA, and stays where it was then. */
#include "tests/guest/check.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define PAGE 4096l
#define MIB (1l << 20)

static char *set_break(char *to) {
    return (char *)syscall(SYS_brk, to);
}

static void touch(char *from, char *to) {
    for (char *p = from; p < to; p += PAGE) {
        CHECK(*p == 0);
        *p = 1;
    }
}

static void in_steps(char *start) {
    char *at = start;
    for (long step = 1; step < 200000; step = step * 3 + 1) {
        CHECK(set_break(at + step) == at + step);
        at[step - 1] = 1;
        at += step;
    }
    CHECK(set_break(start) == start);
    CHECK(set_break(start + 64 * MIB) == start + 64 * MIB);
    touch(start, start + 64 * MIB);
    for (long left = 63; left >= 0; left--) CHECK(set_break(start + left * MIB) == start + left * MIB);
    CHECK(set_break(start + 300 * MIB) == start + 300 * MIB);
    touch(start + 280 * MIB, start + 300 * MIB);
    CHECK(set_break(start) == start);
}

static void among_mappings(char *start) {
    void *other[64];
    for (int i = 0; i < 64; i++) {
        other[i] = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(other[i] != MAP_FAILED && set_break(start + (i + 1) * MIB) == start + (i + 1) * MIB);
        start[i * MIB] = 1;
    }
    for (int i = 0; i < 64; i++) CHECK(start[i * MIB] == 1 && munmap(other[i], MIB) == 0);
    CHECK(set_break(start) == start);
}

static void something_in_the_way(char *start) {
    char *page = (char *)(((uintptr_t)start + 8 * MIB) & -(uintptr_t)PAGE);
    CHECK(mmap(page, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == page);
    CHECK(set_break(start + MIB) == start + MIB);
    CHECK(set_break(page + MIB) == start + MIB);
    CHECK(munmap(page, PAGE) == 0 && set_break(page + MIB) == page + MIB);
    CHECK(set_break(start) == start);
}

static void children(char *start) {
    CHECK(set_break(start + MIB) == start + MIB);
    memset(start, 5, MIB);
    const pid_t pid = fork();
    if (pid == 0) {
        const int fine = start[MIB - 1] == 5 && set_break(start + 20 * MIB) == start + 20 * MIB && start[20 * MIB - 1] == 0;
        _exit(!fine);
    }
    CHECK(set_break(start) == start);
    wait_ok(pid);
}

static void limit(char *start) {
    const struct rlimit limit = {4 * MIB, RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
    CHECK(set_break(start + MIB) == start + MIB);
    CHECK(set_break(start + 64 * MIB) == start + MIB);
}

int main(void) {
    char *start = set_break(NULL);
    CHECK(start && set_break(start) == start);
    in_steps(start);
    among_mappings(start);
    something_in_the_way(start);
    children(start);
    limit(start);
    puts("heap ok");
    return 0;
}
