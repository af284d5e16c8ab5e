/* SPDX-License-Identifier: ISC */
/* The front of an instruction: prefixes, REX, VEX, escape bytes, opcode. SDM 2 chapter 2. */
#include "decoder/decoder.h"

/* The null segment overrides (2E 36 3E 26) do nothing, not even undo FS or GS. REX counts only
 * right before the opcode. */
static void read_prefixes(struct decoder *d) {
    for (;; d->at++) {
        uint8_t byte = d->bytes[d->at];
        if ((byte & 0xf0) == 0x40) {
            d->rex = byte;
            continue;
        }
        switch (byte) {
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
            break;
        case 0x64:
            d->seg = SEG_FS;
            break;
        case 0x65:
            d->seg = SEG_GS;
            break;
        case 0x66:
            d->has_66 = true;
            break;
        case 0x67:
            d->has_67 = true;
            break;
        case 0xf0:
            d->lock = true;
            break;
        case 0xf2:
        case 0xf3:
            d->rep = byte;
            break;
        default:
            return;
        }
        d->rex = 0;
    }
}

static void apply_rex(struct decoder *d) {
    static const uint8_t prefix_bit[2][3] = {
        {ACCEPT_NP, ACCEPT_F2, ACCEPT_F3},
        {ACCEPT_66, ACCEPT_66_F2, ACCEPT_66_F3},
    };
    d->w = d->rex & 8;
    d->rex_r = (uint8_t)(d->rex << 1) & 8;
    d->rex_x = (uint8_t)(d->rex << 2) & 8;
    d->rex_b = (uint8_t)(d->rex << 3) & 8;
    d->accepts = prefix_bit[d->has_66][d->rep ? d->rep - 0xf1 : 0];
}

/* Two or three bytes; R, X, B and vvvv are stored inverted. */
static bool read_vex(struct decoder *d) {
    if (d->rex || d->has_66 || d->rep || d->lock) return false;
    bool three = decoder_byte(d) == 0xc4;
    uint8_t p0 = decoder_byte(d), p1 = three ? decoder_byte(d) : p0 & 0x7f;
    uint8_t map = three ? p0 & 0x1f : 1;
    if (map < 1 || map > 3) return false;
    d->space = (uint8_t)(SPACE_VEX_0F + map - 1);
    d->rex_r = (uint8_t)(~p0 >> 4) & 8;
    if (three) {
        d->rex_x = (uint8_t)(~p0 >> 3) & 8;
        d->rex_b = (uint8_t)(~p0 >> 2) & 8;
    }
    d->w = p1 & 0x80;
    d->l = p1 & 4;
    d->vvvv = (uint8_t)(~p1 >> 3) & 15;
    static const uint8_t prefix_bit[4] = {ACCEPT_NP, ACCEPT_66, ACCEPT_F3, ACCEPT_F2};
    d->accepts = prefix_bit[p1 & 3] | (d->l ? (uint32_t)ACCEPT_L1 : ACCEPT_L0) |
                 (d->vvvv ? (uint32_t)ACCEPT_VVVV_USED : ACCEPT_VVVV_NONE);
    return true;
}

static void read_escape(struct decoder *d) {
    apply_rex(d);
    if (d->bytes[d->at] != 0x0f) return;
    d->at++;
    d->space = SPACE_0F;
    if (d->bytes[d->at] == 0x38)
        d->space = SPACE_0F38;
    else if (d->bytes[d->at] == 0x3a)
        d->space = SPACE_0F3A;
    else
        return;
    d->at++;
}

bool decoder_read_opcode(struct decoder *d) {
    read_prefixes(d);
    if ((d->bytes[d->at] & 0xfe) == 0xc4) {
        if (!read_vex(d)) return false;
    } else {
        read_escape(d);
    }
    d->accepts |=
        (d->w ? (uint32_t)ACCEPT_W1 : ACCEPT_W0) | (d->rex_b ? (uint32_t)ACCEPT_B1 : ACCEPT_B0);
    d->opcode = decoder_byte(d);
    return true;
}
