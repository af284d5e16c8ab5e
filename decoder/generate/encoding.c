/* SPDX-License-Identifier: ISC */
/* The encoding column: what a row accepts in each encoding field, its opcodes and whether ModRM
 * follows. */
#include "decoder/generate/parse.h"

#include <stdlib.h>
#include <string.h>

struct word {
    const char *text;
    uint32_t accepts;
};

static const struct word prefix_words[] = {
    {"NP", ACCEPT_NP},
    {"NF", ACCEPT_NP | ACCEPT_66},
    {"NF3", ACCEPT_NP | ACCEPT_66 | ACCEPT_F2 | ACCEPT_66_F2},
    {"66", ACCEPT_66},
    {"F3", ACCEPT_F3 | ACCEPT_66_F3},
    {"F2", ACCEPT_F2 | ACCEPT_66_F2},
};
static const struct word vex_prefix_words[] = {
    {"NP", ACCEPT_NP}, {"66", ACCEPT_66}, {"F3", ACCEPT_F3}, {"F2", ACCEPT_F2}};
static const struct word rex_words[] = {
    {"W0", ACCEPT_W0}, {"W1", ACCEPT_W1}, {"B0", ACCEPT_B0}, {"B1", ACCEPT_B1}};
static const struct word vex_w_words[] = {{"W0", ACCEPT_W0}, {"W1", ACCEPT_W1}, {"WIG", ACCEPT_W}};
static const struct word length_words[] = {
    {"128", ACCEPT_L0}, {"256", ACCEPT_L1}, {"LX", ACCEPT_L}, {"LIG", ACCEPT_L}, {"L0", ACCEPT_L0},
};
static const struct word vex_map_words[] = {
    {"0F", SPACE_VEX_0F}, {"0F38", SPACE_VEX_0F38}, {"0F3A", SPACE_VEX_0F3A}};
#define FIND(words, text) find_word(words, sizeof words / sizeof words[0], text)

static const struct word *find_word(const struct word *words, size_t n, const char *text) {
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(words[i].text, text)) return &words[i];
    }
    return NULL;
}

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

static unsigned hex_byte(const struct parsed_row *out, const char *text) {
    if (!is_hex(text[0]) || !is_hex(text[1])) parse_fail(out->source, "no hexadecimal byte", text);
    const char digits[3] = {text[0], text[1], 0};
    return (unsigned)strtoul(digits, NULL, 16);
}

/* "128.66.0F38.W0" */
static void parse_vex(struct parsed_row *out, const char *text) {
    char part[4][8] = {{0}};
    unsigned n = 0, at = 0;
    for (; *text; text++) {
        if (*text == '.')
            n++, at = 0;
        else if (n < 4 && at < sizeof part[0] - 1)
            part[n][at++] = *text;
        else
            parse_fail(out->source, "bad VEX", text);
    }
    const struct word *length = FIND(length_words, part[0]),
                      *prefix = FIND(vex_prefix_words, part[1]);
    const struct word *map = FIND(vex_map_words, part[2]), *w = FIND(vex_w_words, part[3]);
    if (!length || !prefix || !map || (n == 3) != (w != NULL))
        parse_fail(out->source, "bad VEX", text);
    out->row.accepts = length->accepts | prefix->accepts | (w ? w->accepts : ACCEPT_W) | ACCEPT_B;
    out->row.space = (uint8_t)map->accepts;
    out->vector_length = strcmp(part[0], "LIG") != 0 && strcmp(part[0], "L0") != 0;
}

/* "50", "50+r", "70+cc", "91-97" */
static void parse_opcode(struct parsed_row *out, const char *text) {
    struct form_row *row = &out->row;
    row->opcode = row->last_opcode = (uint8_t)hex_byte(out, text);
    if (!strcmp(text + 2, "+r"))
        row->last_opcode += 7;
    else if (!strcmp(text + 2, "+cc"))
        row->last_opcode += 15, row->traits |= ROW_CC;
    else if (text[2] == '-')
        row->last_opcode = (uint8_t)hex_byte(out, text + 3);
    else if (text[2])
        parse_fail(out->source, "bad opcode", text);
}

/* "/r", "/2", "/0-3" */
static void parse_slash(struct parsed_row *out, const char *text) {
    struct form_row *row = &out->row;
    row->modrm = MODRM_PRESENT;
    row->accepts |= ACCEPT_MOD | ACCEPT_MODRM_RMS;
    if (!strcmp(text, "/r")) {
        row->accepts |= ACCEPT_MODRM_REGS;
        return;
    }
    int first = text[1] - '0', last = text[2] == '-' ? text[3] - '0' : first;
    if (first < 0 || last > 7 || first > last) parse_fail(out->source, "bad ModRM.reg", text);
    for (int i = first; i <= last; i++) row->accepts |= ACCEPT_MODRM_REG(i);
}

/* "D9", "C0+i", "F8-F9": ModRM given whole */
static void parse_modrm_byte(struct parsed_row *out, const char *text) {
    unsigned first = hex_byte(out, text), last = first;
    if (!strcmp(text + 2, "+i"))
        last += 7;
    else if (text[2] == '-')
        last = hex_byte(out, text + 3);
    if (first < 0xc0 || last > 0xff || last < first || (first ^ last) > 7)
        parse_fail(out->source, "bad ModRM", text);
    out->row.modrm = MODRM_PRESENT;
    out->row.accepts |= ACCEPT_REG | ACCEPT_MODRM_REG((first >> 3) & 7);
    for (unsigned byte = first; byte <= last; byte++) out->row.accepts |= ACCEPT_MODRM_RM(byte & 7);
}

/* Takes the words before the opcode and the escape bytes; token is then the opcode. */
static void parse_prefixes(struct parsed_row *out, const char **text, char *token, size_t size) {
    const struct source_row *source = out->source;
    struct form_row *row = &out->row;
    for (bool any = true; any;) {
        if (!parse_token(text, token, size)) parse_fail(source, "no opcode", "");
        const struct word *prefix = FIND(prefix_words, token), *rex = FIND(rex_words, token);
        if (prefix)
            row->accepts |= prefix->accepts;
        else if (rex)
            row->accepts |= rex->accepts;
        else
            any = false;
    }
    if (!strncmp(token, "VEX.", 4)) {
        parse_vex(out, token + 4);
        if (!parse_token(text, token, size)) parse_fail(source, "no opcode", "");
        return;
    }
    if (!(row->accepts & ACCEPT_PREFIX)) row->accepts |= ACCEPT_PREFIX;
    if (!(row->accepts & ACCEPT_W)) row->accepts |= ACCEPT_W;
    if (!(row->accepts & ACCEPT_B)) row->accepts |= ACCEPT_B;
    if (strcmp(token, "0F") != 0) return;
    row->space = SPACE_0F;
    if (!parse_token(text, token, size)) parse_fail(source, "no opcode", "");
    if (strcmp(token, "38") != 0 && strcmp(token, "3A") != 0) return;
    row->space = token[1] == '8' ? SPACE_0F38 : SPACE_0F3A;
    if (!parse_token(text, token, size)) parse_fail(source, "no opcode", "");
}

void parse_encoding(struct parsed_row *out) {
    const char *text = out->source->encoding;
    char token[32];
    parse_prefixes(out, &text, token, sizeof token);
    parse_opcode(out, token);
    while (parse_token(&text, token, sizeof token)) {
        if (out->row.modrm != MODRM_NONE) parse_fail(out->source, "two ModRM", token);
        if (token[0] == '/')
            parse_slash(out, token);
        else
            parse_modrm_byte(out, token);
    }
}
