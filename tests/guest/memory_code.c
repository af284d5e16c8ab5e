/* SPDX-License-Identifier: ISC */
// labels: threads
/* Code that a program makes at run time: rewritten in place, by W^X, by a second mapping, by another thread. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096

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

static void in_place(void) {
    unsigned char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 1000; i++) {
        emit(at, i);
        CHECK(call(at) == i);
    }
    for (int i = 0; i < 100; i++) {
        emit(at + 64 * (i % 8), i);
        CHECK(call(at + 64 * (i % 8)) == i);
    }
}

static void write_xor_execute(void) {
    unsigned char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 100; i++) {
        CHECK(mprotect(at, PAGE, PROT_READ | PROT_WRITE) == 0);
        emit(at, i);
        CHECK(mprotect(at, PAGE, PROT_READ | PROT_EXEC) == 0);
        CHECK(call(at) == i);
    }
}

static void replaced(void) {
    unsigned char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 50; i++) {
        at = mmap(at, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        emit(at, i);
        CHECK(call(at) == i);
    }
}

static void by_alias(void) {
    const int fd = memfd_create("code", 0);
    CHECK(fd >= 0 && ftruncate(fd, PAGE) == 0);
    unsigned char *w = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    unsigned char *x = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    CHECK(w != MAP_FAILED && x != MAP_FAILED);
    for (int i = 0; i < 200; i++) {
        emit(w, i);
        CHECK(call(x) == i);
    }
}

static unsigned char *shared_code;
static _Atomic int go, done;

static void *runner(void *arg) {
    for (int i = 1; i <= 200; i++) {
        while (atomic_load(&go) < i) continue;
        CHECK(call(shared_code) == i);
        atomic_store(&done, i);
    }
    return NULL;
}

static void by_another_thread(void) {
    pthread_t thread;
    shared_code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pthread_create(&thread, NULL, runner, NULL) == 0);
    for (int i = 1; i <= 200; i++) {
        emit(shared_code, i);
        atomic_store(&go, i);
        while (atomic_load(&done) < i) continue;
    }
    pthread_join(thread, NULL);
}

int main(void) {
    in_place();
    write_xor_execute();
    replaced();
    by_alias();
    by_another_thread();
    puts("ok");
    return 0;
}
