/* SPDX-License-Identifier: ISC */
/* No two rows accept the same bytes, so the order of rows means nothing: every value of every
 * encoding field is tried on every opcode. And every op and every feature has a row. */
#include "decoder/form_row.h"

#include <criterion/criterion.h>

static unsigned rows_accepting(unsigned space, unsigned opcode, uint32_t fields) {
    unsigned n = 0;
    const struct opcode_entry *entry = &opcode_index[space][opcode];
    for (unsigned i = 0; i < entry->count; i++)
        n += !(fields & ~form_candidates[entry->first + i].accepts);
    return n;
}

/* Takes a number apart into one bit for each field. */
static uint32_t fields_of(unsigned number) {
    static const struct {
        uint8_t first, n;
    } fields[] = {{0, 6}, {6, 2}, {8, 2}, {10, 2}, {12, 2}, {14, 2}, {16, 8}, {24, 8}};
    uint32_t bits = 0;
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        bits |= UINT32_C(1) << (fields[i].first + number % fields[i].n);
        number /= fields[i].n;
    }
    return bits;
}

Test(rows_disjoint, at_most_one_row_accepts) {
    enum { COMBINATIONS = 6 * 32 * 64 };
    for (unsigned number = 0; number < COMBINATIONS; number++) {
        const uint32_t fields = fields_of(number);
        for (unsigned space = 0; space < SPACE_COUNT; space++) {
            uint32_t has = fields;
            if (space < SPACE_VEX_0F) has &= ~(uint32_t)(ACCEPT_L | ACCEPT_VVVV);
            for (unsigned opcode = 0; opcode < 256; opcode++) {
                if (opcode_index[space][opcode].modrm == MODRM_NONE)
                    has &= ~(ACCEPT_MOD | ACCEPT_MODRM_REGS | ACCEPT_MODRM_RMS);
                cr_assert_leq(rows_accepting(space, opcode, has), 1,
                              "space %u opcode %02x fields %08x", space, opcode, has);
                has |= fields & (ACCEPT_MOD | ACCEPT_MODRM_REGS | ACCEPT_MODRM_RMS);
            }
        }
    }
}

Test(rows_disjoint, every_row_stands_in_the_index) {
    for (uint16_t form = 0; form < form_count(); form++) {
        const struct form_row *row = &form_rows[form];
        for (unsigned opcode = row->opcode; opcode <= row->last_opcode; opcode++) {
            const struct opcode_entry *entry = &opcode_index[row->space][opcode];
            unsigned found = 0;
            for (unsigned i = 0; i < entry->count; i++)
                found += form_candidates[entry->first + i].form == form;
            cr_assert_eq(found, 1, "%s", form_info(form)->text);
        }
    }
}

Test(rows_disjoint, every_op_has_a_row) {
    static bool used[OP_COUNT];
    for (uint16_t form = 0; form < form_count(); form++) used[form_rows[form].op] = true;
    for (uint16_t op = OP_INVALID + 1; op < OP_COUNT; op++) cr_expect(used[op], "%s", op_name(op));
}

Test(rows_disjoint, every_feature_has_a_row) {
    static bool used[FEATURE_COUNT];
    for (uint16_t form = 0; form < form_count(); form++) used[form_info(form)->feature] = true;
    for (uint8_t feature = 0; feature < FEATURE_COUNT; feature++)
        cr_expect(used[feature], "%s", feature_name(feature));
}
