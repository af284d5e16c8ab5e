/* SPDX-License-Identifier: ISC */
/* By FXSAVE and FXRSTOR. The pointers to the last instruction are the host's while translated code runs, and are dropped. */
#include "cpu/jit/x86_64/x87_state.h"

#include "cpu/xsave.h"

#include <string.h>

enum { INITIAL_CONTROL = 0x37f };

bool x87_enter(const struct cpu_state *s, bool used) {
    _Alignas(16) uint8_t image[FXSAVE_SIZE];
    if (!used && s->x87.fcw == INITIAL_CONTROL && s->x87.fsw == 0 && s->x87.ftw == 0) return false;
    memset(image, 0, sizeof image);
    fxsave_write(s, image);
    memset(image + 6, 0, 18); /* FOP, FIP, FDP */
    __asm__ volatile("fxrstor64 %0" ::"m"(image));
    return true;
}

void x87_leave(struct cpu_state *s) {
    _Alignas(16) uint8_t image[FXSAVE_SIZE];
    const uint16_t fop = s->x87.fop;
    const uint64_t fip = s->x87.fip, fdp = s->x87.fdp;
    __asm__ volatile("fxsave64 %0\n\tfninit" : "=m"(image));
    xsave_get_x87(s, image, true);
    s->x87.fop = fop;
    s->x87.fip = fip;
    s->x87.fdp = fdp;
}
