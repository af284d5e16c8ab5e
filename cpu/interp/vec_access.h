/* SPDX-License-Identifier: ISC */
/* What handlers of vector instructions share: loading the operands, committing the result, the MMX state. Each returns
 * false with cpu->exception.fault filled, nothing changed, if the guest's memory refuses. */
#pragma once

#include "base/bits.h"
#include "cpu/interp/mem.h"
#include "cpu/interp/uop.h"
#include "cpu/interp/vec_handler.h"
#include "cpu/interp/x87.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

static inline void mmx_write(struct cpu *cpu, unsigned reg, uint64_t value) {
    cpu->state.x87.st[reg & 7].mantissa = value;
    cpu->state.x87.st[reg & 7].se = 0xffff;
}

static inline uint64_t mmx_read(const struct cpu *cpu, unsigned reg) {
    return cpu->state.x87.st[reg & 7].mantissa;
}

/* 1, 2, 4, 8 bytes, zero-extended. */
static inline bool vec_read_small(struct cpu *cpu, uint64_t gva, unsigned size, uint64_t *out) {
    *out = 0;
    switch (size) {
    case 1: return mem_read(cpu, gva, out, 1);
    case 2: return mem_read(cpu, gva, out, 2);
    case 4: return mem_read(cpu, gva, out, 4);
    default: return mem_read(cpu, gva, out, 8);
    }
}

static inline bool vec_write_small(struct cpu *cpu, uint64_t gva, unsigned size, const void *value) {
    switch (size) {
    case 1: return mem_write(cpu, gva, value, 1);
    case 2: return mem_write(cpu, gva, value, 2);
    case 4: return mem_write(cpu, gva, value, 4);
    case 8: return mem_write(cpu, gva, value, 8);
    default: return mem_write(cpu, gva, value, 16);
    }
}

/* True if a 16-byte legacy memory operand must raise #GP. */
static inline bool vec_misaligned(const struct cpu *cpu, const struct uop *u, enum vec_source source) {
    return source == SOURCE_MEM16A && (uop_address(cpu, u) & 15);
}

/* Points *out at b, in the register file or in *room. */
ALWAYS_INLINE bool vec_load(struct cpu *cpu, const struct uop *u, enum vec_source source, union vec *room,
                            const union vec **out) {
    *out = room;
    switch (source) {
    case SOURCE_VEC: *out = &cpu->state.ymm[u->src2]; return true;
    case SOURCE_MEM16A:
    case SOURCE_MEM16: return mem_read(cpu, uop_address(cpu, u), room, 16);
    case SOURCE_MEM32: return mem_read(cpu, uop_address(cpu, u), room, 32);
    default: break;
    }
    room->u64[1] = 0;
    switch (source) {
    case SOURCE_MMX: room->u64[0] = mmx_read(cpu, u->src2); return true;
    case SOURCE_GPR: room->u64[0] = cpu->state.gpr[u->src2]; return true;
    case SOURCE_IMM: room->u64[0] = u->imm8; return true;
    default: return vec_read_small(cpu, uop_address(cpu, u), u->size, &room->u64[0]);
    }
}

ALWAYS_INLINE bool vec_commit(struct cpu *cpu, const struct uop *u, enum vec_result result, const union vec *r) {
    union vec *to = &cpu->state.ymm[u->dst & 15];
    switch (result) {
    case RESULT_MEM: return vec_write_small(cpu, uop_address(cpu, u), u->size, r);
    case RESULT_MMX: mmx_write(cpu, u->dst, r->u64[0]); return true;
    case RESULT_FULL: memcpy(to, r, 32); return true;
    case RESULT_ZERO: to->u64[2] = to->u64[3] = 0; break;
    default: break;
    }
    memcpy(to, r, 16);
    return true;
}
