/* SPDX-License-Identifier: ISC */
/* What counts as a difference: everything but flags that the row calls undefined (for this count, where the SDM says
 * so), the x87 instruction and data pointers (AMD keeps them only while an exception is pending), and reserved bytes. */
#include "tests/differential/compare.h"

#include "cpu/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool differ(char *text, size_t size, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, size, fmt, ap);
    va_end(ap);
    return false;
}

static unsigned shift_count(const struct insn *insn, const struct machine_state *before) {
    const struct operand *last = &insn->operand[insn->n_operands - 1];
    const uint64_t count = last->kind == OPERAND_IMM ? (uint64_t)insn->imm : before->gpr[RCX];
    return (unsigned)(count & (insn->op_size == 8 ? 63 : 31));
}

static bool is_shift(uint16_t op) {
    return op == OP_ROL || op == OP_ROR || op == OP_RCL || op == OP_RCR || op == OP_SHL || op == OP_SHR ||
           op == OP_SAR || op == OP_SHLD || op == OP_SHRD;
}

/* SDM 2: a count of 0 changes no flag, OF is defined for 1 only, CF of SHL/SHR below the operand size only. */
static uint64_t undefined_flags(const struct insn *insn, const struct machine_state *before) {
    const uint64_t row = form_info(insn->form)->flags_undefined;
    if (!is_shift(insn->op)) return row;
    const unsigned count = shift_count(insn, before), bits = insn->op_size * 8u;
    if (count == 0) return 0;
    const bool rotate = insn->op == OP_ROL || insn->op == OP_ROR || insn->op == OP_RCL || insn->op == OP_RCR;
    uint64_t mask = rotate ? 0 : RFLAGS_AF;
    if (count != 1) mask |= RFLAGS_OF;
    if (count >= bits && !rotate) mask |= RFLAGS_CF;
    if (count > bits && (insn->op == OP_SHLD || insn->op == OP_SHRD)) mask |= RFLAGS_ARITH;
    return mask;
}

/* 16-bit SHLD and SHRD by more than 16 have an undefined result. */
static bool undefined_result(const struct insn *insn, const struct machine_state *before) {
    return (insn->op == OP_SHLD || insn->op == OP_SHRD) && shift_count(insn, before) > insn->op_size * 8u;
}

/* Transcendentals may differ in the last place: the machine model defines them, not the host. */
static bool transcendental(uint16_t op) {
    static const uint16_t ops[] = {OP_FSIN, OP_FCOS, OP_FSINCOS, OP_FPTAN, OP_FPATAN, OP_F2XM1, OP_FYL2X, OP_FYL2XP1};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (ops[i] == op) return true;
    }
    return false;
}

/* Position of an extended real among its neighbours, so that one step across a power of two is one. */
static __int128 st_position(const uint8_t *st) {
    uint64_t mantissa;
    uint16_t se;
    memcpy(&mantissa, st, 8);
    memcpy(&se, st + 8, 2);
    const __int128 magnitude = ((__int128)(se & 0x7fff) << 63) + (__int128)(mantissa & ~(1ull << 63));
    return se & 0x8000 ? -magnitude : magnitude;
}

static bool st_close(const uint8_t *a, const uint8_t *b) {
    const __int128 d = st_position(a) - st_position(b);
    return d >= -2 && d <= 2;
}

static bool x87_agree(const struct insn *insn, const uint8_t *a, const uint8_t *b, char *text, size_t size) {
    const bool loose = transcendental(insn->op);
    uint16_t fa, fb;
    memcpy(&fa, a + 2, 2);
    memcpy(&fb, b + 2, 2);
    const uint16_t mask = loose ? 0xfddf : 0xffff; /* C1 and PE depend on the last place */
    if (memcmp(a, b, 2)) return differ(text, size, "fcw %02x%02x, oracle %02x%02x", a[1], a[0], b[1], b[0]);
    if ((fa ^ fb) & mask) return differ(text, size, "fsw %04x, oracle %04x", fa, fb);
    if (a[4] != b[4]) return differ(text, size, "ftw %02x, oracle %02x", a[4], b[4]);
    for (int i = 0; i < 8; i++) {
        const uint8_t *x = a + 32 + 16 * i, *y = b + 32 + 16 * i;
        if (!memcmp(x, y, 10) || (loose && st_close(x, y))) continue;
        uint64_t mx, my;
        memcpy(&mx, x, 8);
        memcpy(&my, y, 8);
        return differ(text, size, "st%d %02x%02x:%016llx, oracle %02x%02x:%016llx", i, x[9], x[8],
                      (unsigned long long)mx, y[9], y[8], (unsigned long long)my);
    }
    return true;
}

static bool vectors_agree(const uint8_t *a, const uint8_t *b, char *text, size_t size) {
    uint32_t ma, mb;
    memcpy(&ma, a + 24, 4);
    memcpy(&mb, b + 24, 4);
    /* With overflow or underflow unmasked AMD leaves PE clear where the rounded significand is exact. */
    const uint32_t pe = (mb & 0xc00) == 0xc00 ? 0 : 0x20;
    if ((ma ^ mb) & ~pe) return differ(text, size, "mxcsr %x, oracle %x", ma, mb);
    for (int i = 0; i < 16; i++) {
        for (int part = 0; part < 4; part++) {
            const size_t at = part < 2 ? 160u + 16u * i + 8u * part : 576u + 16u * i + 8u * (part - 2);
            uint64_t x, y;
            memcpy(&x, a + at, 8);
            memcpy(&y, b + at, 8);
            if (x != y) {
                return differ(text, size, "ymm%d.q%d %016llx, oracle %016llx", i, part, (unsigned long long)x,
                              (unsigned long long)y);
            }
        }
    }
    return true;
}

