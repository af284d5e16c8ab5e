/* SPDX-License-Identifier: ISC */
/* Compares what two engines made of a program. */
#pragma once

#include "tests/jit/subject.h"

/* Returns true when they agree; else writes the first difference to text. counted: both counts are of all instructions. */
bool outcomes_agree(const struct program *program, const struct outcome_of_run *a, const struct outcome_of_run *b, bool counted,
                    char *text, size_t size);
