/* SPDX-License-Identifier: ISC */
/* Lowering of the instructions that the shared handlers do: picks the semantic function by op and vector size, the handler
 * by where b comes from and where the result goes. */
#include "cpu/interp/vec.h"
#include "cpu/interp/vec_handler.h"
#include "cpu/interp/vec_hot.h"

#define FNS_MXY(name) {vec_##name##_8, vec_##name##_16, vec_##name##_32}
#define FNS_XY(name) {NULL, vec_##name##_16, vec_##name##_32}
#define FNS_A(name) {vec_##name, vec_##name, vec_##name}

static const void *const semantics[OP_COUNT][3] = {
#define LOWER(op, fn)
#define VECTOR(op, kind, sizes, name) [OP_##op] = FNS_##sizes(name),
#include "cpu/interp/ops_vector.def"
#undef LOWER
};

const void *vec_semantic(uint16_t op, unsigned vector_size) {
    return semantics[op][vector_size >> 4];
}

static bool is_vector(const struct operand *o) {
    return o->reg_class == REG_XMM || o->reg_class == REG_YMM || o->reg_class == REG_MMX;
}

/* The operands as SDM writes them, immediates and implicit XMM0 apart. */
struct shape {
    const struct operand *result, *source[3];
    unsigned n_sources;
    bool imm;
};

static struct shape shape_of(const struct insn *insn) {
    struct shape s = {.result = &insn->operand[0]};
    for (unsigned i = 1; i < insn->n_operands; i++) {
        const struct operand *o = &insn->operand[i];
        if (o->kind == OPERAND_IMM)
            s.imm = true;
        else if (!o->implicit && s.n_sources < 3)
            s.source[s.n_sources++] = o;
    }
    return s;
}

static enum vec_source source_of(const struct insn *insn, const struct operand *o, struct uop *u) {
    if (o->kind == OPERAND_MEM) {
        if (o->size == 32) return SOURCE_MEM32;
        if (o->size == 16) return insn->vex ? SOURCE_MEM16 : SOURCE_MEM16A;
        u->size = (uint8_t)o->size;
        return SOURCE_MEM;
    }
    u->src2 = o->reg;
    if (o->reg_class == REG_MMX) return SOURCE_MMX;
    return is_vector(o) ? SOURCE_VEC : SOURCE_GPR;
}

static enum vec_result result_of(const struct insn *insn, const struct operand *o, struct uop *u) {
    if (o->kind == OPERAND_MEM) {
        u->size = (uint8_t)o->size;
        return RESULT_MEM;
    }
    u->dst = o->reg;
    if (o->reg_class == REG_MMX) return RESULT_MMX;
    if (o->reg_class == REG_YMM) return RESULT_FULL;
    return insn->vex ? RESULT_ZERO : RESULT_KEEP;
}

static int finish(struct uop *u, uop_fn *fn) {
    u->fn = fn;
    return fn && u->ptr ? LOWER_NEXT : LOWER_UD;
}

/* With two sources a is the first; with one, the result register itself. */
static int lower3(const struct insn *insn, struct uop *u, bool fp) {
    const struct shape s = shape_of(insn);
    if (s.n_sources == 0) return LOWER_UD;
    const struct operand *a = s.n_sources > 1 ? s.source[0] : s.result;
    const enum vec_source source = source_of(insn, s.source[s.n_sources > 1 ? 1 : 0], u);
    const enum vec_result result = result_of(insn, s.result, u);
    u->src = is_vector(a) ? a->reg : 0;
    u->ptr = vec_semantic(insn->op, insn->vector_size);
    uop_fn *const hot = vec_hot_handler(u->ptr, result, source);
    return finish(u, hot ? hot : vec3_handler[fp][result][source]);
}

/* c: the fourth operand, XMM0, or for the fused operations the result register. */
static int lower4(const struct insn *insn, struct uop *u, bool fp) {
    const struct shape s = shape_of(insn);
    if (s.n_sources == 0) return LOWER_UD;
    const bool fused = fp;
    const struct operand *a = s.n_sources > 1 ? s.source[0] : s.result;
    const enum vec_source source = source_of(insn, s.source[s.n_sources > 1 ? 1 : 0], u);
    const enum vec_result result = result_of(insn, s.result, u);
    u->src = a->reg;
    u->imm8 = fused ? s.result->reg : s.n_sources > 2 ? s.source[2]->reg : 0;
    u->ptr = vec_semantic(insn->op, insn->vector_size);
    uop_fn *const hot = vec_hot_handler(u->ptr, result, source);
    return finish(u, hot ? hot : vec4_handler[fp][result][source]);
}

