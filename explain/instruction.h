/* SPDX-License-Identifier: ISC */
/* The instruction at an address and the registers that it reads, by Capstone. For explain/ only. */
#pragma once

#include "explain/core.h"

void instruction_print(const struct core *core, uint64_t address);
/* All general registers, three lines. */
void registers_print(const struct core *core);
