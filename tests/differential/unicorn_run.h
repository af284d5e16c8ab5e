/* SPDX-License-Identifier: ISC */
/* Runs one instruction on Unicorn (QEMU's CPU): an oracle that is not the host. Integer and SSE state only. */
#pragma once

#include "tests/differential/state.h"

struct unicorn_runner;

struct unicorn_runner *unicorn_runner_new(void);
void unicorn_runner_free(struct unicorn_runner *runner);
void unicorn_run(struct unicorn_runner *runner, const struct instance *instance, struct result *out);
