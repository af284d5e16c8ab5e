/* SPDX-License-Identifier: ISC */
/* Any row of forms.def: its random bytes, with addresses changed so that most operands lie in the arena. Left out is what the
 * machine model and hosts may do differently: undefined results, approximations, time. */
#include "tests/jit/generator.h"
#include "tests/support/form_bytes.h"

#include <string.h>

static bool is_excluded(const struct insn *insn) {
    static const uint16_t ops[] = {
#define EXCLUDED(name, reason) OP_##name,
#include "tests/differential/excluded.def"
#undef EXCLUDED
        OP_FSIN, OP_FCOS, OP_FSINCOS, OP_FPTAN, OP_FPATAN, OP_F2XM1, OP_FYL2X, OP_FYL2XP1, OP_HLT, OP_LFS, OP_LGS, OP_LSS,
        OP_IN, OP_OUT, OP_INS, OP_OUTS, OP_MASKMOVQ, OP_MASKMOVDQU, OP_LDMXCSR, OP_DPPS, OP_DPPD, OP_FLDENV, OP_FRSTOR, OP_FXRSTOR};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (ops[i] == insn->op) return true;
    }
    if (insn->op_size == 2 && (insn->op == OP_SHLD || insn->op == OP_SHRD || insn->op == OP_BSWAP)) return true;
    const struct form_info *info = form_info(insn->form);
    return info->control != CONTROL_NEXT || (info->faults & (FAULT_UD | FAULT_BP | FAULT_DB | FAULT_STACK)) ||
           insn->mem.vsib;
}

static bool is_rare(struct generator *g, uint16_t op) {
    return (op == OP_FLDCW || op == OP_STD) && !one_in(g, 8);
}

static const struct operand *memory_operand(const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++) {
        if (insn->operand[i].kind == OPERAND_MEM) return &insn->operand[i];
    }
    return NULL;
}

static bool is_reserved(const struct generator *g, unsigned reg) {
    return reg < 16 && (g->reserved >> reg & 1);
}

static uint64_t arena_target(struct generator *g) {
    const uint64_t at = ARENA_GVA + 512 + rng_below(&g->rng, ARENA_SIZE - 2048);
    return one_in(g, 3) ? at : at & ~63ull;
}

/* Overwrites the displacement in the bytes. Returns false if it has none of that size. */
static bool set_displacement(uint8_t *bytes, struct insn *insn, int64_t disp) {
    struct insn changed;
    for (unsigned size = 8; size >= 1; size /= 2) {
        if (size == 2) continue;
        for (unsigned i = 1; i + size <= insn->length; i++) {
            uint8_t copy[16] = {0};
            if (memcmp(bytes + i, &insn->mem.disp, size)) continue;
            memcpy(copy, bytes, insn->length);
            memcpy(copy + i, &disp, size);
            if (decode(copy, insn->length, &changed) != insn->length || changed.form != insn->form) continue;
            if (changed.mem.disp != disp || changed.imm != insn->imm || changed.mem.base != insn->mem.base) continue;
            memcpy(bytes, copy, insn->length);
            *insn = changed;
            return true;
        }
    }
    return false;
}

static uint64_t segment_base(const struct generator *g, const struct insn *insn) {
    const struct program_state *s = &g->program->start;
    return insn->mem.seg == SEG_FS ? s->fs_base : insn->mem.seg == SEG_GS ? s->gs_base : 0;
}

static bool aim_based(struct generator *g, uint8_t *bytes, struct insn *insn, uint64_t target) {
    const struct mem_operand *m = &insn->mem;
    uint64_t offset = 0;
    if (m->base == m->index) return false;
    if (m->base == RSP) {
        if (m->index != REG_NONE) return false;
        const int64_t disp = -256 + (int64_t)rng_below(&g->rng, 256 + 40);
        if (m->disp == 0 || (m->disp >= -256 && m->disp <= 40)) return true;
        return set_displacement(bytes, insn, disp) || set_displacement(bytes, insn, (int8_t)disp | -128);
    }
    if (m->index != REG_NONE) {
        if (m->index == g->index) {
            offset = INDEX_VALUE << m->scale;
        } else {
            if (is_reserved(g, m->index)) return false;
            const uint64_t value = rng_below(&g->rng, 32);
            generator_set(g, m->index, value);
            offset = value << m->scale;
        }
    }
    if (!is_reserved(g, m->base)) return generator_set(g, m->base, target - (uint64_t)m->disp - offset), true;
    if (m->base != g->pointer[0] && m->base != g->pointer[1]) return false;
    if (m->disp >= -2048 && m->disp <= 2047) return true;
    return set_displacement(bytes, insn, (int64_t)rng_below(&g->rng, 4096) - 2048);
}

