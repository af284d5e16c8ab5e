/* SPDX-License-Identifier: ISC */
/* Runs one instruction on Unicorn 2 (QEMU's translator) with every register given that it has: no upper vector halves, no status
 * bits of MXCSR and of the x87 status word. It may abort the process or never end: run it in a child. */
#pragma once

#include "tests/differential/state.h"

struct unicorn_runner;

/* NULL if the library refuses. */
struct unicorn_runner *unicorn_runner_new(void);
/* Returns 0, or an error of Unicorn's (uc_strerror): it raised an exception, or does not know the instruction. Registers that it
 * does not have are as before. */
int unicorn_run(struct unicorn_runner *runner, const struct instance *instance, struct result *out);
/* The instruction is done, where it leads to is not mapped. */
_Bool unicorn_only_fetch_failed(int error);
