/* SPDX-License-Identifier: ISC */
/* FNSTENV, FLDENV, FNSAVE, FRSTOR: the protected-mode images, 28 or 14 bytes of environment and 80
 * of registers in stack order. FCS and FDS are stored as 0 and their upper halves as ones. Source:
 * SDM 1 8.1.10, figures 8-9, 8-10. */
#include "cpu/interp/x87_env.h"
#include "cpu/interp/x87.h"

enum {
    ENV_SIZE_32 = 28,
    ENV_SIZE_16 = 14,
    REGISTERS_SIZE = 80,
    IMAGE_MAX = ENV_SIZE_32 + REGISTERS_SIZE,
    CHUNK = 64
};

static unsigned tag_of(struct float80 a) {
    const enum float80_class class = float80_classify(a);
    return class == FLOAT80_CLASS_NORMAL ? 0 : class == FLOAT80_CLASS_ZERO ? 1 : 2;
}

uint16_t x87_full_tags(const struct x87 *f) {
    unsigned tags = 0;
    for (unsigned i = 0; i < 8; i++) tags |= (f->ftw >> i & 1 ? tag_of(f->st[i]) : 3) << 2 * i;
    return (uint16_t)tags;
}

uint8_t x87_abridged_tags(uint16_t full) {
    unsigned tags = 0;
    for (unsigned i = 0; i < 8; i++) tags |= (unsigned)((full >> 2 * i & 3) != 3) << i;
    return (uint8_t)tags;
}

static void put32(uint8_t *out, uint32_t value) {
    memcpy(out, &value, 4);
}

static void put16(uint8_t *out, uint16_t value) {
    memcpy(out, &value, 2);
}

static uint32_t get32(const uint8_t *in) {
    uint32_t value;
    memcpy(&value, in, 4);
    return value;
}

static uint16_t get16(const uint8_t *in) {
    uint16_t value;
    memcpy(&value, in, 2);
    return value;
}

static void env_write(const struct x87 *f, bool wide, uint8_t *image) {
    const unsigned step = wide ? 4 : 2;
    if (wide) memset(image, 0xff, ENV_SIZE_32);
    put16(image, f->fcw);
    put16(image + step, f->fsw);
    put16(image + 2 * step, x87_full_tags(f));
    if (wide) {
        put32(image + 12, (uint32_t)f->fip);
        put32(image + 16, (uint32_t)(f->fop & 0x7ff) << 16);
        put32(image + 20, (uint32_t)f->fdp);
        put16(image + 24, 0);
    } else {
        put16(image + 6, (uint16_t)f->fip);
        put16(image + 8, 0);
        put16(image + 10, (uint16_t)f->fdp);
        put16(image + 12, 0);
    }
}

static void env_read(struct x87 *f, bool wide, const uint8_t *image) {
    const unsigned step = wide ? 4 : 2;
    f->fsw = get16(image + step);
    f->ftw = x87_abridged_tags(get16(image + 2 * step));
    f->fip = wide ? get32(image + 12) : get16(image + 6);
    f->fop = wide ? get16(image + 18) & 0x7ff : 0;
    f->fdp = wide ? get32(image + 20) : get16(image + 10);
    x87_set_fcw(f, get16(image));
}

static void registers_write(const struct x87 *f, uint8_t *image) {
    for (unsigned i = 0; i < 8; i++) {
        const struct float80 st = f->st[x87_index(f, i)];
        memcpy(image + 10 * i, &st.mantissa, 8);
        memcpy(image + 10 * i + 8, &st.se, 2);
    }
}

static void registers_read(struct x87 *f, const uint8_t *image) {
    for (unsigned i = 0; i < 8; i++) {
        struct float80 *st = x87_st(f, i);
        memcpy(&st->mantissa, image + 10 * i, 8);
        memcpy(&st->se, image + 10 * i + 8, 2);
    }
}

static bool image_store(struct cpu *cpu, uint64_t gva, const uint8_t *image, unsigned size) {
    if (!mem_probe_write(cpu, gva, size)) return false;
    for (unsigned at = 0; at < size; at += CHUNK)
        if (!mem_write_slow(cpu, gva + at, image + at, size - at < CHUNK ? size - at : CHUNK))
            return false;
    return true;
}

static bool image_load(struct cpu *cpu, uint64_t gva, uint8_t *image, unsigned size) {
    for (unsigned at = 0; at < size; at += CHUNK)
        if (!mem_read_slow(cpu, gva + at, image + at, size - at < CHUNK ? size - at : CHUNK))
            return false;
    return true;
}

/* u->size: bytes of the environment's image. */
static const struct uop *x87_fnstenv(struct cpu *cpu, const struct uop *u) {
    struct x87 *f = &cpu->state.x87;
    uint8_t image[ENV_SIZE_32];
    env_write(f, u->size == ENV_SIZE_32, image);
    if (!image_store(cpu, uop_address(cpu, u), image, u->size)) return uop_raise_memory(cpu, u);
    x87_set_fcw(f, f->fcw | X87_EXCEPTIONS);
    return u + 1;
}

static const struct uop *x87_fldenv(struct cpu *cpu, const struct uop *u) {
    uint8_t image[ENV_SIZE_32];
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    if (!image_load(cpu, uop_address(cpu, u), image, u->size)) return uop_raise_memory(cpu, u);
    env_read(&cpu->state.x87, u->size == ENV_SIZE_32, image);
    return u + 1;
}

static const struct uop *x87_fnsave(struct cpu *cpu, const struct uop *u) {
    struct x87 *f = &cpu->state.x87;
    uint8_t image[IMAGE_MAX];
    env_write(f, u->size == ENV_SIZE_32, image);
    registers_write(f, image + u->size);
    if (!image_store(cpu, uop_address(cpu, u), image, u->size + REGISTERS_SIZE))
        return uop_raise_memory(cpu, u);
    x87_init(f);
    return u + 1;
}

static const struct uop *x87_frstor(struct cpu *cpu, const struct uop *u) {
    struct x87 *f = &cpu->state.x87;
    uint8_t image[IMAGE_MAX];
    if (UNLIKELY(x87_pending(&cpu->state))) return uop_raise(cpu, u, EXCEPTION_MF, 0);
    if (!image_load(cpu, uop_address(cpu, u), image, u->size + REGISTERS_SIZE))
        return uop_raise_memory(cpu, u);
    env_read(f, u->size == ENV_SIZE_32, image);
    registers_read(f, image + u->size);
    return u + 1;
}

static int lower_env(const struct insn *insn, struct uop *u, uop_fn *fn) {
    u->size = insn->op_size == 2 ? ENV_SIZE_16 : ENV_SIZE_32;
    u->fn = fn;
    return LOWER_NEXT;
}

int lower_x87_fnstenv(const struct insn *insn, struct uop *u) {
    return lower_env(insn, u, x87_fnstenv);
}

int lower_x87_fldenv(const struct insn *insn, struct uop *u) {
    return lower_env(insn, u, x87_fldenv);
}

int lower_x87_fnsave(const struct insn *insn, struct uop *u) {
    return lower_env(insn, u, x87_fnsave);
}

int lower_x87_frstor(const struct insn *insn, struct uop *u) {
    return lower_env(insn, u, x87_frstor);
}
