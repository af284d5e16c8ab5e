/* SPDX-License-Identifier: ISC */
/* Moves: whole vectors, scalars, halves, and between register files. Loads and stores of aligned forms check alignment in
 * either encoding. Uop: dst and src register numbers; size bytes. */
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_access.h"

static inline void zero_upper(union vec *v) {
    v->u64[2] = v->u64[3] = 0;
}

/* Whole vectors: N bytes; zero: VEX.128 clears the rest. align: what the address must be a multiple of. */
#define WHOLE_REG(name, N, zero) \
    static const struct uop *name##_reg(struct cpu *cpu, const struct uop *u) { \
        memcpy(&cpu->state.ymm[u->dst], &cpu->state.ymm[u->src], N); \
        if (zero) zero_upper(&cpu->state.ymm[u->dst]); \
        NEXT(cpu, u); \
    }
/* The usual case, a hit in the TLB, is inline and leaves no local behind. */
#define WHOLE_MEM(name, N, zero, align) \
    static __attribute__((noinline)) const struct uop *name##_load_slow(struct cpu *cpu, const struct uop *u) { \
        const uint64_t gva = uop_address(cpu, u); \
        union vec v; \
        if (gva & (align - 1)) return uop_raise(cpu, u, EXCEPTION_GP, 0); \
        if (!mem_read_slow(cpu, gva, &v, N)) return uop_raise_memory(cpu, u); \
        memcpy(&cpu->state.ymm[u->dst], &v, N); \
        if (zero) zero_upper(&cpu->state.ymm[u->dst]); \
        return u + 1; \
    } \
    static const struct uop *name##_load(struct cpu *cpu, const struct uop *u) { \
        const uint64_t gva = uop_address(cpu, u); \
        const void *p = tlb_read_hit(&cpu->tlb, gva, N); \
        if (UNLIKELY(!p || gva & (align - 1))) return name##_load_slow(cpu, u); \
        memcpy(&cpu->state.ymm[u->dst], p, N); \
        if (zero) zero_upper(&cpu->state.ymm[u->dst]); \
        NEXT(cpu, u); \
    } \
    static __attribute__((noinline)) const struct uop *name##_store_slow(struct cpu *cpu, const struct uop *u) { \
        const uint64_t gva = uop_address(cpu, u); \
        if (gva & (align - 1)) return uop_raise(cpu, u, EXCEPTION_GP, 0); \
        if (!mem_write_slow(cpu, gva, &cpu->state.ymm[u->src], N)) return uop_raise_memory(cpu, u); \
        return u + 1; \
    } \
    static const struct uop *name##_store(struct cpu *cpu, const struct uop *u) { \
        const uint64_t gva = uop_address(cpu, u); \
        void *p = tlb_write_hit(&cpu->tlb, gva, N); \
        if (UNLIKELY(!p || gva & (align - 1))) return name##_store_slow(cpu, u); \
        memcpy(p, &cpu->state.ymm[u->src], N); \
        NEXT(cpu, u); \
    }

WHOLE_REG(keep, 16, false)
WHOLE_REG(zero, 16, true)
WHOLE_REG(full, 32, false)
WHOLE_MEM(keep, 16, false, 1)
WHOLE_MEM(zero, 16, true, 1)
WHOLE_MEM(full, 32, false, 1)
WHOLE_MEM(keep_aligned, 16, false, 16)
WHOLE_MEM(zero_aligned, 16, true, 16)
WHOLE_MEM(full_aligned, 32, false, 32)

enum { KEEP, ZERO, FULL };

static unsigned whole_kind(const struct insn *insn) {
    return insn->vector_size == 32 ? FULL : insn->vex ? ZERO : KEEP;
}

static int lower_whole(const struct insn *insn, struct uop *u, bool aligned) {
    static uop_fn *const reg[3] = {keep_reg, zero_reg, full_reg};
    static uop_fn *const load[2][3] = {{keep_load, zero_load, full_load},
                                       {keep_aligned_load, zero_aligned_load, full_aligned_load}};
    static uop_fn *const store[2][3] = {{keep_store, zero_store, full_store},
                                        {keep_aligned_store, zero_aligned_store, full_aligned_store}};
    const struct operand *to = &insn->operand[0], *from = &insn->operand[1];
    const unsigned kind = whole_kind(insn);
    u->dst = to->reg;
    u->src = from->reg;
    u->fn = from->kind == OPERAND_MEM ? load[aligned][kind] : to->kind == OPERAND_MEM ? store[aligned][kind] : reg[kind];
    return LOWER_NEXT;
}

int lower_vec_move_aligned(const struct insn *insn, struct uop *u) {
    return lower_whole(insn, u, true);
}

int lower_vec_move(const struct insn *insn, struct uop *u) {
    return lower_whole(insn, u, false);
}

