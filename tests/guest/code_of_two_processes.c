/* SPDX-License-Identifier: ISC */
/* Code in memory that two processes share: each rewrites what the other runs, and goes on when it returns something new. */
#include "tests/guest/check.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define ROUNDS 150

/* mov eax, value; ret, with the value where one store reaches it */
static void make(unsigned char *at, uint32_t value) {
    at[3] = 0xb8;
    memcpy(at + 4, &value, 4);
    at[8] = 0xc3;
}

static uint32_t call(const unsigned char *code) {
    uint32_t (*fn)(void);
    const void *at = code + 3;
    memcpy(&fn, &at, sizeof fn);
    return fn();
}

static void set(unsigned char *code, uint32_t value) {
    atomic_store((_Atomic uint32_t *)(void *)(code + 4), value);
}

/* Each waits in translated code for the other's store: no system call brings it there. */
static void play(unsigned char *mine, const unsigned char *other, uint32_t lead) {
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        if (lead) set(mine, i);
        while (call(other) != i) continue;
        if (!lead) set(mine, i);
    }
}

int main(void) {
    unsigned char *at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    make(at, 0);
    make(at + PAGE, 0);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        play(at + PAGE, at, 0);
        _exit(7);
    }
    play(at, at + PAGE, 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    puts("code_of_two_processes: ok");
    return 0;
}
