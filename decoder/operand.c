/* SPDX-License-Identifier: ISC */
/* The operands of a matched row, from the encoding fields; immediates are read here, in the order
 * of the operands. */
#include "decoder/decoder.h"
#include "decoder/operand_spec.h"

static uint16_t resolve_size(const struct decoder *d, const struct insn *insn, uint16_t size) {
    if (!(size & SIZE_V)) return size;
    switch (size) {
    case SIZE_V:
        return insn->op_size;
    case SIZE_Z:
        return insn->op_size < 4 ? insn->op_size : 4;
    case SIZE_Y:
        return d->w ? 8 : 4;
    case SIZE_A:
        return insn->addr_size;
    case SIZE_X:
        return insn->vector_size;
    case SIZE_X2:
        return insn->vector_size / 2;
    case SIZE_X4:
        return insn->vector_size / 4;
    case SIZE_X8:
        return insn->vector_size / 8;
    case SIZE_P:
        return insn->op_size + 2;
    case SIZE_FENV:
        return insn->op_size == 2 ? 14 : 28;
    default:
        return insn->op_size == 2 ? 94 : 108;
    }
}

/* number: 4 bits; the classes that have 8 registers ignore the upper one. */
static void fill_register(const struct decoder *d, const struct operand_spec *spec,
                          struct operand *o, uint8_t number, uint16_t size) {
    o->kind = OPERAND_REG;
    o->reg_class = spec->reg_class;
    o->reg = number;
    o->size = size;
    switch (spec->reg_class) {
    case REG_GPR:
        if (size == 1 && !d->rex && number >= 4 && number < 8) {
            o->reg_class = REG_GPR8H;
            o->reg = number - 4;
        }
        break;
    case REG_XMM:
        if (size == 32) o->reg_class = REG_YMM;
        break;
    case REG_SEG:
    case REG_ST:
    case REG_MMX:
        o->reg = number & 7;
        break;
    default:
        break;
    }
}

static void fill_memory(struct operand *o, uint16_t size) {
    o->kind = OPERAND_MEM;
    o->size = size;
}

/* insn.mem describes the operand whose segment can be overridden, else the other. */
static void fill_memory_at(const struct decoder *d, const struct operand_spec *spec,
                           struct insn *insn, struct operand *o, uint16_t size) {
    bool es = spec->method == METHOD_AT_ES;
    fill_memory(o, size);
    o->reg = spec->fixed;
    if (es && insn->mem.addr_size) return;
    insn->mem = (struct mem_operand){.base = spec->fixed,
                                     .index = REG_NONE,
                                     .addr_size = insn->addr_size,
                                     .seg = es       ? SEG_ES
                                            : d->seg ? d->seg
                                                     : SEG_DS};
}

static void fill_offset(struct decoder *d, struct insn *insn, struct operand *o, uint16_t size) {
    fill_memory(o, size);
    insn->mem = (struct mem_operand){.base = REG_NONE,
                                     .index = REG_NONE,
                                     .addr_size = insn->addr_size,
                                     .seg = d->seg ? d->seg : SEG_DS};
    insn->mem.disp = (int64_t)decoder_number(d, insn->addr_size);
}

static void fill_immediate(struct decoder *d, const struct operand_spec *spec, struct insn *insn,
                           struct operand *o, uint16_t size, bool second) {
    uint64_t value = decoder_number(d, size);
    unsigned unused = 64 - 8 * size;
    o->kind = spec->method == METHOD_REL ? OPERAND_REL : OPERAND_IMM;
    o->size = size;
    if (spec->method != METHOD_IMM) value = (uint64_t)((int64_t)(value << unused) >> unused);
    if (second)
        insn->imm2 = (int64_t)value;
    else
        insn->imm = (int64_t)value;
}

static void fill_operand(struct decoder *d, const struct operand_spec *spec, struct insn *insn,
                         struct operand *o) {
    uint16_t reg_size = resolve_size(d, insn, spec->reg_size);
    uint8_t rm = (d->modrm & 7) | d->rex_b;
    switch ((enum operand_method)spec->method) {
    case METHOD_RM:
        if (!d->memory) {
            fill_register(d, spec, o, rm, reg_size);
            break;
        } /* fallthrough */
    case METHOD_MEM:
    case METHOD_VSIB:
        fill_memory(o, resolve_size(d, insn, spec->mem_size));
        break;
    case METHOD_RMREG:
    case METHOD_RMREG_ANY:
        fill_register(d, spec, o, rm, reg_size);
        break;
    case METHOD_REG:
        fill_register(d, spec, o, ((d->modrm >> 3) & 7) | d->rex_r, reg_size);
        break;
    case METHOD_VVVV:
        fill_register(d, spec, o, d->vvvv, reg_size);
        break;
    case METHOD_OPCODE:
        fill_register(d, spec, o, (d->opcode & 7) | d->rex_b, reg_size);
        break;
    case METHOD_IS4:
        insn->imm = decoder_byte(d);
        fill_register(d, spec, o, (uint8_t)insn->imm >> 4, reg_size);
        break;
    case METHOD_IMM:
    case METHOD_IMM_SIGNED:
    case METHOD_REL:
        fill_immediate(d, spec, insn, o, reg_size, o > insn->operand && o[-1].kind == OPERAND_IMM);
        break;
    case METHOD_ONE:
        *o = (struct operand){.kind = OPERAND_IMM, .access = o->access, .size = 1};
        insn->imm = 1;
        break;
    case METHOD_MOFFS:
        fill_offset(d, insn, o, resolve_size(d, insn, spec->mem_size));
        break;
    case METHOD_AT:
    case METHOD_AT_ES:
        fill_memory_at(d, spec, insn, o, resolve_size(d, insn, spec->mem_size));
        break;
    case METHOD_FIXED:
    case METHOD_FIXED_REP:
        fill_register(d, spec, o, spec->fixed, reg_size);
        break;
    }
}

/* Segment registers 6 and 7, CS as a destination, control registers other than 0 2 3 4 8, debug
 * registers above 7. */
static bool register_exists(const struct operand *o) {
    switch (o->reg_class) {
    case REG_SEG:
        return o->reg <= SEG_GS && !(o->reg == SEG_CS && o->access == ACCESS_WRITE);
    case REG_CR:
        return (0x11d >> o->reg) & 1;
    case REG_DR:
        return o->reg < 8;
    default:
        return true;
    }
}

/* A gather's destination, index and mask are three registers. */
static bool gather_is_legal(const struct insn *insn) {
    uint8_t dst = insn->operand[0].reg, mask = insn->operand[2].reg, index = insn->mem.index;
    return dst != mask && dst != index && mask != index;
}

bool decoder_fill_operands(struct decoder *d, struct insn *insn) {
    const struct form_row *row = d->row;
    for (unsigned i = 0; i < row->n_operands; i++) {
        const struct operand_spec *spec = &operand_specs[row->operand[i].spec];
        if (spec->method == METHOD_FIXED_REP && !insn->rep) break;
        struct operand *o = &insn->operand[i];
        o->access = row->operand[i].access;
        o->implicit = row->operand[i].implicit;
        fill_operand(d, spec, insn, o);
        if (!register_exists(o)) return false;
        insn->n_operands++;
    }
    return !(row->traits & ROW_VSIB) || gather_is_legal(insn);
}
