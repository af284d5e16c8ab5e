/* SPDX-License-Identifier: ISC */
/* mremap(2): a page moved a short way, with nothing else around, keeps its contents, as data and as code. */
#include "tests/guest/check.h"

#include <sys/mman.h>

#define PAGE 4096
#define RANGE (16u << 20)

/* mov eax, value; ret */
static void emit(unsigned char *at, int value) {
    at[0] = 0xb8;
    memcpy(at + 1, &value, 4);
    at[5] = 0xc3;
}

static int call(const void *code) {
    int (*fn)(void);
    memcpy(&fn, &code, sizeof fn);
    return fn();
}

int main(void) {
    const int rwx = PROT_READ | PROT_WRITE | PROT_EXEC;
    unsigned char *range = mmap(NULL, RANGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(range != MAP_FAILED && munmap(range, RANGE) == 0);
    for (int i = 1; i < 100; i++) {
        unsigned char *at = range + (2u << 20), *to = at + i * 17 * PAGE;
        CHECK(mmap(at, PAGE, rwx, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
        emit(at, i);
        CHECK(call(at) == i);
        CHECK(mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
        CHECK(to[0] == 0xb8 && call(to) == i);
        CHECK(mmap(at, PAGE, rwx, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
        CHECK(at[0] == 0);
        emit(at, -i);
        CHECK(call(at) == -i && call(to) == i);
        CHECK(munmap(at, PAGE) == 0 && munmap(to, PAGE) == 0);
    }
    puts("mremap_near: ok");
    return 0;
}
