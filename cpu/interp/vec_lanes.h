/* SPDX-License-Identifier: ISC */
/* Vectors as values of the compiler's own vector types, for direct handlers. vec16_<lane> and vec32_<lane>; the names of the
 * lanes are those of union vec. They may alias anything and need no alignment. */
#pragma once

#include <stdint.h>

#define VEC_LANE_TYPE(name, type, n) typedef type vec##n##_##name __attribute__((vector_size(n), may_alias, aligned(1)))
#define VEC_LANE_TYPES(name, type) \
    VEC_LANE_TYPE(name, type, 16); \
    VEC_LANE_TYPE(name, type, 32)

VEC_LANE_TYPES(u8, uint8_t);
VEC_LANE_TYPES(i8, int8_t);
VEC_LANE_TYPES(u16, uint16_t);
VEC_LANE_TYPES(i16, int16_t);
VEC_LANE_TYPES(u32, uint32_t);
VEC_LANE_TYPES(i32, int32_t);
VEC_LANE_TYPES(u64, uint64_t);
VEC_LANE_TYPES(f32, float);
VEC_LANE_TYPES(f64, double);
