/* SPDX-License-Identifier: ISC */
/* Runs one instruction on an engine without a budget: INT3 stands all around it, so that the engine comes back after it wherever
 * it leads. */
#pragma once

#include "cpu/engine.h"
#include "tests/differential/state.h"

struct insn_runner;

/* window: guest memory directly in host addresses, as a translating engine needs it. */
struct insn_runner *insn_runner_new(const struct engine *engine, bool window);
void insn_runner_free(struct insn_runner *runner);
void insn_run(struct insn_runner *runner, const struct instance *instance, struct result *out);
