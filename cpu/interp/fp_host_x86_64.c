/* SPDX-License-Identifier: ISC */
/* The floating-point environment of an x86-64 host is MXCSR itself. */
#include "cpu/interp/fp_host.h"

#include "base/bits.h"
#include "cpu/interp/fp.h"
#include "cpu/interp/fp_fused.h"

uint32_t fp_host_get(void) {
    return __builtin_ia32_stmxcsr();
}

void fp_host_set(uint32_t mxcsr) {
    __builtin_ia32_ldmxcsr(mxcsr | MXCSR_MASKS);
}

static __attribute__((target("fma"))) float host_fused32(float x, float y, float z) {
    return __builtin_fmaf(x, y, z);
}

static __attribute__((target("fma"))) double host_fused64(double x, double y, double z) {
    return __builtin_fma(x, y, z);
}

float fp_fused32(float x, float y, float z) {
    return LIKELY(__builtin_cpu_supports("fma")) ? host_fused32(x, y, z) : fp_soft_fused32(x, y, z);
}

double fp_fused64(double x, double y, double z) {
    return LIKELY(__builtin_cpu_supports("fma")) ? host_fused64(x, y, z) : fp_soft_fused64(x, y, z);
}
