/* SPDX-License-Identifier: ISC */
/* One of several beginnings, then noise. */
#include "tests/decoder/random_bytes.h"

#include <stdbool.h>
#include <stdlib.h>

static const uint8_t mandatory[] = {0x66, 0xf2, 0xf3, 0x48};

/* C4 with map 1..3 and C5; half of them with vvvv unused, which many forms ask for. */
static void begin_vex(struct rng *rng, uint8_t *bytes) {
    const bool two = rng_below(rng, 2);
    bytes[0] = two ? 0xc5 : 0xc4;
    if (!two) bytes[1] = (uint8_t)((bytes[1] & 0xe0) | (1 + rng_below(rng, 3)));
    if (rng_below(rng, 2)) bytes[two ? 1 : 2] |= 0x78;
}

void random_bytes(struct rng *rng, uint8_t bytes[15]) {
    for (unsigned i = 0; i < 15; i++) bytes[i] = (uint8_t)(rng_next(rng) >> 9);
    uint8_t *at = bytes;
    switch (rng_below(rng, 8)) {
    case 0:
    case 1:
        break;
    case 2:
    case 3:
        begin_vex(rng, at);
        break;
    case 4:
        *at++ = 0x66; /* and one more */
    /* fall through */
    case 5:
        *at++ = mandatory[rng_below(rng, sizeof mandatory)];
    /* fall through */
    default:
        *at++ = 0x0f;
        if (rng_below(rng, 2)) *at = rng_below(rng, 2) ? 0x38 : 0x3a;
        break;
    }
}

unsigned long sweep_length(unsigned long usual) {
    const char *text = getenv("LOCKSTEP_SWEEP");
    return text ? strtoul(text, NULL, 10) : usual;
}