static int lower_value(const struct insn *insn, struct uop *u, bool fp) {
    const struct shape s = shape_of(insn);
    if (s.n_sources == 0) return LOWER_UD;
    const enum vec_source source = source_of(insn, s.source[0], u);
    const bool memory = s.result->kind == OPERAND_MEM;
    u->dst = s.result->reg;
    if (source != SOURCE_MEM) u->size = (uint8_t)s.result->size;
    if (fp) u->imm8 = (uint8_t)s.result->size;
    u->ptr = vec_semantic(insn->op, insn->vector_size);
    uop_fn *const hot = memory ? NULL : vec_hot_value_handler(u->ptr, source);
    return finish(u, hot ? hot : vec_value_handler[fp][memory ? VALUE_MEM : VALUE_GPR][source]);
}

static int lower_flags(const struct insn *insn, struct uop *u, bool fp) {
    const struct shape s = shape_of(insn);
    if (s.n_sources == 0) return LOWER_UD;
    const enum vec_source source = source_of(insn, s.source[0], u);
    u->dst = s.result->reg;
    u->ptr = vec_semantic(insn->op, insn->vector_size);
    uop_fn *const hot = vec_hot_flags_handler(u->ptr, source);
    return finish(u, hot ? hot : vec_flags_handler[fp][source]);
}

int lower_vec_V3(const struct insn *insn, struct uop *u) {
    if (insn->op == OP_INSERTPS && insn->operand[insn->n_operands - 2].kind == OPERAND_MEM) u->imm8 &= 0x3f;
    if (insn->op == OP_PINSRW && insn->vector_size == 8) u->imm8 &= 3;
    return lower3(insn, u, false);
}

static bool is_compare(uint16_t op) {
    return op == OP_CMPPS || op == OP_CMPPD || op == OP_CMPSS || op == OP_CMPSD;
}

int lower_vec_F3(const struct insn *insn, struct uop *u) {
    if (is_compare(insn->op)) u->imm8 &= insn->vex ? 31 : 7;
    return lower3(insn, u, true);
}

/* The semantic function sees a 64-bit value; imm8 tells it how wide the source really is. */
int lower_vec_FSI(const struct insn *insn, struct uop *u) {
    u->imm8 = (uint8_t)insn->operand[insn->n_operands - 1].size;
    return lower3(insn, u, true);
}

int lower_vec_V4(const struct insn *insn, struct uop *u) {
    return lower4(insn, u, false);
}

int lower_vec_F4(const struct insn *insn, struct uop *u) {
    return lower4(insn, u, true);
}

int lower_vec_G(const struct insn *insn, struct uop *u) {
    if (insn->op == OP_PEXTRW && insn->vector_size == 8) u->imm8 &= 3;
    return lower_value(insn, u, false);
}

int lower_vec_FG(const struct insn *insn, struct uop *u) {
    return lower_value(insn, u, true);
}

int lower_vec_FL(const struct insn *insn, struct uop *u) {
    return lower_flags(insn, u, false);
}

int lower_vec_FFL(const struct insn *insn, struct uop *u) {
    return lower_flags(insn, u, true);
}

/* A shift by an immediate: the immediate is b, the last register a. */
int lower_vec_SH(const struct insn *insn, struct uop *u) {
    const struct shape s = shape_of(insn);
    if (!s.imm) return lower3(insn, u, false);
    const enum vec_result result = result_of(insn, s.result, u);
    u->src = s.n_sources ? s.source[0]->reg : s.result->reg;
    u->ptr = vec_semantic(insn->op, insn->vector_size);
    return finish(u, vec3_handler[0][result][SOURCE_IMM]);
}

int lower_vec_PI(const struct insn *insn, struct uop *u) {
    static vec_fn *const imm[2][2] = {{vec_vpermilps_imm_16, vec_vpermilps_imm_32},
                                      {vec_vpermilpd_imm_16, vec_vpermilpd_imm_32}};
    const bool has_imm = shape_of(insn).imm;
    const int answer = lower3(insn, u, false);
    if (has_imm) u->ptr = imm[insn->op == OP_VPERMILPD][insn->vector_size == 32];
    return answer;
}
