/* SPDX-License-Identifier: ISC */
/* LAHF SAHF CLC STC CMC CLD STD, and the instructions that do nothing here. */
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"

enum { AH = 1 }; /* byte offset */

HANDLER(lahf) {
    const uint64_t mask = RFLAGS_SF | RFLAGS_ZF | RFLAGS_AF | RFLAGS_PF | RFLAGS_CF;
    reg_set(&cpu->state, AH, 1, (rflags_get(&cpu->state) & mask) | RFLAGS_ONE);
    return u + 1;
}

HANDLER(sahf) {
    struct cpu_state *s = &cpu->state;
    const uint64_t of = flag_of(s) ? RFLAGS_OF : 0;
    rflags_set_arith(s, (reg_get(s, AH, 1) & RFLAGS_ARITH) | of);
    return u + 1;
}

HANDLER(clc) {
    flags_set_cf(&cpu->state, false);
    NEXT(cpu, u);
}

HANDLER(stc) {
    flags_set_cf(&cpu->state, true);
    NEXT(cpu, u);
}

HANDLER(cmc) {
    flags_set_cf(&cpu->state, !flag_cf(&cpu->state));
    NEXT(cpu, u);
}

HANDLER(cld) {
    cpu->state.rflags_other &= ~(uint64_t)RFLAGS_DF;
    NEXT(cpu, u);
}

HANDLER(std_) {
    cpu->state.rflags_other |= RFLAGS_DF;
    NEXT(cpu, u);
}

HANDLER(nop) {
    NEXT(cpu, u);
}

#define SIMPLE(lower_name, handler)                                                                                \
    int lower_name(const struct insn *insn, struct uop *u) {                                                       \
        u->fn = handler;                                                                                           \
        return LOWER_NEXT;                                                                                         \
    }
SIMPLE(lower_lahf, lahf)
SIMPLE(lower_sahf, sahf)
SIMPLE(lower_clc, clc)
SIMPLE(lower_stc, stc)
SIMPLE(lower_cmc, cmc)
SIMPLE(lower_cld, cld)
SIMPLE(lower_std, std_)
SIMPLE(lower_nop, nop)
