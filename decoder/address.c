/* SPDX-License-Identifier: ISC */
/* The memory operand that ModRM, SIB and displacement describe. SDM 2 tables 2-2, 2-3. */
#include "decoder/decoder.h"

/* rm or SIB base 101b with mod 0: a displacement of 32 bits instead of a base. */
static bool read_sib(struct decoder *d, struct mem_operand *mem) {
    uint8_t sib = decoder_byte(d), index = ((sib >> 3) & 7) | d->rex_x;
    mem->scale = sib >> 6;
    mem->vsib = d->row->traits & ROW_VSIB;
    mem->index = index == RSP && !mem->vsib ? REG_NONE : index;
    if ((sib & 7) == RBP && d->modrm < 0x40) return false;
    mem->base = (sib & 7) | d->rex_b;
    return true;
}

static void read_displacement(struct decoder *d, struct mem_operand *mem, unsigned size) {
    if (size == 1)
        mem->disp = (int8_t)decoder_byte(d);
    else if (size == 4)
        mem->disp = (int32_t)decoder_number(d, 4);
}

bool decoder_read_address(struct decoder *d, struct mem_operand *mem) {
    static const uint8_t displacement[3] = {0, 1, 4};
    uint8_t rm = d->modrm & 7, mod = d->modrm >> 6;
    bool has_base = true;
    mem->addr_size = d->has_67 ? 4 : 8;
    mem->base = mem->index = REG_NONE;
    if (rm == RSP) {
        has_base = read_sib(d, mem);
    } else if (d->row->traits & ROW_VSIB) {
        return false;
    } else if (rm == RBP && mod == 0) {
        mem->rip_relative = true;
        has_base = false;
    } else {
        mem->base = rm | d->rex_b;
    }
    read_displacement(d, mem, has_base ? displacement[mod] : 4);
    if (d->seg)
        mem->seg = d->seg;
    else
        mem->seg = mem->base == RSP || mem->base == RBP ? SEG_SS : SEG_DS;
    return true;
}
