/* SPDX-License-Identifier: ISC */
/* Hosts that there is no translator for, and builds with sanitizers. */
#include "cpu/jit/jit.h"

const struct engine *engine_jit(const char **why) {
    *why = "there is no translator for this host, or in this build";
    return NULL;
}
