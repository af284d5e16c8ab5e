/* SPDX-License-Identifier: ISC */
/* Takes encodings apart and puts them together. Source: SDM 2 chapter 2. */
#include "cpu/jit/x86_64/encoding.h"

#include "cpu/jit/x86_64/operands.h"

enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

static bool is_legacy_prefix(uint8_t byte) {
    switch (byte) {
    case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
        return true;
    default:
        return false;
    }
}

static bool is_segment_prefix(uint8_t byte) {
    return byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e || byte == 0x64 || byte == 0x65;
}

bool encoding_has_segment_prefix(const struct encoding *e) {
    for (unsigned i = 0; i < e->n_prefixes; i++)
        if (is_segment_prefix(e->bytes[i])) return true;
    return false;
}

static unsigned opcode_length(const uint8_t *opcode) {
    if (opcode[0] != 0x0f) return 1;
    return opcode[1] == 0x38 || opcode[1] == 0x3a ? 3 : 2;
}

static unsigned displacement_length(const uint8_t *modrm) {
    const unsigned mod = modrm[0] >> 6, rm = modrm[0] & 7;
    const bool sib = mod != 3 && rm == 4;
    if (mod == 3) return 0;
    if (mod == 1) return sib + 1u;
    if (mod == 2) return sib + 4u;
    if (rm == 5) return 4;
    return sib ? 1u + ((modrm[1] & 7) == 5 ? 4u : 0u) : 0;
}

static bool scan(struct encoding *e, const uint8_t *bytes, const struct insn *insn, bool has_modrm) {
    unsigned at = 0;
    *e = (struct encoding){.bytes = bytes, .length = insn->length, .tail_at = insn->length};
    while (is_legacy_prefix(bytes[at])) at++;
    e->n_prefixes = (uint8_t)at;
    if (bytes[at] == 0xc5) e->vex = 2;
    else if (bytes[at] == 0xc4) e->vex = 3;
    else if ((bytes[at] & 0xf0) == 0x40) e->rex = bytes[at++];
    at += e->vex;
    e->opcode_at = (uint8_t)at;
    if (is_legacy_prefix(bytes[at]) || (!e->vex && (bytes[at] & 0xf0) == 0x40)) return false;
    if (!has_modrm) return true;
    at += e->vex ? 1 : opcode_length(bytes + at);
    if (!e->vex && e->opcode_at + 1u == at && bytes[at - 1] >= 0xa0 && bytes[at - 1] <= 0xa3) return true; /* moffs */
    e->modrm_at = (uint8_t)at;
    e->tail_at = (uint8_t)(at + 1 + displacement_length(bytes + at));
    return true;
}

/* Only instructions with a memory operand are taken apart beyond the opcode. */
bool encoding_scan(struct encoding *e, const uint8_t *bytes, const struct insn *insn) {
    return scan(e, bytes, insn, insn_has_memory_bytes(insn));
}

bool encoding_scan_registers(struct encoding *e, const uint8_t *bytes, const struct insn *insn) {
    return scan(e, bytes, insn, true);
}

static void put_prefixes(struct assembler *a, const struct encoding *e, bool gs) {
    if (gs) asm_byte(a, 0x65);
    for (unsigned i = 0; i < e->n_prefixes; i++) {
        const uint8_t byte = e->bytes[i];
        if (!is_segment_prefix(byte) && byte != 0x67) asm_byte(a, byte);
    }
}

static unsigned address_rex(const struct operand_address *m) {
    const bool has_base = !m->rip && m->base != REG_NONE;
    return (has_base && m->base >= 8 ? REX_B : 0) | (m->index != REG_NONE && m->index >= 8 ? REX_X : 0);
}

