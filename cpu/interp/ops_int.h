/* SPDX-License-Identifier: ISC */
/* Prototypes of the lowering functions in ops_int.def, for the files that define them. */
#pragma once

#include "cpu/interp/lower.h"

#define LOWER(op, function) lower_fn function;
#include "cpu/interp/ops_int.def"
#undef LOWER
