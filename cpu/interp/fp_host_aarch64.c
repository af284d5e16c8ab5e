/* SPDX-License-Identifier: ISC */
/* The floating-point environment of an aarch64 host is FPCR (control) and FPSR (sticky flags). FPCR.FZ does what DAZ and FTZ do
 * together, so it stands for both; with one of them alone, ordinary operations keep denormals. There is no flag for denormal operands. */
#include "cpu/interp/fp_host.h"

#include "cpu/interp/fp.h"
#include "cpu/interp/fp_fused.h"

enum fpsr { FPSR_IOC = 1, FPSR_DZC = 2, FPSR_OFC = 4, FPSR_UFC = 8, FPSR_IXC = 16 };
#define FPCR_FZ (1ull << 24)
#define FPCR_RMODE_SHIFT 22
#define BOTH (MXCSR_DAZ | MXCSR_FTZ)

static _Thread_local uint32_t beside; /* the bits that the registers do not hold */

static uint32_t exchange_directions(uint32_t mode) { /* 1 is up here and down there, 2 the other way round */
    return (mode & 1) << 1 | mode >> 1;
}

uint32_t fp_host_get(void) {
    uint64_t fpsr, fpcr;
    __asm__ volatile("mrs %0, fpsr\n\tmrs %1, fpcr" : "=r"(fpsr), "=r"(fpcr)::"memory");
    uint32_t mxcsr = MXCSR_MASKS | beside | exchange_directions((uint32_t)(fpcr >> FPCR_RMODE_SHIFT) & 3) << MXCSR_RC_SHIFT;
    if (fpsr & FPSR_IOC) mxcsr |= MXCSR_IE;
    if (fpsr & FPSR_DZC) mxcsr |= MXCSR_ZE;
    if (fpsr & FPSR_OFC) mxcsr |= MXCSR_OE;
    if (fpsr & FPSR_UFC) mxcsr |= fpcr & FPCR_FZ ? MXCSR_UE | MXCSR_PE : MXCSR_UE;
    if (fpsr & FPSR_IXC) mxcsr |= MXCSR_PE;
    return mxcsr;
}

void fp_host_set(uint32_t mxcsr) {
    uint64_t fpsr = 0, fpcr = (uint64_t)exchange_directions((mxcsr & MXCSR_RC) >> MXCSR_RC_SHIFT) << FPCR_RMODE_SHIFT;
    beside = mxcsr & (BOTH | MXCSR_DE);
    if ((mxcsr & BOTH) == BOTH) fpcr |= FPCR_FZ;
    if (mxcsr & MXCSR_IE) fpsr |= FPSR_IOC;
    if (mxcsr & MXCSR_ZE) fpsr |= FPSR_DZC;
    if (mxcsr & MXCSR_OE) fpsr |= FPSR_OFC;
    if (mxcsr & MXCSR_UE) fpsr |= FPSR_UFC;
    if (mxcsr & MXCSR_PE) fpsr |= FPSR_IXC;
    __asm__ volatile("msr fpsr, %0\n\tmsr fpcr, %1" ::"r"(fpsr), "r"(fpcr) : "memory");
}

float fp_fused32(float x, float y, float z) {
    return fp_soft_fused32(x, y, z);
}

double fp_fused64(double x, double y, double z) {
    return fp_soft_fused64(x, y, z);
}
