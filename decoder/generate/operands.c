/* SPDX-License-Identifier: ISC */
/* The operands column, and what follows from it: mod, VEX.vvvv, immediates, vector size. */
#include "decoder/generate/parse.h"
#include "decoder/operand_spec.h"

#include <string.h>

static unsigned find_spec(const struct parsed_row *out, const char *name) {
    for (unsigned i = 0; operand_specs[i].name; i++) {
        if (!strcmp(operand_specs[i].name, name)) return i;
    }
    parse_fail(out->source, "unknown operand", name);
}

static unsigned parse_access(char **name) {
    switch (**name) {
    case '=':
        ++*name;
        return ACCESS_WRITE;
    case '+':
        ++*name;
        return ACCESS_RW;
    case '-':
        ++*name;
        return ACCESS_NONE;
    default:
        return ACCESS_READ;
    }
}

static void parse_operand(struct parsed_row *out, char *name) {
    struct form_row *row = &out->row;
    if (row->n_operands == INSN_MAX_OPERANDS) parse_fail(out->source, "too many operands", name);
    bool implicit = *name == '<';
    if (implicit) {
        name[strlen(name) - 1] = 0;
        name++;
    } else if (row->n_operands && row->operand[row->n_operands - 1].implicit) {
        parse_fail(out->source, "explicit after implicit", name);
    }
    unsigned access = parse_access(&name);
    row->operand[row->n_operands++] = (struct operand_use){
        .spec = (uint8_t)find_spec(out, name), .access = access & 3, .implicit = implicit};
}

/* Registers and memory in ModRM say which mod a row takes. */
static void restrict_mod(struct parsed_row *out, const struct operand_spec *spec) {
    struct form_row *row = &out->row;
    if (method_needs_modrm(spec->method) && spec->method != METHOD_VVVV &&
        row->modrm == MODRM_NONE) {
        parse_fail(out->source, "needs ModRM", spec->name);
    }
    if (method_is_memory(spec->method)) row->accepts &= ~(uint32_t)ACCEPT_REG;
    if (spec->method == METHOD_RMREG) row->accepts &= ~(uint32_t)ACCEPT_MEM;
    if (spec->method == METHOD_RMREG_ANY) {
        row->accepts &= ~(uint32_t)ACCEPT_MEM;
        row->modrm = MODRM_REGISTER;
    }
    if (row->modrm != MODRM_NONE && !(row->accepts & ACCEPT_MOD))
        parse_fail(out->source, "no mod left", spec->name);
}

static bool accesses_memory(const struct operand_use *use) {
    const struct operand_spec *spec = &operand_specs[use->spec];
    bool memory = spec->method == METHOD_RM || method_is_memory(spec->method) ||
                  spec->method == METHOD_MOFFS || spec->method == METHOD_AT ||
                  spec->method == METHOD_AT_ES;
    return memory && use->access != ACCESS_NONE;
}

static void set_vector_size(struct parsed_row *out, bool has_xmm, bool has_mmx) {
    bool vex = out->row.space >= SPACE_VEX_0F;
    if (vex && out->vector_length)
        out->row.vector_size = VECTOR_BY_L;
    else if (has_xmm)
        out->row.vector_size = 16;
    else if (has_mmx)
        out->row.vector_size = 8;
}

void parse_operands(struct parsed_row *out) {
    struct form_row *row = &out->row;
    bool has_xmm = false, has_mmx = false, has_vvvv = false;
    const char *text = out->source->operands;
    char token[32];
    while (parse_token(&text, token, sizeof token)) parse_operand(out, token);
    for (unsigned i = 0; i < row->n_operands; i++) {
        const struct operand_spec *spec = &operand_specs[row->operand[i].spec];
        restrict_mod(out, spec);
        if (accesses_memory(&row->operand[i])) out->info.faults |= FAULT_MEMORY;
        if (spec->method == METHOD_VSIB) row->traits |= ROW_VSIB;
        has_vvvv |= spec->method == METHOD_VVVV;
        has_xmm |= spec->reg_class == REG_XMM;
        has_mmx |= spec->reg_class == REG_MMX;
    }
    if (row->space >= SPACE_VEX_0F) row->accepts |= has_vvvv ? ACCEPT_VVVV : ACCEPT_VVVV_NONE;
    set_vector_size(out, has_xmm, has_mmx);
}