/* A load of N bytes to the low part: the rest of 16 bytes is zeroed, with VEX the rest of 32. */
#define SCALAR_LOAD(name, N, lane, zero) \
    static __attribute__((noinline)) const struct uop *name##_slow(struct cpu *cpu, const struct uop *u) { \
        __typeof__(cpu->state.ymm[0].lane[0]) value; \
        if (!mem_read_slow(cpu, uop_address(cpu, u), &value, N)) return uop_raise_memory(cpu, u); \
        cpu->state.ymm[u->dst].u64[0] = value; \
        cpu->state.ymm[u->dst].u64[1] = 0; \
        if (zero) zero_upper(&cpu->state.ymm[u->dst]); \
        return u + 1; \
    } \
    static const struct uop *name(struct cpu *cpu, const struct uop *u) { \
        const void *p = tlb_read_hit(&cpu->tlb, uop_address(cpu, u), N); \
        union vec *to = &cpu->state.ymm[u->dst]; \
        __typeof__(cpu->state.ymm[0].lane[0]) value; \
        if (UNLIKELY(!p)) return name##_slow(cpu, u); \
        memcpy(&value, p, N); \
        to->u64[0] = value; \
        to->u64[1] = 0; \
        if (zero) zero_upper(to); \
        NEXT(cpu, u); \
    }

SCALAR_LOAD(load32_keep, 4, u32, false)
SCALAR_LOAD(load32_zero, 4, u32, true)
SCALAR_LOAD(load64_keep, 8, u64, false)
SCALAR_LOAD(load64_zero, 8, u64, true)

/* Stores N bytes of the register's lane `index`. */
#define SCALAR_STORE(name, N, lane, index) \
    static __attribute__((noinline)) const struct uop *name##_slow(struct cpu *cpu, const struct uop *u) { \
        const void *from = &cpu->state.ymm[u->src].lane[index]; \
        return mem_write_slow(cpu, uop_address(cpu, u), from, N) ? u + 1 : uop_raise_memory(cpu, u); \
    } \
    static const struct uop *name(struct cpu *cpu, const struct uop *u) { \
        void *p = tlb_write_hit(&cpu->tlb, uop_address(cpu, u), N); \
        if (UNLIKELY(!p)) return name##_slow(cpu, u); \
        memcpy(p, &cpu->state.ymm[u->src].lane[index], N); \
        NEXT(cpu, u); \
    }

SCALAR_STORE(store32, 4, u32, 0)
SCALAR_STORE(store64, 8, u64, 0)
SCALAR_STORE(store64_high, 8, u64, 1)

/* Register to register: lane 0 of src2, the rest of 16 bytes from src. */
#define MERGE(name, lane, zero) \
    static const struct uop *name(struct cpu *cpu, const struct uop *u) { \
        union vec *ymm = cpu->state.ymm, *to = &ymm[u->dst]; \
        const __typeof__(to->lane[0]) value = ymm[u->src2].lane[0]; \
        memcpy(to, &ymm[u->src], 16); \
        to->lane[0] = value; \
        if (zero) zero_upper(to); \
        NEXT(cpu, u); \
    }

MERGE(merge32, u32, false)
MERGE(merge64, u64, false)
MERGE(merge32_zero, u32, true)
MERGE(merge64_zero, u64, true)

int lower_vec_movs(const struct insn *insn, struct uop *u) {
    static uop_fn *const load[2][2] = {{load32_keep, load32_zero}, {load64_keep, load64_zero}};
    static uop_fn *const merge[2][2] = {{merge32, merge32_zero}, {merge64, merge64_zero}};
    static uop_fn *const store[2] = {store32, store64};
    const bool wide = insn->op == OP_MOVSD, three = insn->n_operands > 2;
    const struct operand *to = &insn->operand[0], *from = &insn->operand[three ? 2 : 1];
    u->dst = to->reg;
    u->src = from->reg;
    if (from->kind == OPERAND_MEM) {
        u->fn = load[wide][insn->vex];
    } else if (to->kind == OPERAND_MEM) {
        u->fn = store[wide];
    } else {
        u->src = three ? insn->operand[1].reg : to->reg;
        u->src2 = from->reg;
        u->fn = merge[wide][insn->vex];
    }
    return LOWER_NEXT;
}

/* Half loads: 8 bytes of memory to half `index`, the other half from src. */
#define HALF_LOAD(name, index, zero) \
    static const struct uop *name(struct cpu *cpu, const struct uop *u) { \
        union vec *to = &cpu->state.ymm[u->dst]; \
        uint64_t value; \
        if (!mem_read(cpu, uop_address(cpu, u), &value, 8)) return uop_raise_memory(cpu, u); \
        to->u64[1 - index] = cpu->state.ymm[u->src].u64[1 - index]; \
        to->u64[index] = value; \
        if (zero) zero_upper(to); \
        return u + 1; \
    }

HALF_LOAD(load_low, 0, false)
HALF_LOAD(load_high, 1, false)
HALF_LOAD(load_low_zero, 0, true)
HALF_LOAD(load_high_zero, 1, true)

int lower_vec_movlh(const struct insn *insn, struct uop *u) {
    static uop_fn *const load[2][2] = {{load_low, load_low_zero}, {load_high, load_high_zero}};
    static uop_fn *const store[2] = {store64, store64_high};
    const bool high = insn->op == OP_MOVHPS || insn->op == OP_MOVHPD;
    const struct operand *to = &insn->operand[0], *from = &insn->operand[insn->n_operands > 2 ? 2 : 1];
    u->dst = to->reg;
    u->src = from->kind == OPERAND_REG ? from->reg : insn->operand[insn->n_operands > 2 ? 1 : 0].reg;
    u->fn = to->kind == OPERAND_MEM ? store[high] : load[high][insn->vex];
    return LOWER_NEXT;
}
