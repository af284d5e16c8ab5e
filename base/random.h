/* SPDX-License-Identifier: ISC */
/* Where random bytes come from, and a stream of numbers that a seed decides (SplitMix64, Steele et al. 2014): same seed, same numbers,
 * on every host. Not for secrets. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* fill returns 0 or -E. */
struct entropy {
    int (*fill)(void *arg, void *out, size_t n);
    void *arg;
};

static inline int entropy_fill(const struct entropy *entropy, void *out, size_t n) {
    return entropy->fill(entropy->arg, out, n);
}

struct random_stream {
    uint64_t state;
};

static inline uint64_t random_next(struct random_stream *stream) {
    uint64_t z = stream->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* 0 to n - 1; n > 0. The bias is below n / 2^32. */
static inline uint32_t random_below(struct random_stream *stream, uint32_t n) {
    return (uint32_t)((random_next(stream) >> 32) * n >> 32);
}

static inline void random_fill(struct random_stream *stream, void *out, size_t n) {
    for (unsigned char *to = out; n > 0;) {
        const uint64_t word = random_next(stream);
        const size_t part = n < sizeof word ? n : sizeof word;
        memcpy(to, &word, part);
        to += part;
        n -= part;
    }
}
