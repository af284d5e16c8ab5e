/* SPDX-License-Identifier: ISC */
/* The comparison. Each check returns a word for what differs, or NULL; the tables below excuse some
 * of them. */
#include "tests/decoder/capstone_compare.h"

#include "tests/support/insn_text.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

struct named { /* a row of capstone_differences.def */
    uint16_t op;
    const char *name;
};

static const struct named other_names[] = {
#define NAMES(op, name) {OP_##op, name},
#include "tests/decoder/capstone_differences.def"
};
static const uint16_t refused[] = {
#define REFUSES(op, why) OP_##op,
#include "tests/decoder/capstone_differences.def"
};
static const char *const accepted[] = {
#define ACCEPTS(name, why) name,
#include "tests/decoder/capstone_differences.def"
    "", /* none */
};
static const uint8_t accepted_opcodes[] = {
#define ACCEPTS_OPCODE(byte, why) byte,
#include "tests/decoder/capstone_differences.def"
};
static const uint16_t operands_differ[] = {
#define OPERANDS(op, why) OP_##op,
#include "tests/decoder/capstone_differences.def"
};
static const uint16_t sizes_differ[] = {
#define SIZES(op, why) OP_##op,
#include "tests/decoder/capstone_differences.def"
};
static const uint16_t lengths_differ[] = {
#define LENGTHS(op, why) OP_##op,
#include "tests/decoder/capstone_differences.def"
};

#define CONTAINS(list, op) contains(list, sizeof list / sizeof list[0], op)
static bool contains(const uint16_t *list, size_t n, uint16_t op) {
    for (size_t i = 0; i < n; i++) {
        if (list[i] == op) return true;
    }
    return false;
}

void capstone_open(struct capstone *c) {
    cr_assert_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &c->handle), CS_ERR_OK);
    cs_option(c->handle, CS_OPT_DETAIL, CS_OPT_ON);
    c->insn = cs_malloc(c->handle);
}

void capstone_close(struct capstone *c) {
    cs_free(c->insn, 1);
    cs_close(&c->handle);
}

/* The prefixes of an instruction, as written. */
struct prefixes {
    bool has_66, has_67, lock;
    uint8_t rep, seg, rex;
    bool mandatory; /* F2 or F3 goes after 66, else before it */
    unsigned n;     /* bytes they take */
};

static struct prefixes read_prefixes(const uint8_t *bytes) {
    struct prefixes p = {0};
    for (; p.n < INSN_MAX_LENGTH; p.n++) {
        const uint8_t byte = bytes[p.n];
        const bool rex = (byte & 0xf0) == 0x40,
                   null = byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e;
        if (byte == 0x66)
            p.has_66 = true;
        else if (byte == 0x67)
            p.has_67 = true;
        else if (byte == 0xf0)
            p.lock = true;
        else if (byte == 0xf2 || byte == 0xf3)
            p.rep = byte;
        else if (byte == 0x64 || byte == 0x65)
            p.seg = byte;
        else if (!rex && !null)
            break;
        p.rex = rex ? byte : 0;
    }
    return p;
}

/* Writes them in Capstone's order, then the rest. 67 is left out: Capstone takes it for 66 in
 * places, and the address size shows only in the names of the address registers. 66 gives way to
 * REX.W, which Capstone forgets. Returns how many bytes shorter the instruction became. */
static unsigned canonical(const struct prefixes *p, const uint8_t *bytes,
                          uint8_t out[INSN_MAX_LENGTH]) {
    const bool mandatory = p->mandatory;
    unsigned n = 0;
    if (p->seg) out[n++] = p->seg;
    if (p->lock) out[n++] = 0xf0;
    if (p->rep && !mandatory) out[n++] = p->rep;
    if (p->has_66 && (bytes[p->n] == 0x0f || !(p->rex & 8))) out[n++] = 0x66;
    if (p->rep && mandatory) out[n++] = p->rep;
    if (p->rex) out[n++] = p->rex;
    memset(out + n, 0x90, INSN_MAX_LENGTH - n);
    memcpy(out + n, bytes + p->n, INSN_MAX_LENGTH - p->n);
    return p->n - n;
}

static const char *without_prefix_words(const char *name) {
    static const char *const words[] = {"lock ",     "rep ",      "repe ", "repne ",
                                        "xacquire ", "xrelease ", "bnd "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t n = strlen(words[i]);
        if (!strncmp(name, words[i], n)) return without_prefix_words(name + n);
    }
    return name;
}

static bool name_agrees(const struct insn *insn, const char *theirs) {
    char ours[32];
    theirs = without_prefix_words(theirs);
    if (!strcmp(insn_mnemonic(insn, ours), theirs)) return true;
    for (size_t i = 0; i < sizeof other_names / sizeof other_names[0]; i++) {
        if (other_names[i].op == insn->op && !fnmatch(other_names[i].name, theirs, 0)) return true;
    }
    return false;
}

