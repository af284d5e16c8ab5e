/* SPDX-License-Identifier: ISC */
/* The list of instructions of a program: what is defined where, and leaving some out. */
#include "tests/jit/program.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FLAGS_ALL 0x8d5u

/* In layout order; at a leader everything is defined, whatever stands before. Returns false if something undefined is read or
 * reaches a branch. */
static bool define(struct program *p, bool store) {
    unsigned valid = FLAGS_ALL;
    for (unsigned i = 0; i < p->n; i++) {
        struct program_insn *at = &p->insn[i];
        struct insn insn;
        if (at->leader && valid != FLAGS_ALL) return false;
        if (store) at->valid = (uint16_t)valid;
        if (at->left_out || decode(p->start.code + at->at, at->length, &insn) < 0) continue;
        const struct form_info *info = form_info(insn.form);
        if (info->flags_read & FLAGS_ALL & ~valid) return false;
        if (info->control != CONTROL_NEXT && valid != FLAGS_ALL) return false;
        valid = (valid | (info->flags_written & ~info->flags_maybe)) & ~(unsigned)info->flags_undefined & FLAGS_ALL;
        if (info->control == CONTROL_JUMP || info->control == CONTROL_JUMP_IND || info->control == CONTROL_RETURN) valid = FLAGS_ALL;
    }
    return true;
}

uint64_t program_valid_at(const struct program *program, uint64_t rip) {
    for (unsigned i = 0; i < program->n; i++) {
        if (CODE_GVA + program->insn[i].at == rip) return program->insn[i].valid;
    }
    return FLAGS_ALL;
}

bool program_leave_out(struct program *program, unsigned i) {
    struct program_insn *at = &program->insn[i];
    if (at->fixed || at->left_out) return false;
    at->left_out = true;
    if (!define(program, false)) {
        at->left_out = false;
        return false;
    }
    memset(program->start.code + at->at, 0x90, at->length);
    return define(program, true);
}

bool program_cut(struct program *program, unsigned i) {
    struct program_insn *at = &program->insn[i];
    if (at->valid != FLAGS_ALL || at->length < 2) return false;
    memset(program->start.code + at->at, 0x90, at->length);
    memcpy(program->start.code + at->at, "\x0f\x05", 2);
    at->length = 2;
    at->fixed = true;
    at->left_out = false;
    program->end = CODE_GVA + at->at + 2;
    return true;
}

void program_print(const struct program *program) {
    csh handle;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle)) return;
    printf("entry %" PRIx64 ", end %" PRIx64 "\n", program->start.rip, program->end);
    for (unsigned i = 0; i < program->n; i++) {
        const struct program_insn *at = &program->insn[i];
        cs_insn *text;
        if (at->left_out) continue;
        const size_t n = cs_disasm(handle, program->start.code + at->at, at->length, CODE_GVA + at->at, 1, &text);
        printf("%s%8" PRIx64 ":  ", at->leader ? "-- " : "   ", (uint64_t)CODE_GVA + at->at);
        for (unsigned k = 0; k < at->length; k++) printf("%02x", program->start.code[at->at + k]);
        printf("%*s%s %s\n", 32 - 2 * (int)at->length, "", n ? text->mnemonic : "?", n ? text->op_str : "");
        if (n) cs_free(text, n);
    }
    cs_close(&handle);
}
