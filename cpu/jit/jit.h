/* SPDX-License-Identifier: ISC */
/* The translating engine. Where there is no translator for the host's processor, or the host cannot run every instruction
 * of the machine model, there is none. */
#pragma once

#include "cpu/engine.h"

/* Returns the engine, or NULL with *why saying what the host lacks. It runs spaces that are no windows on the interpreter, and, unless
 * cpu->env->counting, everything that needs an exact count. */
const struct engine *engine_jit(const char **why);
