/* SPDX-License-Identifier: ISC */
/* JCC SETCC CMOVCC on the lazy flags, one handler per condition. */
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"

#define JCC(cc)                                                                                                    \
    HANDLER(jcc_##cc) {                                                                                            \
        if (condition(&cpu->state, cc)) {                                                                          \
            cpu->budget += u->src2;                                                                                \
            GOTO(cpu, (const struct uop *)u->ptr);                                                                 \
        }                                                                                                          \
        NEXT(cpu, u);                                                                                              \
    }

#define CMOV(cc, size)                                                                                             \
    HANDLER(cmov_rr##size##_##cc) {                                                                                \
        struct cpu_state *s = &cpu->state;                                                                         \
        reg_set(s, u->dst, size, reg_get(s, condition(s, cc) ? u->src : u->dst, size));                            \
        NEXT(cpu, u);                                                                                              \
    }

#define SETCC(cc)                                                                                                  \
    HANDLER(setcc_r_##cc) {                                                                                        \
        reg_set(&cpu->state, u->dst, 1, condition(&cpu->state, cc));                                               \
        NEXT(cpu, u);                                                                                              \
    }

#define CONDITION(cc) JCC(cc) CMOV(cc, 4) CMOV(cc, 8) SETCC(cc)
CONDITION(0) CONDITION(1) CONDITION(2) CONDITION(3) CONDITION(4) CONDITION(5) CONDITION(6) CONDITION(7)
CONDITION(8) CONDITION(9) CONDITION(10) CONDITION(11) CONDITION(12) CONDITION(13) CONDITION(14) CONDITION(15)

#define ROW(name)                                                                                                  \
    {name##0, name##1, name##2, name##3, name##4, name##5, name##6, name##7,                                       \
     name##8, name##9, name##10, name##11, name##12, name##13, name##14, name##15}

int lower_jcc(const struct insn *insn, struct uop *u) {
    static uop_fn *const table[16] = ROW(jcc_);
    u->fn = table[insn->cc];
    return LOWER_JCC;
}

/* The rarer forms; imm8: condition. A false condition still reads memory, and clears the upper half. */
HANDLER(cmov_any) {
    struct cpu_state *s = &cpu->state;
    uint64_t v;
    if (u->src != GPR_ZERO) v = reg_get(s, u->src, u->size);
    else if (!mem_load(cpu, uop_address(cpu, u), u->size, &v)) return uop_raise_memory(cpu, u);
    reg_set(s, u->dst, u->size, condition(s, u->imm8) ? v : reg_get(s, u->dst, u->size));
    return u + 1;
}

int lower_cmovcc(const struct insn *insn, struct uop *u) {
    static uop_fn *const table4[16] = ROW(cmov_rr4_), *const table8[16] = ROW(cmov_rr8_);
    const enum shape shape = lower_shape(insn, u);
    u->imm8 = insn->cc;
    u->fn = cmov_any;
    if (shape == SHAPE_RR && insn->op_size == 4) u->fn = table4[insn->cc];
    if (shape == SHAPE_RR && insn->op_size == 8) u->fn = table8[insn->cc];
    return LOWER_NEXT;
}

HANDLER(setcc_m) {
    const uint64_t v = condition(&cpu->state, u->imm8);
    return mem_store(cpu, uop_address(cpu, u), 1, v) ? u + 1 : uop_raise_memory(cpu, u);
}

int lower_setcc(const struct insn *insn, struct uop *u) {
    static uop_fn *const table[16] = ROW(setcc_r_);
    u->imm8 = insn->cc;
    u->fn = lower_shape(insn, u) == SHAPE_R ? table[insn->cc] : setcc_m;
    return LOWER_NEXT;
}
