/* SPDX-License-Identifier: ISC */
/* What form_info() and the fields of struct insn say of known instructions. */
#include "decoder/decode.h"

#include <criterion/criterion.h>

enum {
    CF = 1,
    PF = 4,
    AF = 0x10,
    ZF = 0x40,
    SF = 0x80,
    DF = 0x400,
    OF = 0x800,
    ARITH = CF | PF | AF | ZF | SF | OF
};

static struct insn decoded(const char *bytes, size_t n) {
    struct insn insn = {0};
    cr_assert_eq(decode((const uint8_t *)bytes, n, &insn), (int)n);
    return insn;
}
#define DECODED(bytes) decoded(bytes, sizeof bytes - 1)
#define INFO(bytes)    form_info(DECODED(bytes).form)

static void expect_flags(const struct form_info *info, unsigned read, unsigned written,
                         unsigned undefined, unsigned maybe) {
    cr_expect_eq(info->flags_read, read, "%s: reads %x", info->text, info->flags_read);
    cr_expect_eq(info->flags_written, written, "%s: writes %x", info->text, info->flags_written);
    cr_expect_eq(info->flags_undefined, undefined, "%s: undefined %x", info->text,
                 info->flags_undefined);
    cr_expect_eq(info->flags_maybe, maybe, "%s: maybe %x", info->text, info->flags_maybe);
}

Test(facts, flags) {
    expect_flags(INFO("\x01\xc8"), 0, ARITH, 0, 0);                  /* ADD */
    expect_flags(INFO("\x11\xc8"), CF, ARITH, 0, 0);                 /* ADC */
    expect_flags(INFO("\x21\xc8"), 0, ARITH & ~AF, AF, 0);           /* AND */
    expect_flags(INFO("\xff\xc0"), 0, ARITH & ~CF, 0, 0);            /* INC */
    expect_flags(INFO("\xd1\xe0"), 0, ARITH & ~AF, AF, 0);           /* SHL 1 */
    expect_flags(INFO("\xd3\xe0"), 0, ARITH, OF | AF | CF, ARITH);   /* SHL CL */
    expect_flags(INFO("\xd3\xc0"), 0, CF | OF, OF, CF | OF);         /* ROL CL */
    expect_flags(INFO("\xf7\xf1"), 0, 0, ARITH, 0);                  /* DIV */
    expect_flags(INFO("\xf3\xa6"), DF, ARITH, 0, ARITH);             /* REPE CMPSB */
    expect_flags(INFO("\x74\x00"), OF | SF | ZF | PF | CF, 0, 0, 0); /* JE */
    expect_flags(INFO("\x66\x0f\x38\xf6\xc1"), CF, CF, 0, 0);        /* ADCX */
    expect_flags(INFO("\x89\xc8"), 0, 0, 0, 0);                      /* MOV */
}

Test(facts, flags_of_conditions) {
    static const uint16_t expected[16] = {OF,      OF,      CF,           CF,          ZF, ZF,
                                          CF | ZF, CF | ZF, SF,           SF,          PF, PF,
                                          SF | OF, SF | OF, ZF | SF | OF, ZF | SF | OF};
    for (uint8_t cc = 0; cc < 16; cc++) cr_expect_eq(cc_flags_read(cc), expected[cc], "%u", cc);
}

Test(facts, control) {
    cr_expect_eq(INFO("\x90")->control, CONTROL_NEXT);
    cr_expect_eq(INFO("\x74\x00")->control, CONTROL_BRANCH);
    cr_expect_eq(INFO("\xe2\x00")->control, CONTROL_BRANCH);
    cr_expect_eq(INFO("\xeb\x00")->control, CONTROL_JUMP);
    cr_expect_eq(INFO("\xff\xe0")->control, CONTROL_JUMP_IND);
    cr_expect_eq(INFO("\xe8\0\0\0\0")->control, CONTROL_CALL);
    cr_expect_eq(INFO("\xff\xd0")->control, CONTROL_CALL_IND);
    cr_expect_eq(INFO("\xc3")->control, CONTROL_RETURN);
    cr_expect_eq(INFO("\x0f\x05")->control, CONTROL_STOP);
    cr_expect_eq(INFO("\x0f\x0b")->control, CONTROL_STOP);
    cr_expect_eq(INFO("\xf4")->control, CONTROL_STOP);
}

