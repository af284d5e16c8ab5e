/* SPDX-License-Identifier: ISC */
/* Every row: bytes made from it decode to it, with its length; so do they for Capstone; one byte
 * less is too few. */
#include "tests/decoder/capstone_compare.h"
#include "tests/support/form_bytes.h"

#include <criterion/criterion.h>
#include <string.h>

enum { INSTANCES = 100 };

typedef void check_fn(uint16_t form, const uint8_t bytes[INSN_MAX_LENGTH], int length);

/* Instances of every row, with memory and with registers where it has both; padded with NOP. */
static void for_each_instance(check_fn *check) {
    struct rng rng;
    rng_init(&rng, 1);
    for (uint16_t form = 0; form < form_count(); form++) {
        unsigned made = 0;
        for (unsigned i = 0; i < 3 * INSTANCES; i++) {
            uint8_t bytes[INSN_MAX_LENGTH];
            memset(bytes, 0x90, sizeof bytes);
            const int length = form_bytes_mod(form, &rng, i % 3, bytes);
            if (length) check(form, bytes, length);
            made += length > 0;
        }
        cr_assert_geq(made, INSTANCES, "%s", form_info(form)->text);
    }
}

static void check_decode(uint16_t form, const uint8_t *bytes, int length) {
    struct insn insn;
    const int decoded = decode(bytes, INSN_MAX_LENGTH, &insn);
    cr_assert_eq(decoded, length, "%s: %d, not %d", form_info(form)->text, decoded, length);
    cr_assert_eq(insn.form, form, "%s: got %s", form_info(form)->text, form_info(insn.form)->text);
    cr_assert_eq(insn.length, length);
    cr_assert_eq(decode(bytes, (size_t)length, &insn), length, "%s: reads past its end",
                 form_info(form)->text);
}

Test(rows, decode_to_themselves) {
    for_each_instance(check_decode);
}

static void check_truncated(uint16_t form, const uint8_t *bytes, int length) {
    struct insn insn;
    for (int n = 0; n < length; n++) {
        cr_assert_eq(decode(bytes, (size_t)n, &insn), DECODE_TRUNCATED, "%s: %d of %d bytes",
                     form_info(form)->text, n, length);
    }
}

Test(rows, need_all_their_bytes) {
    for_each_instance(check_truncated);
}

static struct capstone capstone;

static void check_capstone(uint16_t form, const uint8_t *bytes, int length) {
    char why[DISAGREEMENT_MAX];
    const bool agrees = capstone_agrees(&capstone, bytes, why);
    cr_assert(agrees, "%s: %s", form_info(form)->text, why);
}

Test(rows, capstone_agrees) {
    capstone_open(&capstone);
    for_each_instance(check_capstone);
    capstone_close(&capstone);
}

static void check_operands(uint16_t form, const uint8_t *bytes, int length) {
    struct insn insn;
    bool implicit = false;
    unsigned n_memory = 0;
    cr_assert_gt(decode(bytes, (size_t)length, &insn), 0);
    for (unsigned i = 0; i < insn.n_operands; i++) {
        const struct operand *o = &insn.operand[i];
        cr_assert(!implicit || o->implicit, "%s: explicit after implicit", form_info(form)->text);
        implicit = o->implicit;
        n_memory += o->kind == OPERAND_MEM;
        cr_assert_neq(o->kind, OPERAND_NONE);
        cr_assert(o->kind != OPERAND_REG ||
                      (o->reg < 16 && o->size && o->reg_class != REG_CLASS_NONE),
                  "%s", form_info(form)->text);
        cr_assert(o->kind == OPERAND_REG || o->reg_class == REG_CLASS_NONE);
    }
    for (unsigned i = insn.n_operands; i < INSN_MAX_OPERANDS; i++)
        cr_assert_eq(insn.operand[i].kind, OPERAND_NONE);
    cr_assert(!n_memory || (insn.mem.addr_size == insn.addr_size && insn.mem.base <= REG_NONE &&
                            insn.mem.scale < 4));
    cr_assert(!insn.lock || form_info(form)->lock_ok);
    cr_assert(!insn.rep || form_info(form)->rep_ok);
}

Test(rows, operands_are_whole) {
    for_each_instance(check_operands);
}
