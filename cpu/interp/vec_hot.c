/* SPDX-License-Identifier: ISC */
/* Choosing a direct handler, once per translation. */
#include "cpu/interp/vec_hot.h"

static uop_fn *find(const struct vec_hot *row, const void *semantic, enum vec_result result, enum vec_source source) {
    for (; row->semantic; row++)
        if (row->semantic == semantic) return row->handler[result][source];
    return NULL;
}

static uop_fn *find_one(const struct vec_hot_one *row, const void *semantic, enum vec_source source) {
    for (; row->semantic; row++)
        if (row->semantic == semantic) return row->handler[source];
    return NULL;
}

uop_fn *vec_hot_handler(const void *semantic, enum vec_result result, enum vec_source source) {
    uop_fn *fn = find(vec_hot_int, semantic, result, source);
    if (!fn) fn = find(vec_hot_scalar, semantic, result, source);
    return fn ? fn : find(vec_hot_packed, semantic, result, source);
}

uop_fn *vec_hot_value_handler(const void *semantic, enum vec_source source) {
    return find_one(vec_hot_value, semantic, source);
}

uop_fn *vec_hot_flags_handler(const void *semantic, enum vec_source source) {
    return find_one(vec_hot_flags, semantic, source);
}