/* tail: bytes that follow the operand, which RIP-relative addresses count from. */
static void put_address(struct assembler *a, unsigned reg, const struct operand_address *m, unsigned tail) {
    const unsigned field = (reg & 7) << 3;
    if (m->rip) {
        asm_byte(a, field | 5);
        asm_i32(a, m->disp - (int64_t)(asm_here(a) + 4 + tail));
        asm_note(a, NOTE_OPERAND, 4);
        return;
    }
    const unsigned index = m->index == REG_NONE ? 4 : m->index & 7;
    if (m->base == REG_NONE) {
        asm_byte(a, field | 4);
        asm_byte(a, m->scale << 6 | index << 3 | 5);
    } else if (m->index == REG_NONE && (m->base & 7) != RSP) { /* R12 as index has the same bits as none */
        asm_byte(a, 0x80 | field | (m->base & 7));
    } else {
        asm_byte(a, 0x80 | field | 4);
        asm_byte(a, m->scale << 6 | index << 3 | (m->base & 7));
    }
    asm_i32(a, m->disp);
    if (m->is_guest) asm_note(a, NOTE_GUEST32, 4);
}

/* As a three-byte VEX prefix, whatever it was. Its bits are inverted. */
static void put_vex(struct assembler *a, const struct encoding *e, unsigned rex) {
    const uint8_t *v = e->bytes + e->n_prefixes;
    const unsigned inverted = ~rex & 3;
    const unsigned r = v[1] & 0x80, map = e->vex == 3 ? v[1] & 0x1f : 1;
    asm_byte(a, 0xc4);
    asm_byte(a, r | (inverted & REX_X ? 0x40 : 0) | (inverted & REX_B ? 0x20 : 0) | map);
    asm_byte(a, e->vex == 3 ? v[2] : v[1] & 0x7f);
}

static void put_moffs(struct assembler *a, const struct encoding *e, const struct operand_address *m) {
    static const uint8_t general[] = {0x8a, 0x8b, 0x88, 0x89};
    const unsigned rex = (e->rex & REX_W) | address_rex(m);
    put_prefixes(a, e, m->gs);
    if (rex) asm_byte(a, 0x40 | rex);
    asm_byte(a, general[e->bytes[e->opcode_at] & 3]);
    put_address(a, RAX, m, 0);
}

void asm_with_memory(struct assembler *a, const struct encoding *e, const struct operand_address *m) {
    const unsigned tail = e->length - e->tail_at;
    if (!e->modrm_at) {
        put_moffs(a, e, m);
        return;
    }
    put_prefixes(a, e, m->gs);
    if (e->vex) {
        put_vex(a, e, address_rex(m));
    } else {
        const unsigned rex = (e->rex & (REX_W | REX_R)) | address_rex(m);
        if (rex || e->rex) asm_byte(a, 0x40 | rex);
    }
    asm_bytes(a, e->bytes + e->opcode_at, e->modrm_at - (size_t)e->opcode_at);
    put_address(a, e->bytes[e->modrm_at] >> 3 & 7, m, tail);
    asm_bytes(a, e->bytes + e->tail_at, tail);
}

void asm_with_stack_pointer_in(struct assembler *a, const struct encoding *e, unsigned reg, bool gs) {
    const uint8_t modrm = e->bytes[e->modrm_at];
    const bool in_rm = modrm >> 6 == 3 && (modrm & 7) == RSP && !(e->rex & REX_B);
    const unsigned high = reg & 8 ? (in_rm ? REX_B : REX_R) : 0;
    put_prefixes(a, e, gs);
    asm_byte(a, 0x40 | (e->rex & 15) | high);
    asm_bytes(a, e->bytes + e->opcode_at, e->modrm_at - (size_t)e->opcode_at);
    asm_byte(a, in_rm ? (modrm & ~7u) | (reg & 7) : (modrm & ~0x38u) | (reg & 7) << 3);
    asm_bytes(a, e->bytes + e->modrm_at + 1, e->length - (size_t)e->modrm_at - 1);
}

void asm_load_target(struct assembler *a, unsigned reg, const struct operand_address *m) {
    if (m->gs) asm_byte(a, 0x65);
    asm_byte(a, 0x48 | (reg & 8) >> 1 | address_rex(m));
    asm_byte(a, 0x8b);
    put_address(a, reg, m, 0);
}

void asm_nop(struct assembler *a, unsigned n) {
    static const uint8_t nops[9][9] = {
        {0x90},
        {0x66, 0x90},
        {0x0f, 0x1f, 0x00},
        {0x0f, 0x1f, 0x40, 0x00},
        {0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };
    asm_bytes(a, nops[n - 1], n);
}
