/* SPDX-License-Identifier: ISC */
/* Everything counts but flags that are undefined where the program stands, and the x87 instruction and data pointers, which
 * processors keep differently. */
#include "tests/jit/agree.h"

#include "cpu/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool differ(char *text, size_t size, const char *what, uint64_t at, uint64_t a, uint64_t b) {
    snprintf(text, size, "%s, at %" PRIx64 ": %" PRIx64 " and %" PRIx64, what, at, a, b);
    return false;
}

static bool memory_agrees(const uint8_t *a, const uint8_t *b, size_t n, uint64_t gva, char *text, size_t size) {
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i]) return differ(text, size, "memory", gva + i, a[i], b[i]);
    }
    return true;
}

static bool image_agrees(const uint8_t *a, const uint8_t *b, char *text, size_t size) {
    for (unsigned i = 0; i < 832; i++) {
        const bool pointers = i >= 6 && i < 24, reserved = (i >= 416 && i < 576) || (i >= 32 && i < 160 && i % 16 >= 10);
        if (!pointers && !reserved && a[i] != b[i]) return differ(text, size, "xsave image", i, a[i], b[i]);
    }
    return true;
}

static bool exits_agree(const struct outcome_of_run *a, const struct outcome_of_run *b, char *text, size_t size) {
    const struct exception *x = &a->exception, *y = &b->exception;
    if (a->exit != b->exit) return differ(text, size, "exit", 0, a->exit, b->exit);
    if (a->exit != EXIT_EXCEPTION) return true;
    if (x->vector != y->vector) return differ(text, size, "vector", 0, x->vector, y->vector);
    if (x->error_code != y->error_code) return differ(text, size, "error code", x->vector, x->error_code, y->error_code);
    if (x->vector == EXCEPTION_PF && x->fault.gva != y->fault.gva) return differ(text, size, "fault", 0, x->fault.gva, y->fault.gva);
    return true;
}

bool outcomes_agree(const struct program *program, const struct outcome_of_run *a, const struct outcome_of_run *b, bool counted,
                    char *text, size_t size) {
    const struct program_state *x = &a->after, *y = &b->after;
    if (!exits_agree(a, b, text, size)) return false;
    if (x->rip != y->rip) return differ(text, size, "rip", 0, x->rip, y->rip);
    for (unsigned i = 0; i < 16; i++) {
        if (x->gpr[i] != y->gpr[i]) return differ(text, size, "register", i, x->gpr[i], y->gpr[i]);
    }
    const uint64_t mask = ~(uint64_t)RFLAGS_ARITH | program_valid_at(program, x->rip);
    if ((x->rflags ^ y->rflags) & mask) return differ(text, size, "rflags, defined", mask & 0xfff, x->rflags, y->rflags);
    if (x->fs_base != y->fs_base || x->gs_base != y->gs_base) return differ(text, size, "base", 0, x->fs_base, y->fs_base);
    if (counted && a->retired != b->retired) return differ(text, size, "retired", 0, a->retired, b->retired);
    return image_agrees(x->xsave, y->xsave, text, size) &&
           memory_agrees(x->arena, y->arena, ARENA_SIZE, ARENA_GVA, text, size) &&
           memory_agrees(x->stack, y->stack, STACK_SIZE, STACK_GVA, text, size) &&
           memory_agrees(x->control, y->control, CONTROL_SIZE, CONTROL_GVA, text, size) &&
           memory_agrees(x->code, y->code, CODE_SIZE, CODE_GVA, text, size);
}
