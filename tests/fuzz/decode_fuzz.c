/* SPDX-License-Identifier: ISC */
/* decode() on any bytes: reads only what it is given, says the same of the instruction's own bytes
 * alone, asks for more exactly when there are fewer, and fills fields within their ranges. The
 * input is decoded from its start to its end. */
#include "decoder/decode.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define REQUIRE(condition)                                                                         \
    if (!(condition)) abort()

static void check_operand(const struct operand *o) {
    REQUIRE(o->kind > OPERAND_NONE && o->kind <= OPERAND_REL);
    REQUIRE(o->reg_class <= REG_DR && o->reg < 16 && o->access <= ACCESS_RW);
    REQUIRE(o->kind != OPERAND_REG || (o->size > 0 && o->size <= 32));
}

static void check_insn(const struct insn *insn) {
    REQUIRE(insn->form < form_count() && insn->op > OP_INVALID && insn->op < OP_COUNT);
    REQUIRE(insn->n_operands <= INSN_MAX_OPERANDS && insn->cc < 16);
    REQUIRE(insn->op_size == 1 || insn->op_size == 2 || insn->op_size == 4 || insn->op_size == 8);
    REQUIRE(insn->addr_size == 4 || insn->addr_size == 8);
    REQUIRE(insn->mem.base <= REG_NONE && insn->mem.index <= REG_NONE && insn->mem.scale < 4 &&
            insn->mem.seg <= SEG_GS);
    for (unsigned i = 0; i < insn->n_operands; i++) check_operand(&insn->operand[i]);
}

/* A copy of its own, so that reading past its end is seen. */
static int decode_copy(const uint8_t *bytes, size_t n, struct insn *insn) {
    uint8_t *copy = malloc(n ? n : 1);
    REQUIRE(copy);
    memcpy(copy, bytes, n);
    const int result = decode(copy, n, insn);
    free(copy);
    return result;
}

static int check_decode(const uint8_t *bytes, size_t n) {
    struct insn insn, again;
    const int length = decode_copy(bytes, n, &insn);
    if (length < 0) return length;
    REQUIRE(length > 0 && (size_t)length <= n && length <= INSN_MAX_LENGTH &&
            insn.length == length);
    check_insn(&insn);
    REQUIRE(decode_copy(bytes, (size_t)length, &again) == length &&
            !memcmp(&insn, &again, sizeof insn));
    REQUIRE(decode_copy(bytes, (size_t)length - 1, &again) == DECODE_TRUNCATED);
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    while (n) {
        const int length = check_decode(data, n);
        REQUIRE(length != DECODE_TRUNCATED || n < INSN_MAX_LENGTH);
        REQUIRE(length != DECODE_TOO_LONG || n >= INSN_MAX_LENGTH);
        const size_t step = length > 0 ? (size_t)length : 1;
        data += step;
        n -= step;
    }
    return 0;
}
