/* SPDX-License-Identifier: ISC */
/* What the bench programs share. Each prints a checksum of its work, so that a run under an engine can be compared with
 * the native one, and ends with status 1 and a line on stderr when a call of the system fails. */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Argument i as a number. */
static inline long number(int argc, char **argv, int i, long otherwise) {
    return i < argc ? atol(argv[i]) : otherwise;
}

/* The next of a repeatable series; its high bits are the better ones. */
static inline uint32_t next_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 32);
}

static inline uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

/* Adds the exact bits of a number, so that no rounding of the output can hide a difference. */
static inline uint64_t mix_double(uint64_t hash, double value) {
    uint64_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return mix(hash, bits);
}

static inline void print_hash(uint64_t hash) {
    printf("%016llx\n", (unsigned long long)hash);
}

static inline void require(int holds, const char *what) {
    if (holds) return;
    perror(what);
    exit(1);
}
