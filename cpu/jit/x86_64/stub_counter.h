/* SPDX-License-Identifier: ISC */
/* The stub that reads a counter in the midst of translated code. For stubs.c only. */
#pragma once

#include "cpu/jit/x86_64/code_space.h"

/* Writes it and sets space->read_counter and read_counter_end; nothing if the host has no clock that it could call. */
void stub_counter_write(struct assembler *a, struct jit_space *space);
