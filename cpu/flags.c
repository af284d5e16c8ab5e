/* SPDX-License-Identifier: ISC */
/* Packing and unpacking of RFLAGS. */
#include "cpu/flags.h"

uint64_t rflags_get(const struct cpu_state *s) {
    return s->rflags_other | (flag_cf(s) ? RFLAGS_CF : 0) | (flag_pf(s) ? RFLAGS_PF : 0) |
           (flag_af(s) ? RFLAGS_AF : 0) | (flag_zf(s) ? RFLAGS_ZF : 0) | (flag_sf(s) ? RFLAGS_SF : 0) |
           (flag_of(s) ? RFLAGS_OF : 0);
}

void rflags_set_arith(struct cpu_state *s, uint64_t rflags) {
    const bool cf = rflags & RFLAGS_CF, of = rflags & RFLAGS_OF, sf = rflags & RFLAGS_SF;
    const bool pf = rflags & RFLAGS_PF, zf = rflags & RFLAGS_ZF;
    s->flag_result = zf ? 0 : 1; /* low byte has even parity for 0, odd for 1 */
    s->flag_carry = (uint64_t)cf << 63 | (uint64_t)(cf ^ of) << 62;
    s->flag_aux = (rflags & RFLAGS_AF) | (uint64_t)sf << 63 | (uint64_t)(pf != zf) << 8;
}

void rflags_set(struct cpu_state *s, uint64_t rflags) {
    s->rflags_other = (rflags & ~(uint64_t)RFLAGS_ARITH) | RFLAGS_ONE;
    rflags_set_arith(s, rflags);
}
