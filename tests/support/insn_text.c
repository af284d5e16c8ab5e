/* SPDX-License-Identifier: ISC */
/* Text of instructions: the mnemonic from the op's name and a few rules, then the explicit
 * operands. */
#include "tests/support/insn_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const gpr_names[4][17] = {
    {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b",
     "r13b", "r14b", "r15b", ""},
    {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w", "r13w",
     "r14w", "r15w", ""},
    {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d",
     "r13d", "r14d", "r15d", ""},
    {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
     "r14", "r15", ""},
};
static const char *const seg_names[] = {"es", "cs", "ss", "ds", "fs", "gs"};
static const char *const cc_names[] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                       "s", "ns", "p", "np", "l", "ge", "le", "g"};

static unsigned log2_size(unsigned size) {
    return size >= 8 ? 3 : size >= 4 ? 2 : size >= 2 ? 1 : 0;
}

/* Mnemonics that are not the op's name. Indexed by log2 of the operand size where there are
 * several. */
static const struct {
    uint16_t op;
    const char *name[4];
} by_size[] = {
    {OP_CBW, {"cbw", "cbw", "cwde", "cdqe"}},
    {OP_CWD, {"cwd", "cwd", "cdq", "cqo"}},
    {OP_MOVS, {"movsb", "movsw", "movsd", "movsq"}},
    {OP_CMPS, {"cmpsb", "cmpsw", "cmpsd", "cmpsq"}},
    {OP_STOS, {"stosb", "stosw", "stosd", "stosq"}},
    {OP_LODS, {"lodsb", "lodsw", "lodsd", "lodsq"}},
    {OP_SCAS, {"scasb", "scasw", "scasd", "scasq"}},
    {OP_INS, {"insb", "insw", "insd", "insd"}},
    {OP_OUTS, {"outsb", "outsw", "outsd", "outsd"}},
    {OP_PUSHF, {"pushf", "pushf", "pushfq", "pushfq"}},
    {OP_POPF, {"popf", "popf", "popfq", "popfq"}},
    {OP_IRET, {"iret", "iret", "iretd", "iretq"}},
    {OP_XLAT, {"xlatb"}},
    {OP_IMUL1, {"imul"}},
    {OP_JMP_IND, {"jmp"}},
    {OP_CALL_IND, {"call"}},
    {OP_JMP_FAR, {"ljmp"}},
    {OP_CALL_FAR, {"lcall"}},
    {OP_RET_FAR, {"retf"}},
    {OP_MOV_SREG, {"mov"}},
    {OP_MOV_CR, {"mov"}},
    {OP_MOV_DR, {"mov"}},
    {OP_ENDBR, {"endbr64"}},
    {OP_FXSAVE, {"fxsave", "fxsave", "fxsave", "fxsave64"}},
    {OP_FXRSTOR, {"fxrstor", "fxrstor", "fxrstor", "fxrstor64"}},
    {OP_XSAVE, {"xsave", "xsave", "xsave", "xsave64"}},
    {OP_XRSTOR, {"xrstor", "xrstor", "xrstor", "xrstor64"}},
    {OP_XSAVEOPT, {"xsaveopt", "xsaveopt", "xsaveopt", "xsaveopt64"}},
    {OP_XSAVEC, {"xsavec", "xsavec", "xsavec", "xsavec64"}},
};

static void lower_name(char *text, const char *prefix, const char *name) {
    text += sprintf(text, "%s", prefix);
    while (*name) *text++ = (char)tolower((unsigned char)*name++);
    *text = 0;
}

char *insn_mnemonic(const struct insn *insn, char *text) {
    const char *name = op_name(insn->op);
    for (size_t i = 0; i < sizeof by_size / sizeof by_size[0]; i++) {
        if (by_size[i].op != insn->op) continue;
        const char *sized = by_size[i].name[log2_size(insn->op_size)];
        return strcpy(text, sized ? sized : by_size[i].name[0]);
    }
    if (insn->op == OP_JCC)
        sprintf(text, "j%s", cc_names[insn->cc]);
    else if (insn->op == OP_SETCC)
        sprintf(text, "set%s", cc_names[insn->cc]);
    else if (insn->op == OP_CMOVCC)
        sprintf(text, "cmov%s", cc_names[insn->cc]);
    else if (insn->op == OP_JRCXZ && insn->addr_size == 4)
        strcpy(text, "jecxz");
    else {
        const bool state = insn->op == OP_LDMXCSR || insn->op == OP_STMXCSR;
        lower_name(text, insn->vex && name[0] != 'V' && (insn->vector_size || state) ? "v" : "",
                   name);
    }
    return text;
}

