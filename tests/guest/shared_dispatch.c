/* SPDX-License-Identifier: ISC */
/* SDM 3 8.1.3: what all instructions of an interpreter share, the way to the next one, is changed while each of them may be known with a copy of
 * it. Arithmetic flags, R10 and R11 live across the jump; the instructions lie on several pages, before and behind what they share. */
#include "tests/guest/check.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

enum { ADD, MULTIPLY, COMPARE, ADD_CARRY, SKIP, END, N_STEPS = 20000 };

extern const unsigned char interpreter[], interpreter_step[], interpreter_end[];
__asm__(".pushsection .rodata\n"
        ".balign 4096\n"
        "interpreter: mov $0x1234, %r10; xor %r11d, %r11d; xor %eax, %eax; jmp 9f\n"
        "0: add $3, %rax; jmp 9f\n"
        ".balign 4096\n"
        "1: imul $5, %rax, %rax; xor %r10, %rax; jmp 9f\n"
        "4: test $1, %al; je 9f; lea 1(%rsi), %rsi; jmp 9f\n"
        "8: lea (%rsi), %rsi\n"
        "9: movzbl (%rsi), %ecx\n"
        "lea 1(%rsi), %rsi\n"
        "interpreter_step: lea 1(%r11), %r11\n"
        "lea 7f(%rip), %rdx; movslq (%rdx, %rcx, 4), %rcx; lea (%rdi, %rcx), %rcx\n"
        "jmp *%rcx\n"
        "7: .long 0b - interpreter, 1b - interpreter, 2f - interpreter, 3f - interpreter, 4b - interpreter, 5f - interpreter\n"
        "2: cmp %r11, %rax; jmp 9b\n"
        ".balign 4096\n"
        "3: adc $1, %rax; lea (%rax, %rax, 2), %rax; jmp 6f\n"
        ".balign 4096\n"
        "5: lea (%rax, %r11), %rax; ret\n"
        "6: jmp 8b\n"
        "interpreter_end:\n.popsection");

static unsigned char *place(void) {
    const size_t size = (size_t)(interpreter_end - interpreter);
    unsigned char *at = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    memcpy(at, interpreter, size);
    return at;
}

static void make_steps(unsigned char *steps, uint32_t seed) {
    for (int i = 0; i < N_STEPS; i++) {
        seed = seed * 1664525 + 1013904223;
        steps[i] = (unsigned char)((seed >> 24) % END);
    }
    memset(steps + N_STEPS, END, 2); /* the last may be skipped */
}

/* What the interpreter must say. */
static uint64_t expected(const unsigned char *steps, unsigned step) {
    uint64_t a = 0, b = 0;
    bool carry = false;
    for (const unsigned char *at = steps;; at++) {
        b += step;
        switch (*at) {
        case ADD: carry = a + 3 < a; a += 3; break;
        case MULTIPLY: carry = false; a = (a * 5) ^ 0x1234; break;
        case COMPARE: carry = a < b; break;
        case ADD_CARRY: {
            const uint64_t more = 1 + (uint64_t)carry;
            carry = a + more < a;
            a = (a + more) * 3;
            break;
        }
        case SKIP: carry = false; at += a & 1; break;
        default: return a + b;
        }
    }
}

static void run_all(unsigned char *code) {
    static unsigned char steps[N_STEPS + 2];
    uint64_t (*run)(const unsigned char *code, const unsigned char *steps);
    memcpy(&run, &code, sizeof run);
    for (unsigned i = 0; i < 6; i++) {
        const unsigned step = 1 + 3 * (i / 2);
        make_steps(steps, i);
        code[interpreter_step - interpreter + 3] = (unsigned char)step;
        CHECK(run(code, steps) == expected(steps, step));
    }
}

int main(void) {
    unsigned char *code = place();
    run_all(code);
    for (int i = 0; i < 3; i++) {
        const pid_t child = fork();
        int status;
        if (!child) {
            run_all(code);
            _exit(0);
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    }
    puts("shared_dispatch: ok");
    return 0;
}
