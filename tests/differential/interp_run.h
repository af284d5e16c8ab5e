/* SPDX-License-Identifier: ISC */
/* Runs one instruction on an engine of ours with every register given. */
#pragma once

#include "tests/differential/state.h"

struct interp_runner;

struct interp_runner *interp_runner_new(void);
void interp_runner_free(struct interp_runner *runner);
void interp_run(struct interp_runner *runner, const struct instance *instance, struct result *out);