char *insn_register(const struct operand *o, char *text) {
    switch (o->reg_class) {
    case REG_GPR:
        return strcpy(text, gpr_names[log2_size(o->size)][o->reg]);
    case REG_GPR8H:
        return strcpy(text, (const char *[]){"ah", "ch", "dh", "bh"}[o->reg]);
    case REG_SEG:
        return strcpy(text, seg_names[o->reg]);
    case REG_ST:
        return sprintf(text, "st(%u)", o->reg), text;
    case REG_MMX:
        return sprintf(text, "mm%u", o->reg), text;
    case REG_XMM:
        return sprintf(text, "xmm%u", o->reg), text;
    case REG_YMM:
        return sprintf(text, "ymm%u", o->reg), text;
    case REG_CR:
        return sprintf(text, "cr%u", o->reg), text;
    case REG_DR:
        return sprintf(text, "dr%u", o->reg), text;
    default:
        return strcpy(text, "?");
    }
}

const char *insn_address_register(uint8_t reg, uint8_t addr_size) {
    return gpr_names[log2_size(addr_size)][reg];
}

static const char *size_text(unsigned size) {
    switch (size) {
    case 1:
        return "byte ptr ";
    case 2:
        return "word ptr ";
    case 4:
        return "dword ptr ";
    case 6:
        return "fword ptr ";
    case 8:
        return "qword ptr ";
    case 10:
        return "tbyte ptr ";
    case 16:
        return "xmmword ptr ";
    case 32:
        return "ymmword ptr ";
    default:
        return "";
    }
}

static char *put_hex(char *text, int64_t value, bool sign) {
    const bool negative = value < 0;
    text += sprintf(text, "%s", negative ? "-" : sign ? "+" : "");
    return text + sprintf(text, "0x%llx",
                          negative ? 0 - (unsigned long long)value : (unsigned long long)value);
}

static char *put_memory(char *text, const struct insn *insn, const struct operand *o) {
    const struct mem_operand *m = &insn->mem;
    const bool es =
        o->reg == RDI && insn->mem.base == RSI; /* MOVS, CMPS: mem describes the other operand */
    const char *base = es                ? insn_address_register(RDI, m->addr_size)
                       : m->rip_relative ? "rip"
                                         : insn_address_register(m->base, m->addr_size);
    const char *start = text;
    text += sprintf(text, "%s%s", size_text(o->size),
                    es || m->seg == SEG_ES ? "es:"
                    : m->seg >= SEG_FS     ? seg_names[m->seg]
                                           : "");
    text += sprintf(text, "%s[%s", m->seg >= SEG_FS && !es ? ":" : "", base);
    start = text - (*base ? strlen(base) : 0);
    if (m->vsib)
        text += sprintf(text, "%sv%u*%u", *base ? " + " : "", m->index, 1u << m->scale);
    else if (m->index != REG_NONE)
        text += sprintf(text, "%s%s*%u", *base ? " + " : "",
                        insn_address_register(m->index, m->addr_size), 1u << m->scale);
    if (m->disp && text != start) text += sprintf(text, " %c ", m->disp < 0 ? '-' : '+');
    if (m->disp && text != start)
        text +=
            sprintf(text, "0x%llx",
                    m->disp < 0 ? 0 - (unsigned long long)m->disp : (unsigned long long)m->disp);
    else if (text == start)
        text = put_hex(text, m->disp, false);
    return text + sprintf(text, "]");
}

char *insn_text(const struct insn *insn, char *text) {
    char *at = text, name[32];
    int64_t imm = insn->imm;
    if (insn->lock) at += sprintf(at, "lock ");
    if (insn->rep) at += sprintf(at, insn->rep == REP_NE ? "repne " : "rep ");
    at += sprintf(at, "%s", insn_mnemonic(insn, name));
    for (unsigned i = 0; i < insn->n_operands && !insn->operand[i].implicit; i++) {
        const struct operand *o = &insn->operand[i];
        at += sprintf(at, i ? ", " : " ");
        if (o->kind == OPERAND_REG)
            at += sprintf(at, "%s", insn_register(o, name));
        else if (o->kind == OPERAND_MEM)
            at = put_memory(at, insn, o);
        else
            at = put_hex(at, imm, o->kind == OPERAND_REL), imm = insn->imm2;
    }
    return text;
}
