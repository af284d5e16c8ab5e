/* SPDX-License-Identifier: ISC */
/* Direct handlers. */
#include "cpu/interp/vec_handler.h"
uop_fn *vec_hot_handler(const void *semantic, enum vec_result result, enum vec_source source) {
    return 0;
}
