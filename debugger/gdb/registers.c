/* SPDX-License-Identifier: ISC */
/* Registers as gdb orders them: the rows of registers.def say where each lies in what the target gives. */
#include "debugger/gdb/internal.h"

#include "base/error.h"

#include <stddef.h>
#include <string.h>

/* Where a register is: in the general ones; in the XSAVE image; there in 16 bits; there as one bit instead of two for each of the
 * FPU's registers. */
enum place_kind { USER, XSTATE, HALF, TAGS };
enum { REGISTER_MAX = 16, RBP_NUMBER = 6, RSP_NUMBER = 7, RIP_NUMBER = 16 };

struct row {
    const char *name, *type; /* name NULL: only text for the description */
    unsigned bits;
    enum place_kind kind;
    size_t place;
    const char *feature, *types;
};

static const struct row rows[] = {
#define FEATURE(feature) {NULL, NULL, 0, USER, 0, feature, NULL},
#define TYPES(types) {NULL, NULL, 0, USER, 0, NULL, types},
#define R(name, bits, type, kind, place) {name, type, bits, kind, place, NULL, NULL},
#include "debugger/gdb/registers.def"
#undef FEATURE
#undef TYPES
#undef R
};

void gdb_describe_registers(struct text *out) {
    const char *end = "";
    text_printf(out, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
                    "<architecture>i386:x86-64</architecture><osabi>GNU/Linux</osabi>");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        if (row->feature) {
            text_printf(out, "%s<feature name=\"%s\">", end, row->feature);
            end = "</feature>";
        } else if (row->types) {
            text_printf(out, "%s", row->types);
        } else {
            text_printf(out, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"/>", row->name, row->bits, row->type);
        }
    }
    text_printf(out, "%s</target>", end);
}

static const struct row *find(uint64_t number) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].name && number-- == 0) return &rows[i];
    }
    return NULL;
}

/* --- The FPU's tag word: FXSAVE keeps one bit a register, the FPU has two: valid, zero, special, empty. --- */

enum { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

static unsigned tag_of(const uint8_t *st) {
    uint64_t mantissa;
    uint16_t exponent;
    memcpy(&mantissa, st, sizeof mantissa);
    memcpy(&exponent, st + sizeof mantissa, sizeof exponent);
    exponent &= 0x7fff;
    if (exponent == 0 && mantissa == 0) return TAG_ZERO;
    return exponent == 0 || exponent == 0x7fff || !(mantissa >> 63) ? TAG_SPECIAL : TAG_VALID;
}

static uint32_t full_tags(const uint8_t *image, size_t place) {
    const unsigned top = image[3] >> 3 & 7;
    uint32_t tags = 0;
    for (unsigned i = 0; i < 8; i++) {
        const bool used = image[place] >> i & 1;
        tags |= (used ? tag_of(image + XSAVE_AT_ST + 16 * ((i - top) & 7)) : TAG_EMPTY) << (2 * i);
    }
    return tags;
}

static uint8_t short_tags(uint32_t tags) {
    uint8_t used = 0;
    for (unsigned i = 0; i < 8; i++) used |= (uint8_t)(((tags >> (2 * i) & 3) != TAG_EMPTY) << i);
    return used;
}

static void get(const struct row *row, const struct target_registers *from, uint8_t *out) {
    const uint8_t *base = row->kind == USER ? (const uint8_t *)&from->user : from->xstate;
    memset(out, 0, REGISTER_MAX);
    if (row->kind == TAGS) {
        const uint32_t tags = full_tags(from->xstate, row->place);
        memcpy(out, &tags, sizeof tags);
    } else {
        memcpy(out, base + row->place, row->kind == HALF ? 2 : row->bits / 8);
    }
}

static void set(const struct row *row, struct target_registers *to, const uint8_t *value) {
    uint8_t *base = row->kind == USER ? (uint8_t *)&to->user : to->xstate;
    if (row->kind == TAGS) {
        uint32_t tags;
        memcpy(&tags, value, sizeof tags);
        to->xstate[row->place] = short_tags(tags);
    } else {
        memcpy(base + row->place, value, row->kind == HALF ? 2 : row->bits / 8);
    }
}

static void add(struct text *out, const struct row *row, const struct target_registers *registers) {
    uint8_t value[REGISTER_MAX];
    get(row, registers, value);
    text_hex(out, value, row->bits / 8);
}

void packet_read_registers(struct gdb *gdb, struct cursor *c) {
    struct target_registers registers;
    const int r = target_get_registers(gdb->target, gdb->tid, &registers);
    if (r < 0) {
        gdb_error(gdb, r);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].name) add(&gdb->reply, &rows[i], &registers);
    }
}

/* What the packet does not give keeps its value. */
void packet_write_registers(struct gdb *gdb, struct cursor *c) {
    struct target_registers registers;
    int r = target_get_registers(gdb->target, gdb->tid, &registers);
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(rows) && !cursor_is_empty(c); i++) {
        uint8_t value[REGISTER_MAX];
        if (!rows[i].name) continue;
        if (cursor_bytes(c, value, rows[i].bits / 8) == rows[i].bits / 8) set(&rows[i], &registers, value);
        else r = -EINVAL;
    }
    if (r == 0) r = target_set_registers(gdb->target, gdb->tid, &registers);
    gdb_error(gdb, r);
}

void packet_read_register(struct gdb *gdb, struct cursor *c) {
    struct target_registers registers;
    uint64_t number;
    const struct row *row = cursor_hex(c, &number) ? find(number) : NULL;
    const int r = row ? target_get_registers(gdb->target, gdb->tid, &registers) : -EINVAL;
    if (r < 0) gdb_error(gdb, r);
    else add(&gdb->reply, row, &registers);
}

void packet_write_register(struct gdb *gdb, struct cursor *c) {
    struct target_registers registers;
    uint8_t value[REGISTER_MAX];
    uint64_t number;
    const struct row *row = cursor_hex(c, &number) && cursor_take(c, "=") ? find(number) : NULL;
    int r = row && cursor_bytes(c, value, row->bits / 8) == row->bits / 8 ? 0 : -EINVAL;
    if (r == 0) r = target_get_registers(gdb->target, gdb->tid, &registers);
    if (r == 0) {
        set(row, &registers, value);
        r = target_set_registers(gdb->target, gdb->tid, &registers);
    }
    gdb_error(gdb, r);
}

void gdb_add_expedited(struct gdb *gdb, int tid, struct text *out) {
    static const unsigned wanted[] = {RBP_NUMBER, RSP_NUMBER, RIP_NUMBER};
    struct target_registers registers;
    if (target_get_registers(gdb->target, tid, &registers) < 0) return;
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        text_printf(out, "%02x:", wanted[i]);
        add(out, find(wanted[i]), &registers);
        text_printf(out, ";");
    }
}