Test(facts, faults) {
    cr_expect_eq(INFO("\x89\xc8")->faults & ~FAULT_MEMORY, 0);
    cr_expect_eq(INFO("\x8d\x00")->faults, 0);                                  /* LEA */
    cr_expect_eq(INFO("\x0f\x18\x08")->faults, 0);                              /* PREFETCHT0 */
    cr_expect_eq(INFO("\x0f\x28\x00")->faults, FAULT_MEMORY | FAULT_ALIGN);     /* MOVAPS */
    cr_expect_eq(INFO("\x0f\x10\x00")->faults, FAULT_MEMORY);                   /* MOVUPS */
    cr_expect_eq(INFO("\xc5\xf8\x28\x00")->faults, FAULT_MEMORY | FAULT_ALIGN); /* VMOVAPS */
    cr_expect_eq(INFO("\x0f\x58\x00")->faults, FAULT_MEMORY | FAULT_ALIGN | FAULT_XM);
    cr_expect_eq(INFO("\xc5\xf8\x58\x00")->faults, FAULT_MEMORY | FAULT_XM);
    cr_expect_eq(INFO("\xf7\xf1")->faults, FAULT_MEMORY | FAULT_DE);
    cr_expect_eq(INFO("\x50")->faults, FAULT_STACK);
    cr_expect_eq(INFO("\xa4")->faults, FAULT_MEMORY);
    cr_expect_eq(INFO("\x0f\x0b")->faults, FAULT_UD);
    cr_expect_eq(INFO("\xd9\xe8")->faults, FAULT_MF);
}

Test(facts, prefixes_allowed) {
    cr_expect(INFO("\x01\x08")->lock_ok);
    cr_expect_not(INFO("\x39\x08")->lock_ok);
    cr_expect(INFO("\xa4")->rep_ok);
    cr_expect_not(INFO("\xc3")->rep_ok);
}

Test(facts, implicit_operands) {
    struct insn insn = DECODED("\xf7\xe1"); /* MUL ECX */
    cr_expect_eq(insn.n_operands, 3);
    cr_expect_not(insn.operand[0].implicit);
    cr_expect(insn.operand[1].implicit && insn.operand[1].reg == RAX &&
              insn.operand[1].access == ACCESS_RW);
    cr_expect(insn.operand[2].implicit && insn.operand[2].reg == RDX &&
              insn.operand[2].access == ACCESS_WRITE);
    insn = DECODED("\x66\x0f\x38\x14\xc1"); /* BLENDVPS */
    cr_expect_eq(insn.n_operands, 3);
    cr_expect(insn.operand[2].implicit && insn.operand[2].reg_class == REG_XMM &&
              insn.operand[2].reg == 0);
    cr_expect_eq(DECODED("\xa4").n_operands, 4);
    cr_expect_eq(DECODED("\xf3\xa4").n_operands, 5); /* and RCX */
    cr_expect_eq(DECODED("\xc8\x01\x00\x02").imm2, 2);
}

Test(facts, sizes) {
    cr_expect_eq(DECODED("\x0f\xfe\xc1").vector_size, 8);
    cr_expect_eq(DECODED("\x66\x0f\xfe\xc1").vector_size, 16);
    cr_expect_eq(DECODED("\xc5\xfd\xfe\xc1").vector_size, 32);
    cr_expect_eq(DECODED("\xc5\xfe\x58\xc1").vector_size, 16);    /* VADDSS, L ignored */
    cr_expect_eq(DECODED("\xc4\xe2\x78\xf2\xc1").vector_size, 0); /* ANDN */
    cr_expect_eq(DECODED("\x88\xc8").op_size, 1);
    cr_expect_eq(DECODED("\x0f\xb6\xc8").op_size, 4);             /* MOVZX */
    cr_expect_eq(DECODED("\xf2\x48\x0f\x38\xf0\xc1").op_size, 1); /* CRC32 of a byte */
    cr_expect_eq(DECODED("\x66\x48\x0f\x6e\xc1").op_size, 8);
    cr_expect_eq(DECODED("\xc5\xf9\xd6\x01").operand[0].size, 8);
    cr_expect_eq(DECODED("\xc5\xfd\x5a\x01").operand[1].size, 32); /* VCVTPD2PS */
    cr_expect_eq(DECODED("\xc5\xfc\x5a\x01").operand[1].size, 16); /* VCVTPS2PD */
}
