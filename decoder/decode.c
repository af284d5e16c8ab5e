/* SPDX-License-Identifier: ISC */
/* decode(): reads the opcode, finds its row through the generated index, and fills struct insn as
 * the row says. */
#include "decoder/decode.h"
#include "decoder/decoder.h"

#include <string.h>

/* The row of this opcode that accepts the prefixes and ModRM, or NULL: #UD. */
static const struct form_row *find_row(struct decoder *d) {
    const struct opcode_entry *entry = &opcode_index[d->space][d->opcode];
    if (entry->modrm != MODRM_NONE) {
        d->modrm = decoder_byte(d);
        d->memory = d->modrm < 0xc0 && entry->modrm != MODRM_REGISTER;
        d->accepts |= (d->memory ? (uint32_t)ACCEPT_MEM : ACCEPT_REG) |
                      ACCEPT_MODRM_REG((d->modrm >> 3) & 7) | ACCEPT_MODRM_RM(d->modrm & 7);
    }
    const struct form_candidate *candidate = &form_candidates[entry->first],
                                *end = candidate + entry->count;
    for (; candidate < end; candidate++) {
        if (!(d->accepts & ~candidate->accepts)) return &form_rows[candidate->form];
    }
    return NULL;
}

static uint8_t operand_size(const struct decoder *d) {
    switch ((enum size_rule)d->row->size_rule) {
    case SIZE_RULE_8:
        return 1;
    case SIZE_RULE_Y:
        return d->w ? 8 : 4;
    case SIZE_RULE_D64:
        return d->w || !d->has_66 ? 8 : 2;
    case SIZE_RULE_F64:
        return 8;
    default:
        return d->w ? 8 : d->has_66 ? 2 : 4;
    }
}

static void fill_sizes(const struct decoder *d, struct insn *out) {
    const struct form_row *row = d->row;
    out->form = (uint16_t)(row - form_rows);
    out->op = row->op;
    out->op_size = operand_size(d);
    out->addr_size = d->has_67 ? 4 : 8;
    out->cc = row->traits & ROW_CC ? d->opcode & 15 : 0;
    out->rep = row->traits & ROW_REP ? d->rep : REP_NONE;
    out->lock = d->lock;
    out->vex = d->space >= SPACE_VEX_0F;
    out->vector_size = row->vector_size == VECTOR_BY_L ? (d->l ? 32 : 16) : row->vector_size;
    out->opcode = d->opcode;
    out->modrm = d->modrm;
}

/* False: #UD, found after d->at bytes. */
static bool decode_bytes(struct decoder *d, struct insn *out) {
    if (!decoder_read_opcode(d)) return false;
    d->row = find_row(d);
    if (!d->row) return false;
    fill_sizes(d, out);
    if (d->memory && !decoder_read_address(d, &out->mem)) return false;
    if (!decoder_fill_operands(d, out)) return false;
    return !d->lock || ((d->row->traits & ROW_LOCK) && d->memory);
}

int decode(const uint8_t *bytes, size_t n, struct insn *out) {
    struct decoder d;
    size_t limit = n < INSN_MAX_LENGTH ? n : INSN_MAX_LENGTH;
    memset(&d, 0, sizeof d);
    memset(out, 0, sizeof *out);
    memcpy(d.bytes, bytes, limit);
    bool legal = decode_bytes(&d, out);
    if (d.at > limit) return limit == INSN_MAX_LENGTH ? DECODE_TOO_LONG : DECODE_TRUNCATED;
    if (!legal) return DECODE_UD;
    out->length = d.at;
    return d.at;
}
