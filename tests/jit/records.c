/* SPDX-License-Identifier: ISC */
/* Packed records give back what was packed, for every host offset. */
#include "cpu/jit/x86_64/records.h"

#include <criterion/criterion.h>
#include <string.h>

enum { N = 500 };

static uint32_t next_random(uint32_t *x) {
    return *x = *x * 1664525 + 1013904223, *x >> 8;
}

/* Distances of one, two and three bytes; now and then the guest address goes back. */
static void make(struct jit_record *records, uint32_t seed) {
    static const uint16_t steps[] = {0, 1, 5, 127, 128, 300, 4000};
    struct jit_record r = {.host = (uint16_t)(seed % 50)};
    for (unsigned i = 0; i < N; i++) {
        const uint16_t step = steps[next_random(&seed) % (i % 32 ? 3 : 7)];
        r.host = (uint16_t)(r.host + (r.host < 60000 ? step : 1));
        r.guest = (uint16_t)(r.guest + (next_random(&seed) % 16 ? step : -step));
        if (next_random(&seed) % 3 == 0) {
            r.saved = next_random(&seed) % 17;
            r.cached = next_random(&seed) % 4;
            r.biased = next_random(&seed) % 4;
            r.boundary = next_random(&seed) % 2;
            r.counter = next_random(&seed) % 17;
        }
        if (next_random(&seed) % 4 == 0) r.ahead = (int8_t)(next_random(&seed) % 241 - 120);
        else if (r.ahead && next_random(&seed) % 2) r.ahead--;
        records[i] = r;
    }
}

static const struct jit_record *expect(const struct jit_record *records, uint32_t host) {
    const struct jit_record *last = NULL;
    for (unsigned i = 0; i < N && records[i].host <= host; i++) last = &records[i];
    return last;
}

Test(records, every_offset_finds_its_record) {
    for (uint32_t seed = 0; seed < 20; seed++) {
        struct jit_record records[N], found;
        uint8_t packed[N * RECORD_MAX_BYTES];
        make(records, seed);
        const size_t n = records_pack(packed, records, N);
        cr_assert_leq(n, sizeof packed);
        for (uint32_t host = 0; host <= UINT16_MAX; host += 3) {
            const struct jit_record *wanted = expect(records, host);
            cr_assert_eq(records_find(packed, N, host, &found), wanted != NULL);
            if (wanted) cr_assert_eq(memcmp(&found, wanted, sizeof found), 0, "offset %u", host);
        }
    }
}

Test(records, straight_code_takes_two_bytes_a_record) {
    struct jit_record records[100] = {0};
    uint8_t packed[100 * RECORD_MAX_BYTES];
    for (unsigned i = 0; i < 100; i++) records[i] = (struct jit_record){.host = 5 * i, .guest = 4 * i, .boundary = 1};
    cr_assert_eq(records_pack(packed, records, 100), 202);
}

Test(records, none_is_found_in_an_empty_list) {
    struct jit_record found;
    cr_assert(!records_find(NULL, 0, 5, &found));
}
