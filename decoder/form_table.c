/* SPDX-License-Identifier: ISC */
/* The generated tables, and the questions about rows and names that others may ask. Immutable. */
#include "decoder/form_row.h"

#include "form_table.inc"

const struct form_info *form_info(uint16_t form) {
    return &form_infos[form];
}

uint16_t form_count(void) {
    return sizeof form_infos / sizeof form_infos[0];
}

const char *op_name(uint16_t op) {
    static const char *const names[] = {
        "INVALID",
#define OP(name) #name,
#include "decoder/ops.def"
#undef OP
    };
    return names[op];
}

const char *feature_name(uint8_t feature) {
    static const char *const names[] = {
#define FEATURE(name) #name,
#include "decoder/features.def"
#undef FEATURE
    };
    return names[feature];
}

uint16_t cc_flags_read(uint8_t cc) {
    static const uint16_t flags[8] = {0x800, 0x1, 0x40, 0x41, 0x80, 0x4, 0x880, 0x8c0};
    return flags[(cc & 15) >> 1];
}
