/* SPDX-License-Identifier: ISC */
/* A record is the host bytes since the one before; the guest bytes, doubled, plus 1 if the rest differs from that of the one before; and
 * then the rest in two bytes, or three if it is another number of instructions ahead: one instruction later it is one less. Distances take 7 bits a byte, the lowest first, and count modulo 65536. */
#include "cpu/jit/x86_64/records.h"

static uint8_t *put_number(uint8_t *at, uint32_t value) {
    for (; value >= 0x80; value >>= 7) *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static const uint8_t *get_number(const uint8_t *at, uint32_t *value) {
    *value = 0;
    for (unsigned shift = 0;; shift += 7) {
        *value |= (uint32_t)(*at & 0x7f) << shift;
        if (!(*at++ & 0x80)) return at;
    }
}

static unsigned rest_of(const struct jit_record *r) {
    return r->saved | r->cached << 5u | r->biased << 7u | r->boundary << 9u | r->counter << 10u;
}

static void set_rest(struct jit_record *r, unsigned rest) {
    r->saved = rest & 31;
    r->cached = rest >> 5 & 3;
    r->biased = rest >> 7 & 3;
    r->boundary = rest >> 9 & 1;
    r->counter = rest >> 10 & 31;
}

static int8_t ahead_after(const struct jit_record *r, bool is_next) {
    return (int8_t)(r->ahead && is_next ? r->ahead - 1 : r->ahead);
}

size_t records_pack(uint8_t *out, const struct jit_record *records, size_t n) {
    struct jit_record last = {0};
    uint8_t *at = out;
    for (size_t i = 0; i < n; i++) {
        const struct jit_record *r = &records[i];
        const unsigned rest = rest_of(r);
        const bool jumps = r->ahead != ahead_after(&last, r->guest != last.guest), differs = jumps || rest != rest_of(&last);
        at = put_number(at, (uint16_t)(r->host - last.host));
        at = put_number(at, (uint32_t)(uint16_t)(r->guest - last.guest) << 1 | differs);
        if (differs) {
            *at++ = (uint8_t)rest;
            *at++ = (uint8_t)(rest >> 8 | jumps << 7);
            if (jumps) *at++ = (uint8_t)r->ahead;
        }
        last = *r;
    }
    return (size_t)(at - out);
}

bool records_find(const uint8_t *packed, size_t n, uint32_t host, struct jit_record *out) {
    struct jit_record r = {0};
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        uint32_t ahead, guest;
        packed = get_number(get_number(packed, &ahead), &guest);
        r.host = (uint16_t)(r.host + ahead);
        r.guest = (uint16_t)(r.guest + (guest >> 1));
        r.ahead = ahead_after(&r, guest >> 1);
        if (guest & 1) {
            set_rest(&r, packed[0] | (unsigned)packed[1] << 8);
            const bool jumps = packed[1] >> 7;
            if (jumps) r.ahead = (int8_t)packed[2];
            packed += 2 + jumps;
        }
        if (r.host > host) return found;
        *out = r;
        found = true;
    }
    return found;
}
