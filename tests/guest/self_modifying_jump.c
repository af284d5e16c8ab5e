/* SPDX-License-Identifier: ISC */
/* SDM 3 8.1.3: a jump whose displacement the instruction just before it wrote goes where it now says. */
#include "tests/guest/check.h"

#include <sys/mman.h>

#define TEMPLATE(name, code)                                                                             \
    extern const unsigned char name[], name##_end[];                                                     \
    __asm__(".pushsection .rodata\n" #name ":\n" code "\n" #name "_end:\n.popsection")

TEMPLATE(jump_ahead, "mov %dil, 1f+1(%rip); 1: jmp 3f; 2: mov $2, %eax; ret; 3: mov $3, %eax; ret");
TEMPLATE(call_ahead, "mov %edi, 1f+1(%rip); 1: call 3f; ret; 2: mov $2, %eax; ret; 3: mov $3, %eax; ret");
TEMPLATE(jump_wide, "add %edi, 1f+1(%rip); 1: .byte 0xe9, 0, 0, 0, 0; 2: mov $2, %eax; ret; 3: mov $3, %eax; ret");

static unsigned char *place(const unsigned char *from, const unsigned char *end) {
    unsigned char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    memcpy(at, from, (size_t)(end - from));
    return at;
}

static int call(const void *code, int a) {
    int (*fn)(int);
    memcpy(&fn, &code, sizeof fn);
    return fn(a);
}

int main(void) {
    const unsigned char *jump = place(jump_ahead, jump_ahead_end), *callee = place(call_ahead, call_ahead_end),
                        *wide = place(jump_wide, jump_wide_end);
    for (int i = 0; i < 100; i++) {
        CHECK(call(jump, i % 2 ? 0 : 6) == (i % 2 ? 2 : 3));
        CHECK(call(callee, i % 2 ? 1 : 7) == (i % 2 ? 2 : 3));
        CHECK(call(wide, i % 2 ? -6 : 6) == (i % 2 ? 2 : 3));
    }
    puts("self_modifying_jump: ok");
    return 0;
}
