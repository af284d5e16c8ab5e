/* SPDX-License-Identifier: ISC */
/* decode() and Capstone agree on random bytes, or a row of capstone_differences.def says why not.
 */
#include "tests/decoder/capstone_compare.h"
#include "tests/decoder/random_bytes.h"

#include <criterion/criterion.h>

Test(capstone_random, agrees_or_is_explained) {
    struct capstone capstone;
    struct rng rng;
    uint8_t bytes[INSN_MAX_LENGTH];
    char why[DISAGREEMENT_MAX];
    unsigned shown = 0;
    rng_init(&rng, 2);
    capstone_open(&capstone);
    for (unsigned long n = sweep_length(1000000); n && shown < 20; n--) {
        random_bytes(&rng, bytes);
        const bool agrees = capstone_agrees(&capstone, bytes, why);
        shown += !agrees;
        cr_expect(agrees, "%s", why);
    }
    capstone_close(&capstone);
}
