/* SPDX-License-Identifier: ISC */
/* The version, in one place. */
#include "include/lockstep/lockstep.h"

const char *lockstep_version(void) {
    return "0.1.0";
}
