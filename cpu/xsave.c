/* SPDX-License-Identifier: ISC */
/* Images of the FPU and vector state, part by part. Bytes that a CPU leaves alone are left alone.
 */
#include "cpu/xsave.h"

#include "cpu/interp/x87.h"
#include "cpu/interp/x87_env.h"

#include <string.h>

enum { REGISTER_SLOT = 16, N_ST = 8, N_XMM = 16, HALF = 16, HEADER_SIZE = 64 };

static uint16_t get16(const uint8_t *in) {
    uint16_t value;
    memcpy(&value, in, 2);
    return value;
}

static uint32_t get32(const uint8_t *in) {
    uint32_t value;
    memcpy(&value, in, 4);
    return value;
}

static uint64_t get64(const uint8_t *in) {
    uint64_t value;
    memcpy(&value, in, 8);
    return value;
}

static void put_head(const struct x87 *f, uint8_t *image, bool wide) {
    memset(image, 0, XSAVE_AT_MXCSR);
    memcpy(image, &f->fcw, 2);
    memcpy(image + 2, &f->fsw, 2);
    image[4] = f->ftw;
    memcpy(image + 6, &f->fop, 2);
    memcpy(image + 8, &f->fip, wide ? 8 : 4);
    memcpy(image + 16, &f->fdp, wide ? 8 : 4);
}

void xsave_put_x87(const struct cpu_state *s, uint8_t *image, bool wide) {
    const struct x87 *f = &s->x87;
    put_head(f, image, wide);
    for (unsigned i = 0; i < N_ST; i++) {
        const struct float80 st = f->st[x87_index(f, i)];
        uint8_t *slot = image + XSAVE_AT_ST + REGISTER_SLOT * i;
        memset(slot, 0, REGISTER_SLOT);
        memcpy(slot, &st.mantissa, 8);
        memcpy(slot + 8, &st.se, 2);
    }
}

void xsave_get_x87(struct cpu_state *s, const uint8_t *image, bool wide) {
    struct x87 *f = &s->x87;
    f->fsw = get16(image + 2);
    f->ftw = image[4];
    f->fop = get16(image + 6) & 0x7ff;
    f->fip = wide ? get64(image + 8) : get32(image + 8);
    f->fdp = wide ? get64(image + 16) : get32(image + 16);
    x87_set_fcw(f, get16(image));
    for (unsigned i = 0; i < N_ST; i++) {
        const uint8_t *slot = image + XSAVE_AT_ST + REGISTER_SLOT * i;
        *x87_st(f, i) = (struct float80){get64(slot), get16(slot + 8)};
    }
}

void xsave_init_x87(struct cpu_state *s) {
    memset(&s->x87, 0, sizeof(s->x87));
    x87_init(&s->x87);
}

void xsave_put_mxcsr(const struct cpu_state *s, uint8_t *image) {
    const uint32_t mask = MXCSR_WRITABLE;
    memcpy(image + XSAVE_AT_MXCSR, &s->mxcsr, 4);
    memcpy(image + XSAVE_AT_MXCSR + 4, &mask, 4);
}

void xsave_put_xmm(const struct cpu_state *s, uint8_t *image) {
    for (unsigned i = 0; i < N_XMM; i++)
        memcpy(image + XSAVE_AT_XMM + HALF * i, s->ymm[i].u8, HALF);
}

void xsave_get_xmm(struct cpu_state *s, const uint8_t *image) {
    for (unsigned i = 0; i < N_XMM; i++)
        memcpy(s->ymm[i].u8, image + XSAVE_AT_XMM + HALF * i, HALF);
}

void xsave_init_xmm(struct cpu_state *s) {
    for (unsigned i = 0; i < N_XMM; i++) memset(s->ymm[i].u8, 0, HALF);
}

void xsave_put_ymm(const struct cpu_state *s, uint8_t *image) {
    for (unsigned i = 0; i < N_XMM; i++)
        memcpy(image + XSAVE_AT_YMM + HALF * i, s->ymm[i].u8 + HALF, HALF);
}

void xsave_get_ymm(struct cpu_state *s, const uint8_t *image) {
    for (unsigned i = 0; i < N_XMM; i++)
        memcpy(s->ymm[i].u8 + HALF, image + XSAVE_AT_YMM + HALF * i, HALF);
}

void xsave_init_ymm(struct cpu_state *s) {
    for (unsigned i = 0; i < N_XMM; i++) memset(s->ymm[i].u8 + HALF, 0, HALF);
}

static bool x87_in_use(const struct x87 *f) {
    if (f->fcw != X87_FCW_INIT || f->fsw || f->ftw || f->fop || f->fip || f->fdp) return true;
    for (unsigned i = 0; i < N_ST; i++)
        if (f->st[i].mantissa || f->st[i].se) return true;
    return false;
}

unsigned xsave_in_use(const struct cpu_state *s) {
    uint64_t low = 0, high = 0;
    for (unsigned i = 0; i < N_XMM; i++) {
        low |= s->ymm[i].u64[0] | s->ymm[i].u64[1];
        high |= s->ymm[i].u64[2] | s->ymm[i].u64[3];
    }
    return (x87_in_use(&s->x87) ? XCR0_X87 : 0) | (low || s->mxcsr != MXCSR_INIT ? XCR0_SSE : 0) |
           (high ? XCR0_AVX : 0);
}

void fxsave_write(const struct cpu_state *s, uint8_t image[FXSAVE_SIZE]) {
    xsave_put_x87(s, image, true);
    xsave_put_mxcsr(s, image);
    xsave_put_xmm(s, image);
}

bool fxsave_read(struct cpu_state *s, const uint8_t image[FXSAVE_SIZE]) {
    const uint32_t mxcsr = get32(image + XSAVE_AT_MXCSR);
    if (mxcsr & ~(uint32_t)MXCSR_WRITABLE) return false;
    s->mxcsr = mxcsr;
    xsave_get_x87(s, image, true);
    xsave_get_xmm(s, image);
    return true;
}

void xsave_write(const struct cpu_state *s, uint8_t image[XSAVE_SIZE]) {
    memset(image, 0, XSAVE_SIZE);
    fxsave_write(s, image);
    xsave_put_ymm(s, image);
    image[XSAVE_AT_XSTATE_BV] = XCR0_ALL;
}

bool xsave_read(struct cpu_state *s, const uint8_t image[XSAVE_SIZE]) {
    const uint64_t present = get64(image + XSAVE_AT_XSTATE_BV);
    const uint32_t mxcsr = get32(image + XSAVE_AT_MXCSR);
    if (present & ~(uint64_t)XCR0_ALL || mxcsr & ~(uint32_t)MXCSR_WRITABLE) return false;
    for (unsigned i = 8; i < HEADER_SIZE; i++)
        if (image[XSAVE_AT_XSTATE_BV + i]) return false;
    s->mxcsr = mxcsr;
    if (present & XCR0_X87)
        xsave_get_x87(s, image, true);
    else
        xsave_init_x87(s);
    if (present & XCR0_SSE)
        xsave_get_xmm(s, image);
    else
        xsave_init_xmm(s);
    if (present & XCR0_AVX)
        xsave_get_ymm(s, image);
    else
        xsave_init_ymm(s);
    return true;
}
