/* SPDX-License-Identifier: ISC */
#include "debugger/output.h"

void text_hex(struct text *text, const void *bytes, size_t n) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *b = bytes;
    for (size_t i = 0; i < n; i++) text_append(text, (const char[2]){digits[b[i] >> 4], digits[b[i] & 15]}, 2);
}

void text_clear(struct text *text) {
    text->size = 0;
    text->failed = false;
}