static const char *reg_name(csh handle, unsigned reg) {
    const char *name = reg ? cs_reg_name(handle, reg) : "";
    return name ? name : "";
}

static const char *memory_differs(csh handle, const struct insn *insn, const struct operand *o,
                                  const cs_x86_op *theirs) {
    const struct mem_operand *m = &insn->mem;
    const bool es = o->reg == RDI && m->base == RSI;
    const uint8_t base = es ? RDI : m->base;
    const char *seg = reg_name(handle, theirs->mem.segment);
    const char *expected = m->rip_relative ? "rip" : insn_address_register(base, 8);
    const char *their_base = reg_name(handle, theirs->mem.base),
               *their_index = reg_name(handle, theirs->mem.index);
    char vector[8];
    if (strcmp(their_base, expected) != 0) return "base";
    snprintf(vector, sizeof vector, "mm%u", m->index);
    if (m->vsib ? strcmp(their_index + (*their_index != 0), vector) != 0
                : strcmp(their_index, insn_address_register(m->index, 8)) != 0)
        return "index";
    if (m->index != REG_NONE && theirs->mem.scale != 1 << m->scale) return "scale";
    if (theirs->mem.disp != m->disp) return "disp";
    if (!es &&
        (!strcmp(seg, "fs") != (m->seg == SEG_FS) || !strcmp(seg, "gs") != (m->seg == SEG_GS)))
        return "segment";
    return o->size && o->size != theirs->size && !CONTAINS(sizes_differ, insn->op) ? "memory size"
                                                                                   : NULL;
}

static uint64_t low_bytes(int64_t value, unsigned n) {
    return n >= 8 ? (uint64_t)value : (uint64_t)value & ((UINT64_C(1) << (8 * n)) - 1);
}

static const char *operand_differs(csh handle, const struct insn *insn, const struct operand *o,
                                   int64_t imm, const cs_x86_op *theirs) {
    char ours[16];
    switch (o->kind) {
    case OPERAND_REG:
        return theirs->type != X86_OP_REG ||
                       strcmp(insn_register(o, ours), reg_name(handle, theirs->reg)) != 0
                   ? "register"
                   : NULL;
    case OPERAND_MEM:
        return theirs->type != X86_OP_MEM ? "kind" : memory_differs(handle, insn, o, theirs);
    case OPERAND_REL:
        return theirs->type != X86_OP_IMM || theirs->imm != imm ? "target" : NULL;
    default: {
        const unsigned n = insn->op_size && !insn->vector_size ? insn->op_size : 1;
        const unsigned width = o->size < n && imm < 0 ? n : o->size;
        return theirs->type != X86_OP_IMM || low_bytes(theirs->imm, width) != low_bytes(imm, width)
                   ? "immediate"
                   : NULL;
    }
    }
}

static const char *operands_differ_in(csh handle, const struct insn *insn, const cs_insn *theirs,
                                      unsigned shift) {
    const cs_x86 *x86 = &theirs->detail->x86;
    unsigned n = 0;
    if (CONTAINS(operands_differ, insn->op)) return NULL;
    while (n < insn->n_operands && !insn->operand[n].implicit) n++;
    if (n == 2 && x86->op_count == 1 &&
        insn->operand[0].reg_class == REG_ST) { /* the other one is ST(0) */
        const struct operand *sti = &insn->operand[insn->operand[0].reg != (insn->modrm & 7)];
        return operand_differs(handle, insn, sti, 0, &x86->operands[0]);
    }
    if (n && n == x86->op_count + 1u && insn->operand[n - 1].kind == OPERAND_IMM)
        n--; /* it is in the mnemonic */
    if (n != x86->op_count) return "operand count";
    for (unsigned i = 0; i < n; i++) {
        const struct operand *o = &insn->operand[i];
        const int64_t imm =
            i > 0 && insn->operand[i - 1].kind == OPERAND_IMM ? insn->imm2 : insn->imm;
        const char *what = operand_differs(
            handle, insn, o, o->kind == OPERAND_REL ? imm + insn->length - (int)shift : imm,
            &x86->operands[i]);
        if (what) return what;
    }
    return NULL;
}

/* Capstone takes an instruction where F2, F3 or 66 make it undefined: fine if it is one without
 * them. */
