/* SPDX-License-Identifier: ISC */
/* Checks and keys. Pure. */
#include "trace/format.h"

#include <stddef.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t trace_check(const struct trace_frame *frame, const void *stored) {
    return XXH64(stored, frame->stored, XXH64(frame, offsetof(struct trace_frame, check), 0));
}

struct trace_key trace_key_of(const void *bytes, uint32_t n) {
    const XXH128_hash_t hash = XXH3_128bits(bytes, n);
    return (struct trace_key){hash.low64, hash.high64};
}
