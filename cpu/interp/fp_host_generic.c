/* SPDX-License-Identifier: ISC */
/* The floating-point environment over <fenv.h>. C knows neither DAZ nor FTZ nor the denormal flag: those guest bits are
 * kept (per host thread, while the engine runs) for the integer-only operations, and have no effect on the others. */
#include "cpu/interp/fp_host.h"

#include "cpu/interp/fp.h"
#include "cpu/interp/fp_fused.h"

#include <fenv.h>

static _Thread_local uint32_t beside; /* the bits that <fenv.h> cannot hold */

static const struct {
    uint32_t guest;
    int host;
} flag_map[] = {
    {MXCSR_IE, FE_INVALID},   {MXCSR_ZE, FE_DIVBYZERO}, {MXCSR_OE, FE_OVERFLOW},
    {MXCSR_UE, FE_UNDERFLOW}, {MXCSR_PE, FE_INEXACT},
};
static const int rounding_map[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};

uint32_t fp_host_get(void) {
    uint32_t mxcsr = MXCSR_MASKS | beside;
    const int raised = fetestexcept(FE_ALL_EXCEPT), rounding = fegetround();
    for (unsigned i = 0; i < sizeof flag_map / sizeof *flag_map; i++)
        if (raised & flag_map[i].host) mxcsr |= flag_map[i].guest;
    for (uint32_t i = 0; i < 4; i++)
        if (rounding == rounding_map[i]) mxcsr |= i << MXCSR_RC_SHIFT;
    return mxcsr;
}

void fp_host_set(uint32_t mxcsr) {
    int raise = 0;
    beside = mxcsr & (MXCSR_DAZ | MXCSR_FTZ | MXCSR_DE);
    fesetround(rounding_map[(mxcsr & MXCSR_RC) >> MXCSR_RC_SHIFT]);
    for (unsigned i = 0; i < sizeof flag_map / sizeof *flag_map; i++)
        if (mxcsr & flag_map[i].guest) raise |= flag_map[i].host;
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(raise);
}

float fp_fused32(float x, float y, float z) {
    return fp_soft_fused32(x, y, z);
}

double fp_fused64(double x, double y, double z) {
    return fp_soft_fused64(x, y, z);
}