static bool prefix_overlooked(const struct prefixes *p, const uint8_t *bytes,
                              const cs_insn *theirs) {
    uint8_t without[INSN_MAX_LENGTH];
    struct insn insn;
    for (unsigned drop = 1; drop < 8; drop++) {
        struct prefixes fewer = *p;
        if (drop & 1) fewer.rep = 0;
        if (drop & 2) fewer.has_66 = false;
        if (drop & 4) fewer.lock = false;
        const unsigned shift =
            canonical(&fewer, bytes, without) - canonical(p, bytes, (uint8_t[INSN_MAX_LENGTH]){0});
        if (shift && decode(without, sizeof without, &insn) == (int)(theirs->size - shift) &&
            name_agrees(&insn, theirs->mnemonic))
            return true;
    }
    return false;
}

/* Capstone ignores VEX.W where the SDM does not: fine if it is an instruction with the other W. */
static bool vex_w_overlooked(const struct prefixes *p, const uint8_t *bytes,
                             const cs_insn *theirs) {
    uint8_t flipped[INSN_MAX_LENGTH];
    struct insn insn;
    if (bytes[p->n] != 0xc4 || p->n + 2 >= INSN_MAX_LENGTH) return false;
    memcpy(flipped, bytes, sizeof flipped);
    flipped[p->n + 2] ^= 0x80;
    return decode(flipped, sizeof flipped, &insn) > 0 && name_agrees(&insn, theirs->mnemonic);
}

static bool is_accepted_by_name(const cs_insn *theirs) {
    char text[sizeof theirs->mnemonic + sizeof theirs->op_str + 1];
    snprintf(text, sizeof text, "%s %s", theirs->mnemonic, theirs->op_str);
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        if (!fnmatch(accepted[i], theirs->mnemonic, 0) || !fnmatch(accepted[i], text, 0))
            return true;
    }
    return false;
}

static bool is_accepted_by_opcode(uint8_t opcode) {
    return memchr(accepted_opcodes, opcode, sizeof accepted_opcodes) != NULL;
}

static bool overlooked(const struct prefixes *p, const uint8_t *bytes, const cs_insn *theirs) {
    return is_accepted_by_name(theirs) || is_accepted_by_opcode(bytes[p->n]) ||
           prefix_overlooked(p, bytes, theirs) || vex_w_overlooked(p, bytes, theirs);
}

static const char *differs(struct capstone *c, const struct prefixes *p, const uint8_t *bytes,
                           int length, const struct insn *insn, bool valid) {
    const unsigned shift = canonical(p, bytes, (uint8_t[INSN_MAX_LENGTH]){0});
    if (length < 0 && !valid) return NULL;
    if (length < 0) return overlooked(p, bytes, c->insn) ? NULL : "no instruction";
    if (!valid) return CONTAINS(refused, insn->op) ? NULL : "an instruction";
    if (length != (int)(c->insn->size + shift))
        return CONTAINS(lengths_differ, insn->op) ? NULL : "length";
    if (!name_agrees(insn, c->insn->mnemonic)) return "mnemonic";
    return operands_differ_in(c->handle, insn, c->insn, shift);
}

static void describe(const struct capstone *c, const char *what, const uint8_t *bytes, int length,
                     const struct insn *insn, bool valid, char why[DISAGREEMENT_MAX]) {
    char text[INSN_TEXT_MAX];
    int n =
        snprintf(why, DISAGREEMENT_MAX, "%s: %s (%d) | Capstone: %s %s (%d) | ", what,
                 length > 0 ? insn_text(insn, text) : "-", length, valid ? c->insn->mnemonic : "-",
                 valid ? c->insn->op_str : "", valid ? c->insn->size : 0);
    for (unsigned i = 0; i < INSN_MAX_LENGTH; i++)
        n += snprintf(why + n, DISAGREEMENT_MAX - (size_t)n, "%02x ", bytes[i]);
}

bool capstone_agrees(struct capstone *c, const uint8_t *bytes, char why[DISAGREEMENT_MAX]) {
    struct prefixes p = read_prefixes(bytes);
    struct insn insn;
    const int length = decode(bytes, INSN_MAX_LENGTH, &insn);
    if (length == DECODE_TOO_LONG || p.n == INSN_MAX_LENGTH) return true;
    if (p.has_67 && (bytes[p.n] & 0xfc) == 0xa0)
        return true; /* MOV with an absolute address of 32 bits */
    if (insn.op == OP_JRCXZ) insn.addr_size = 8;
    for (unsigned order = 0; order < 2; order++) {
        uint8_t theirs[INSN_MAX_LENGTH];
        const uint8_t *at = theirs;
        size_t left = sizeof theirs;
        uint64_t address = 0;
        p.mandatory = !order;
        canonical(&p, bytes, theirs);
        const bool valid = cs_disasm_iter(c->handle, &at, &left, &address, c->insn);
        const char *what = differs(c, &p, bytes, length, &insn, valid);
        if (!what) return true;
        describe(c, what, bytes, length, &insn, valid, why);
    }
    return false;
}
