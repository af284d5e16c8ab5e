/* SPDX-License-Identifier: ISC */
/* A predecoded instruction of the interpreter. A block is an array of uops; each uop's handler does one guest
 * instruction and goes on to the next uop. One uop is one guest instruction, save fused pairs and address helpers:
 * `before` says how many instructions of the block are retired when the uop starts, so that a fault is exact.
 *
 * A handler ends in one of:
 *   NEXT(cpu, u)                 go on; only in handlers without address-taken locals (it is a tail call in release
 *                                builds, and would otherwise grow the stack)
 *   return u + 1;                the same through the loop: always allowed, a little slower
 *   return uop_raise(...)        an exception at this instruction; nothing may have been changed before
 *   return uop_stop(...)         leave the engine for another reason, or go on elsewhere
 */
#pragma once

#include "cpu/cpu.h"

struct uop;
typedef const struct uop *uop_fn(struct cpu *cpu, const struct uop *u);

struct uop {
    uop_fn *fn;
    int64_t disp;          /* address displacement; RIP-relative ones are already absolute */
    union {
        int64_t imm;       /* immediate, or branch target */
        const void *ptr;   /* semantic function or table of a shared handler (vector, x87) */
    };
    uint8_t dst, src, src2;/* register numbers */
    uint8_t base, index, scale;
    uint8_t seg;           /* enum seg, only to choose between #SS and #GP; FS and GS bases are folded by an address uop */
    uint8_t imm8;          /* imm8 beside ptr */
    uint8_t size;          /* operand or vector size in bytes */
    uint8_t length;        /* bytes of the guest instruction */
    uint16_t before;       /* instructions of the block retired before this one */
    int16_t offset;        /* guest address of the instruction minus the block's */
    uint16_t position;     /* uops since the block's entry uop, which holds the block's address */
};
_Static_assert(sizeof(struct uop) == 40, "the dispatch multiplies by it, and the cache is full of them");

/* GOTO(cpu, v) goes on with uop v. The empty assembly makes the compiler put v into its register first and call
 * through it, which is two instructions less than what it finds by itself. */
#if defined(LOCKSTEP_TAIL_CALLS) && defined(__clang__)
#define UOP_MUST_TAIL __attribute__((musttail))
#else
#define UOP_MUST_TAIL
#endif
#if defined(LOCKSTEP_TAIL_CALLS) && defined(__OPTIMIZE__)
#define GOTO(cpu, v)                                                                                               \
    do {                                                                                                           \
        const struct uop *next_ = (v);                                                                             \
        __asm__("" : "+r"(next_));                                                                                 \
        UOP_MUST_TAIL return next_->fn((cpu), next_);                                                              \
    } while (0)
#else
#define GOTO(cpu, v) return (v)
#endif
#define NEXT(cpu, u) GOTO((cpu), (u) + 1)

static inline uint64_t uop_address(const struct cpu *cpu, const struct uop *u) {
    const uint64_t *gpr = cpu->state.gpr;
    return gpr[u->base] + (gpr[u->index] << u->scale) + (uint64_t)u->disp;
}

/* Guest address of the instruction that u belongs to, and of the next one. */
uint64_t uop_rip(const struct cpu *cpu, const struct uop *u);
uint64_t uop_next_rip(const struct cpu *cpu, const struct uop *u);

/* Stops with an exception at u's instruction (rip at it, retired exact). Returns NULL. */
const struct uop *uop_raise(struct cpu *cpu, const struct uop *u, enum exception_vector vector, uint32_t error_code);
/* Stops after a memory refusal found in cpu->exception.fault: #PF, or #GP / #SS by u->seg. Returns NULL. */
const struct uop *uop_raise_memory(struct cpu *cpu, const struct uop *u);
/* Stops after u has retired, going on at rip. EXIT_NONE: the engine itself goes on there. Returns NULL. */
const struct uop *uop_stop(struct cpu *cpu, const struct uop *u, uint64_t rip, enum exit exit);
/* Leaves before u retires, with rip at it; the engine comes back to it at once unless it was kicked. What u has done
 * so far must be restartable (REP). Returns NULL. */
const struct uop *uop_restart(struct cpu *cpu, const struct uop *u);
/* Makes cpu->retired exact in the middle of a block, counting the instructions before u. */
void uop_sync_retired(struct cpu *cpu, const struct uop *u);