/* Changes registers before and bytes of the instruction so that the address is good. */
static bool aim(struct generator *g, uint8_t *bytes, struct insn *insn) {
    const struct mem_operand *m = &insn->mem;
    const uint64_t target = arena_target(g) - segment_base(g, insn);
    if (m->rip_relative) return true; /* later, when its place is known */
    if (m->base != REG_NONE) return aim_based(g, bytes, insn, target);
    if (m->index == REG_NONE) return set_displacement(bytes, insn, (int64_t)target);
    if (is_reserved(g, m->index)) return false;
    generator_set(g, m->index, 8);
    return set_displacement(bytes, insn, (int64_t)(target - (8ull << m->scale)));
}

/* AMD does not check that SHA's operands are aligned. */
static bool is_sha(const struct insn *insn) {
    return insn->op >= OP_SHA1RNDS4 && insn->op <= OP_SHA256MSG2;
}

static bool is_string(uint16_t op) {
    return op == OP_MOVS || op == OP_CMPS || op == OP_STOS || op == OP_LODS || op == OP_SCAS;
}

static void aim_string(struct generator *g, const struct insn *insn) {
    generator_set(g, RSI, arena_target(g) - segment_base(g, insn));
    generator_set(g, RDI, arena_target(g));
    if (insn->rep) generator_set(g, RCX, rng_below(&g->rng, 30));
}

/* Bit offsets, divisors. Returns false when the registers are taken. */
static bool tame_operands(struct generator *g, const struct insn *insn) {
    const struct operand *first = &insn->operand[0], *second = &insn->operand[1];
    const bool bits = insn->op == OP_BT || insn->op == OP_BTS || insn->op == OP_BTR || insn->op == OP_BTC;
    if (bits && first->kind == OPERAND_MEM && second->kind == OPERAND_REG) {
        if (is_reserved(g, second->reg) || second->reg == insn->mem.base || second->reg == insn->mem.index) return false;
        generator_set(g, second->reg, rng_below(&g->rng, 2000));
    }
    if (insn->op == OP_DIV || insn->op == OP_IDIV) {
        if (insn->mem.base == RAX || insn->mem.base == RDX || insn->mem.index == RAX || insn->mem.index == RDX) return false;
        if (is_reserved(g, RAX) || is_reserved(g, RDX)) return false;
        generator_set(g, RDX, 0);
        generator_set(g, RAX, rng_next(&g->rng) & 0x7f);
    }
    return true;
}

static bool prepare(struct generator *g, uint8_t *bytes, struct insn *insn) {
    if (is_sha(insn) && memory_operand(insn)) return false;
    if (one_in(g, 100)) return true; /* as it comes: most fault */
    if (is_string(insn->op) || insn->op == OP_XLAT) {
        if (g->reserved & (1u << RSI | 1u << RDI | 1u << RCX | 1u << RBX)) return false;
        if (insn->op == OP_XLAT) generator_set(g, RBX, arena_target(g) - segment_base(g, insn));
        else aim_string(g, insn);
        return true;
    }
    if (memory_operand(insn) && insn->op != OP_LEA && !aim(g, bytes, insn)) return false;
    return tame_operands(g, insn);
}

void generator_any_insn(struct generator *g) {
    uint8_t bytes[16] = {0};
    struct insn insn;
    const uint16_t form = (uint16_t)rng_below(&g->rng, form_count());
    const int length = form_bytes(form, &g->rng, bytes);
    if (length <= 0 || decode(bytes, (size_t)length, &insn) != length || insn.form != form) return;
    if (is_excluded(&insn) || is_rare(g, insn.op)) return;
    for (unsigned i = 0; i < insn.n_operands; i++) {
        const struct operand *o = &insn.operand[i];
        if (o->reg_class == REG_SEG) return;
        if (o->kind == OPERAND_REG && o->reg_class == REG_GPR && (o->access & ACCESS_WRITE) && is_reserved(g, o->reg)) return;
    }
    if (form_info(form)->flags_read & FLAGS_ALL & ~g->valid) generator_define_flags(g);
    if (!prepare(g, bytes, &insn)) return;
    if (insn.mem.rip_relative && memory_operand(&insn)) {
        const uint64_t target = arena_target(g) - segment_base(g, &insn);
        if (!set_displacement(bytes, &insn, (int64_t)(target - generator_pc(g) - insn.length))) return;
    }
    generator_put(g, bytes, insn.length, PUT_OPTIONAL);
}
