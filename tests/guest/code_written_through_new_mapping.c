/* SPDX-License-Identifier: ISC */
/* Code in shared memory that was run for long, then is written through a mapping that was not there, or could not be written, when the
 * code was first run. */
#define _GNU_SOURCE
#include "tests/guest/check.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

struct memory {
    int fd;
    unsigned char *code; /* readable and executable */
    uint32_t value;      /* that the code returns */
};

static uint32_t call(const unsigned char *code) {
    uint32_t (*fn)(void);
    memcpy(&fn, &code, sizeof fn);
    return fn();
}

/* mov eax, value; ret */
static void write_code(unsigned char *at, uint32_t value) {
    at[0] = 0xb8;
    memcpy(at + 1, &value, 4);
    at[5] = 0xc3;
}

static unsigned char *map(int fd, int prot, int flags) {
    unsigned char *at = mmap(NULL, PAGE, prot, MAP_SHARED | flags, fd, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

/* Often enough for an engine to have made something of it that it likes to keep. */
static void run_long(const struct memory *m) {
    for (int i = 0; i < 5000; i++) CHECK(call(m->code) == m->value);
}

static void open_memory(struct memory *m) {
    m->fd = memfd_create("code", 0);
    CHECK(m->fd >= 0 && ftruncate(m->fd, 2 * PAGE) == 0);
    m->code = map(m->fd, PROT_READ | PROT_EXEC, 0);
    m->value = 1;
    uint8_t first[6];
    write_code(first, 1);
    CHECK(pwrite(m->fd, first, sizeof first, 0) == sizeof first);
    run_long(m);
}

/* Writes new code there, and runs it. */
static void rewrite(struct memory *m, unsigned char *writable) {
    write_code(writable, ++m->value);
    run_long(m);
}

static void new_mapping(struct memory *m) {
    unsigned char *at = map(m->fd, PROT_READ | PROT_WRITE, 0);
    rewrite(m, at);
    unsigned char *populated = map(m->fd, PROT_READ | PROT_WRITE, MAP_POPULATE);
    rewrite(m, populated);
    rewrite(m, at);
    CHECK(munmap(at, PAGE) == 0 && munmap(populated, PAGE) == 0);
}

static void new_right(struct memory *m) {
    unsigned char *at = map(m->fd, PROT_READ, 0);
    run_long(m);
    CHECK(mprotect(at, PAGE, PROT_READ | PROT_WRITE) == 0);
    rewrite(m, at);
    CHECK(munmap(at, PAGE) == 0);
}

static void moved_mapping(struct memory *m) {
    unsigned char *at = map(m->fd, PROT_READ | PROT_WRITE, 0);
    unsigned char *to = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    rewrite(m, at);
    CHECK(mremap(at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
    rewrite(m, to);
    CHECK(munmap(to, PAGE) == 0);
}

static void touched_mapping(struct memory *m) {
    unsigned char *at = map(m->fd, PROT_READ | PROT_WRITE, 0);
    rewrite(m, at);
    if (madvise(at, PAGE, 23 /* MADV_POPULATE_WRITE */) != 0) return; /* before Linux 5.14 */
    rewrite(m, at);
    CHECK(munmap(at, PAGE) == 0);
}

static void mapping_of_child(struct memory *m) {
    unsigned char *at = map(m->fd, PROT_READ | PROT_WRITE, 0);
    rewrite(m, at);
    m->value++;
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        write_code(at, m->value);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    run_long(m);
    CHECK(munmap(at, PAGE) == 0);
}

/* The child runs what the parent writes. */
static void code_of_child(struct memory *m) {
    int to_child[2], from_child[2];
    char token = 0;
    CHECK(pipe(to_child) == 0 && pipe(from_child) == 0);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        run_long(m);
        CHECK(write(from_child[1], &token, 1) == 1 && read(to_child[0], &token, 1) == 1);
        m->value++;
        run_long(m);
        _exit(0);
    }
    CHECK(read(from_child[0], &token, 1) == 1);
    unsigned char *at = map(m->fd, PROT_READ | PROT_WRITE, 0);
    rewrite(m, at);
    CHECK(write(to_child[1], &token, 1) == 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(munmap(at, PAGE) == 0);
}

int main(void) {
    static void (*const cases[])(struct memory *) = {new_mapping, new_right, moved_mapping, touched_mapping, mapping_of_child, code_of_child};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct memory m;
        open_memory(&m);
        cases[i](&m);
        CHECK(munmap(m.code, PAGE) == 0 && close(m.fd) == 0);
    }
    puts("code_written_through_new_mapping: ok");
    return 0;
}
