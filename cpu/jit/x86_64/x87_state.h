/* SPDX-License-Identifier: ISC */
/* The x87 state between struct cpu_state and the host's registers. As long as no translated code uses it, and the guest's is
 * the initial one, the host's registers hold that and nothing need be moved. */
#pragma once

#include "cpu/state.h"

#include <stdbool.h>

/* Loads the state if there is one to load or used says so. Returns whether it did. */
bool x87_enter(const struct cpu_state *s, bool used);
/* Stores the host's registers and puts them into their initial state. */
void x87_leave(struct cpu_state *s);
