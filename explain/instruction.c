/* SPDX-License-Identifier: ISC */
/* One instruction, with the values that it worked on: registers by their 64-bit names, memory operands by their addresses. */
#include "explain/instruction.h"

#include <capstone/capstone.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/user.h>

enum { N_REGISTERS = 16, LONGEST = 15 };

/* In Intel's order. at: offset in struct user_regs_struct. */
static const struct {
    const char *names[4]; /* 64, 32, 16, 8 bits */
    size_t at;
} rows[N_REGISTERS] = {
#define ROW(field, a, b, c, d) {{a, b, c, d}, offsetof(struct user_regs_struct, field)}
    ROW(rax, "rax", "eax", "ax", "al"),       ROW(rcx, "rcx", "ecx", "cx", "cl"),       ROW(rdx, "rdx", "edx", "dx", "dl"),
    ROW(rbx, "rbx", "ebx", "bx", "bl"),       ROW(rsp, "rsp", "esp", "sp", "spl"),      ROW(rbp, "rbp", "ebp", "bp", "bpl"),
    ROW(rsi, "rsi", "esi", "si", "sil"),      ROW(rdi, "rdi", "edi", "di", "dil"),      ROW(r8, "r8", "r8d", "r8w", "r8b"),
    ROW(r9, "r9", "r9d", "r9w", "r9b"),       ROW(r10, "r10", "r10d", "r10w", "r10b"),  ROW(r11, "r11", "r11d", "r11w", "r11b"),
    ROW(r12, "r12", "r12d", "r12w", "r12b"),  ROW(r13, "r13", "r13d", "r13w", "r13b"),  ROW(r14, "r14", "r14d", "r14w", "r14b"),
    ROW(r15, "r15", "r15d", "r15w", "r15b"),
#undef ROW
};

static const struct user_regs_struct *regs_of(const struct core *core) {
    return (const struct user_regs_struct *)(const void *)core->status.pr_reg;
}

static uint64_t value_of(const struct core *core, int row) {
    uint64_t value;
    memcpy(&value, (const char *)regs_of(core) + rows[row].at, sizeof value);
    return value;
}

/* -1: none of the general ones. */
static int find_row(const char *name) {
    for (int i = 0; name && i < N_REGISTERS; i++) {
        for (int j = 0; j < 4; j++) {
            if (strcmp(rows[i].names[j], name) == 0) return i;
        }
    }
    return -1;
}

static uint64_t register_value(const struct core *core, csh handle, const cs_insn *insn, unsigned reg) {
    if (reg == X86_REG_INVALID) return 0;
    if (reg == X86_REG_RIP) return insn->address + insn->size;
    const int row = find_row(cs_reg_name(handle, reg));
    return row < 0 ? 0 : value_of(core, row);
}

static uint64_t segment_base(const struct core *core, unsigned segment) {
    return segment == X86_REG_FS ? regs_of(core)->fs_base : segment == X86_REG_GS ? regs_of(core)->gs_base : 0;
}

static void print_memory(const struct core *core, csh handle, const cs_insn *insn) {
    const cs_x86 *x86 = &insn->detail->x86;
    for (int i = 0; i < x86->op_count; i++) {
        const cs_x86_op *operand = &x86->operands[i];
        if (operand->type != X86_OP_MEM) continue;
        const uint64_t address = segment_base(core, operand->mem.segment) + register_value(core, handle, insn, operand->mem.base) +
                                 register_value(core, handle, insn, operand->mem.index) * (uint64_t)operand->mem.scale + (uint64_t)operand->mem.disp;
        fprintf(stderr, "  [%#llx]", (unsigned long long)address);
    }
}

static void print_read(const struct core *core, csh handle, const cs_insn *insn) {
    cs_regs read, written;
    uint8_t n_read, n_written;
    unsigned seen = 0;
    if (cs_regs_access(handle, insn, read, &n_read, written, &n_written) != CS_ERR_OK) return;
    for (int i = 0; i < n_read; i++) {
        const int row = find_row(cs_reg_name(handle, read[i]));
        if (row < 0 || (seen >> row & 1)) continue;
        seen |= 1u << row;
        fprintf(stderr, "  %s=%#llx", rows[row].names[0], (unsigned long long)value_of(core, row));
    }
}

static void print_decoded(const struct core *core, csh handle, uint64_t address, const uint8_t *bytes, size_t n) {
    cs_insn *insn;
    cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    if (cs_disasm(handle, bytes, n, address, 1, &insn) == 0) {
        fprintf(stderr, "  %#llx: %02x ... is no instruction that Capstone knows\n", (unsigned long long)address, bytes[0]);
        return;
    }
    fprintf(stderr, "  %#llx: %s %s ", (unsigned long long)address, insn->mnemonic, insn->op_str);
    print_memory(core, handle, insn);
    print_read(core, handle, insn);
    fprintf(stderr, "\n");
    cs_free(insn, 1);
}

void instruction_print(const struct core *core, uint64_t address) {
    uint8_t bytes[LONGEST];
    csh handle;
    const size_t n = core_read(core, address, bytes, sizeof bytes);
    if (n == 0 || cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK) {
        fprintf(stderr, "  %#llx: there is no code to show\n", (unsigned long long)address);
        return;
    }
    print_decoded(core, handle, address, bytes, n);
    cs_close(&handle);
}

void registers_print(const struct core *core) {
    for (int i = 0; i < N_REGISTERS; i++) {
        fprintf(stderr, "%s%s=%llx%s", i % 6 ? " " : "  ", rows[i].names[0], (unsigned long long)value_of(core, i), i % 6 == 5 ? "\n" : "");
    }
    const struct user_regs_struct *regs = regs_of(core);
    fprintf(stderr, " rip=%llx rflags=%llx\n", (unsigned long long)regs->rip, (unsigned long long)regs->eflags);
}
