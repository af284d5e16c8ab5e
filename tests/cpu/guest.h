/* SPDX-License-Identifier: ISC */
/* A CPU with a little memory to run machine code on: CODE (two pages, rwx), DATA (two pages, rw, nothing around). */
#pragma once

#include "cpu/engine.h"
#include "cpu/flags.h"
#include "cpu/model.h"
#include "mmu/space.h"

#include <string.h>

#define CODE 0x100000ull
#define CODE_SIZE 0x2000u
#define DATA 0x200000ull
#define DATA_SIZE 0x2000u

struct guest {
    struct frame_pool *pool;
    struct address_space *space;
    struct cpu *cpu;
    struct cpu_env env;
};

void guest_init(struct guest *guest);
void guest_fini(struct guest *guest);
/* Puts code at CODE and a fresh budget; the registers stay. */
void guest_code(struct guest *guest, const void *code, size_t n);
enum exit guest_run(struct guest *guest, int64_t budget);

/* guest_code and a run from CODE over all instructions of `code`, ended by the UD2 that is put behind. */
#define GUEST_RUN(guest, ...)                                                                                      \
    do {                                                                                                           \
        const uint8_t code_[] = {__VA_ARGS__, 0x0f, 0x0b};                                                         \
        guest_code((guest), code_, sizeof code_);                                                                  \
        cr_assert_eq(guest_run((guest), 1000000), EXIT_EXCEPTION);                                                 \
        cr_assert_eq((guest)->cpu->exception.vector, EXCEPTION_UD, "vector %d", (guest)->cpu->exception.vector);   \
    } while (0)

#define REG(guest, name) ((guest)->cpu->state.gpr[name])
