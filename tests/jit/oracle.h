/* SPDX-License-Identifier: ISC */
/* The host CPU (tests/differential/host_run.h) in a process of its own: there the instructions' memory lies at the very addresses
 * that a window of guest memory has here, and the signals are its own. */
#pragma once

#include "tests/differential/state.h"

struct oracle;

/* Starts the process; before this one maps guest memory. NULL if it cannot run. */
struct oracle *oracle_new(void);
void oracle_free(struct oracle *oracle);
/* Where the instance goes. */
struct instance *oracle_instance(struct oracle *oracle);
/* Runs it. NULL if the process is gone. */
const struct result *oracle_run(struct oracle *oracle);
/* The latest one again. */
const struct result *oracle_last(const struct oracle *oracle);
