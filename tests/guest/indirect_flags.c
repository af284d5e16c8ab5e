/* SPDX-License-Identifier: ISC */
/* Flags across indirect jumps, calls and returns to two places whose addresses differ in high bits only; only one of them reads flags. */
#include "tests/guest/check.h"

#include <stdint.h>
#include <sys/mman.h>

#define APART (1 << 20)
#define ROUNDS 300

static const uint8_t writes[] = {0x31, 0xc0, 0xc3};                         /* xor eax, eax; ret */
static const uint8_t reads[] = {0x0f, 0x92, 0xc0, 0x0f, 0xb6, 0xc0, 0xc3}; /* setc al; movzx eax, al; ret */

static unsigned by_call(const void *code) {
    unsigned result;
    __asm__ volatile("sub $128, %%rsp; stc; call *%1; lea 128(%%rsp), %%rsp" : "=&a"(result) : "c"(code) : "cc", "memory");
    return result;
}

static unsigned by_jump(const void *code) {
    unsigned result;
    __asm__ volatile("sub $128, %%rsp; lea 1f(%%rip), %%rdx; push %%rdx; stc; jmp *%1; 1: lea 128(%%rsp), %%rsp"
                     : "=&a"(result) : "c"(code) : "rdx", "cc", "memory");
    return result;
}

static unsigned by_return(const void *code) {
    unsigned result;
    __asm__ volatile("sub $128, %%rsp; lea 1f(%%rip), %%rdx; push %%rdx; push %1; stc; ret; 1: lea 128(%%rsp), %%rsp"
                     : "=&a"(result) : "c"(code) : "rdx", "cc", "memory");
    return result;
}

int main(void) {
    static unsigned (*const ways[])(const void *) = {by_call, by_jump, by_return};
    uint8_t *code = mmap(NULL, 2 * APART, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(code != MAP_FAILED);
    memcpy(code, writes, sizeof writes);
    memcpy(code + APART, reads, sizeof reads);
    for (unsigned way = 0; way < 3; way++) {
        for (unsigned i = 0; i < ROUNDS; i++) {
            CHECK(ways[way](code) == 0);
            CHECK(ways[way](code + APART) == 1);
        }
    }
    puts("flags came across");
    return 0;
}