static bool exceptions_agree(const struct result *ours, const struct result *theirs, char *text, size_t size) {
    if (ours->outcome != theirs->outcome || (ours->outcome == OUTCOME_EXCEPTION && ours->vector != theirs->vector)) {
        return differ(text, size, "%s %u, oracle %s %u", ours->outcome ? "exception" : "retired",
                      ours->outcome ? ours->vector : 0, theirs->outcome ? "exception" : "retired",
                      theirs->outcome ? theirs->vector : 0);
    }
    if (ours->outcome == OUTCOME_RETIRED) return true;
    /* The kernel's half is mapped on the host, so its page faults say "present". */
    const uint32_t present = theirs->vector == 14 && theirs->fault_address >> 63 ? 1 : 0;
    if ((ours->error_code ^ theirs->error_code) & ~present) {
        return differ(text, size, "error code %x, oracle %x", ours->error_code, theirs->error_code);
    }
    if (ours->vector == 14 && ours->fault_address != theirs->fault_address) {
        return differ(text, size, "fault address %llx, oracle %llx", (unsigned long long)ours->fault_address,
                      (unsigned long long)theirs->fault_address);
    }
    return true;
}

static bool has_prefix(const struct instance *instance, uint8_t prefix) {
    for (unsigned i = 0; i + 2 < instance->length; i++) {
        if (instance->bytes[i] == prefix) return true;
    }
    return false;
}

/* AMD has one more bit (17, MM) in MXCSR, which is reserved for us: #GP. */
static bool loads_amd_mxcsr(const struct insn *insn, const struct result *ours, const struct result *theirs) {
    uint32_t loaded;
    memcpy(&loaded, theirs->after.xsave + 24, 4);
    if (insn->op != OP_LDMXCSR && insn->op != OP_FXRSTOR) return false;
    return theirs->outcome == OUTCOME_RETIRED && loaded >> 16 == 2 && ours->outcome == OUTCOME_EXCEPTION && ours->vector == 13;
}

/* Where processors differ and the SDM leaves it open, or AMD departs from it. */
static bool vendors_differ(const struct insn *insn, const struct instance *instance, const struct result *ours,
                           const struct result *theirs) {
    /* AMD reads a REP prefix of LOOPcc as another condition; the SDM reserves it and we ignore it. */
    const bool loop = insn->op == OP_LOOPE || insn->op == OP_LOOPNE;
    if (loop && (has_prefix(instance, 0xf2) || has_prefix(instance, 0xf3))) return true;
    /* A hypervisor may turn INT of a processor exception's number into that exception. */
    if (insn->op == OP_INT && (insn->imm & 0xff) < 32) return true;
    /* AMD has no 0F 0D with a register. */
    if (insn->op == OP_NOP && theirs->outcome == OUTCOME_EXCEPTION && theirs->vector == 6) return true;
    /* The steps of a dot product report their exceptions in another order once one is unmasked. */
    uint32_t mxcsr;
    memcpy(&mxcsr, instance->before.xsave + 24, 4);
    if ((insn->op == OP_DPPS || insn->op == OP_DPPD) && (mxcsr & 0x1f80) != 0x1f80) return true;
    if (loads_amd_mxcsr(insn, ours, theirs)) return true;
    const bool sha = insn->op >= OP_SHA1RNDS4 && insn->op <= OP_SHA256MSG2;
    if (sha && theirs->vector != 13 && insn->operand[1].kind == OPERAND_MEM) return true; /* no alignment check on AMD */
    const bool masked = insn->op == OP_MASKMOVDQU || insn->op == OP_MASKMOVQ;
    return masked && theirs->outcome == OUTCOME_EXCEPTION; /* bytes that the mask leaves out may fault */
}

bool results_agree(const struct insn *insn, const struct instance *instance, const struct result *ours,
                   const struct result *theirs, char *text, size_t size) {
    const struct machine_state *a = &ours->after, *b = &theirs->after;
    if (vendors_differ(insn, instance, ours, theirs)) return true;
    if (!exceptions_agree(ours, theirs, text, size)) return false;
    if (a->rip != b->rip) {
        return differ(text, size, "rip %llx, oracle %llx", (unsigned long long)a->rip, (unsigned long long)b->rip);
    }
    if (undefined_result(insn, &instance->before)) return true;
    for (int i = 0; i < 16; i++) {
        if (a->gpr[i] != b->gpr[i]) {
            return differ(text, size, "gpr%d %llx, oracle %llx", i, (unsigned long long)a->gpr[i],
                          (unsigned long long)b->gpr[i]);
        }
    }
    const uint64_t flags = (RFLAGS_ARITH | RFLAGS_DF) & ~undefined_flags(insn, &instance->before);
    if ((a->rflags ^ b->rflags) & flags) {
        return differ(text, size, "rflags %llx, oracle %llx (mask %llx)", (unsigned long long)a->rflags,
                      (unsigned long long)b->rflags, (unsigned long long)flags);
    }
    for (unsigned i = 0; i < DATA_SIZE; i++) {
        if (a->data[i] != b->data[i] && !transcendental(insn->op)) {
            return differ(text, size, "memory %llx: %02x, oracle %02x", DATA_GVA + i, a->data[i], b->data[i]);
        }
    }
    for (unsigned i = 0; i < CODE_PAGES_SIZE; i++) {
        if (a->code[i] != b->code[i]) {
            return differ(text, size, "code %llx: %02x, oracle %02x", CODE_GVA + i, a->code[i], b->code[i]);
        }
    }
    return x87_agree(insn, a->xsave, b->xsave, text, size) && vectors_agree(a->xsave, b->xsave, text, size);
}
