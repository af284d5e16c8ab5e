/* SPDX-License-Identifier: ISC */
/* The rows of text_rows.def and error_rows.def. */
#include "tests/support/insn_text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static size_t parse_bytes(const char *text, uint8_t bytes[32]) {
    size_t n = 0;
    for (char *end; *text; text = end) bytes[n++] = (uint8_t)strtoul(text, &end, 16);
    return n;
}

static void expect_text(const char *digits, const char *expected) {
    uint8_t bytes[32];
    char text[INSN_TEXT_MAX] = "";
    struct insn insn;
    const size_t n = parse_bytes(digits, bytes);
    const int length = decode(bytes, n, &insn);
    if (length > 0) insn_text(&insn, text);
    cr_expect_str_eq(text, expected, "%s: %s, not %s", digits, text, expected);
    cr_expect_eq(length, (int)n, "%s: %d", digits, length);
}

Test(text, rows) {
#define TEXT(bytes, text) expect_text(bytes, text);
#include "tests/decoder/text_rows.def"
}

/* Bytes that follow do not matter. */
static void expect_error(const char *digits, int expected) {
    uint8_t bytes[32];
    struct insn insn;
    memset(bytes, 0x90, sizeof bytes);
    parse_bytes(digits, bytes);
    const int result = decode(bytes, sizeof bytes, &insn);
    cr_expect_eq(result, expected, "%s: %d", digits, result);
}

Test(text, errors) {
#define UD(bytes)       expect_error(bytes, DECODE_UD);
#define TOO_LONG(bytes) expect_error(bytes, DECODE_TOO_LONG);
#include "tests/decoder/error_rows.def"
}

Test(text, nothing_is_truncated) {
    struct insn insn;
    cr_expect_eq(decode((const uint8_t *)"", 0, &insn), DECODE_TRUNCATED);
}
