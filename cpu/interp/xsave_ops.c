/* SPDX-License-Identifier: ISC */
/* FXSAVE, FXRSTOR, XSAVE, XSAVEOPT, XSAVEC, XRSTOR on guest memory. Only the bytes that a component
 * owns are touched; all of them are checked before the first is changed. Source: SDM 1 13.7
 * to 13.10; SDM 2. */
#include "cpu/interp/fp.h"
#include "cpu/interp/x87.h"
#include "cpu/xsave.h"

/* The pieces of an image, and sets of them. */
enum piece {
    PIECE_HEAD,
    PIECE_MXCSR,
    PIECE_ST,
    PIECE_XMM,
    PIECE_XSTATE_BV,
    PIECE_XCOMP_BV,
    PIECE_HEADER,
    PIECE_YMM,
    PIECES
};

static const struct {
    uint16_t offset, size;
} PIECE[PIECES] = {
    [PIECE_HEAD] = {0, 24},
    [PIECE_MXCSR] = {XSAVE_AT_MXCSR, 8},
    [PIECE_ST] = {XSAVE_AT_ST, 128},
    [PIECE_XMM] = {XSAVE_AT_XMM, 256},
    [PIECE_XSTATE_BV] = {XSAVE_AT_XSTATE_BV, 8},
    [PIECE_XCOMP_BV] = {XSAVE_AT_XCOMP_BV, 8},
    [PIECE_HEADER] = {XSAVE_AT_XSTATE_BV, 64},
    [PIECE_YMM] = {XSAVE_AT_YMM, 256},
};

enum {
    SET_X87 = 1 << PIECE_HEAD | 1 << PIECE_ST,
    SET_MXCSR = 1 << PIECE_MXCSR,
    SET_XMM = 1 << PIECE_XMM,
    SET_YMM = 1 << PIECE_YMM,
    SET_FXSAVE = SET_X87 | SET_MXCSR | SET_XMM,
    CHUNK = 64,
};

#define XCOMP_COMPACTED (1ull << 63)

struct image {
    _Alignas(8) uint8_t byte[XSAVE_SIZE];
};

static uint64_t image_get64(const struct image *image, unsigned at) {
    uint64_t value;
    memcpy(&value, image->byte + at, 8);
    return value;
}

static void image_put64(struct image *image, unsigned at, uint64_t value) {
    memcpy(image->byte + at, &value, 8);
}

static unsigned chunk_at(enum piece piece, unsigned at) {
    const unsigned left = PIECE[piece].size - at;
    return left < CHUNK ? left : CHUNK;
}

static bool pieces_store(struct cpu *cpu, uint64_t gva, const struct image *image, unsigned set) {
    for (unsigned p = 0; p < PIECES; p++)
        if (set >> p & 1 && !mem_probe_write(cpu, gva + PIECE[p].offset, PIECE[p].size))
            return false;
    for (unsigned p = 0; p < PIECES; p++) {
        if (!(set >> p & 1)) continue;
        for (unsigned at = 0; at < PIECE[p].size; at += CHUNK) {
            const unsigned offset = PIECE[p].offset + at;
            if (!mem_write_slow(cpu, gva + offset, image->byte + offset, chunk_at(p, at)))
                return false;
        }
    }
    return true;
}

static bool pieces_load(struct cpu *cpu, uint64_t gva, struct image *image, unsigned set) {
    for (unsigned p = 0; p < PIECES; p++) {
        if (!(set >> p & 1)) continue;
        for (unsigned at = 0; at < PIECE[p].size; at += CHUNK) {
            const unsigned offset = PIECE[p].offset + at;
            if (!mem_read_slow(cpu, gva + offset, image->byte + offset, chunk_at(p, at)))
                return false;
        }
    }
    return true;
}

/* Fills the pieces of the given components but for MXCSR. */
static void image_fill(const struct cpu_state *s, struct image *image, unsigned components,
                       bool wide) {
    if (components & XCR0_X87) xsave_put_x87(s, image->byte, wide);
    if (components & XCR0_SSE) xsave_put_xmm(s, image->byte);
    if (components & XCR0_AVX) xsave_put_ymm(s, image->byte);
    xsave_put_mxcsr(s, image->byte);
}

static unsigned component_pieces(unsigned components) {
    return (components & XCR0_X87 ? SET_X87 : 0) | (components & XCR0_SSE ? SET_XMM : 0) |
           (components & XCR0_AVX ? SET_YMM : 0);
}

/* #GP(0), unless the address is not even canonical, which is noticed first. */
static const struct uop *raise_unaligned(struct cpu *cpu, const struct uop *u, uint64_t gva) {
    if (!mem_probe_read(cpu, gva, 1) && cpu->exception.fault.kind == MEM_FAULT_NONCANONICAL)
        return uop_raise_memory(cpu, u);
    return uop_raise(cpu, u, EXCEPTION_GP, 0);
}

/* u->dst: pointers in 64-bit form (REX.W), here and below. */
static const struct uop *fxsave(struct cpu *cpu, const struct uop *u) {
    const uint64_t gva = uop_address(cpu, u);
    struct image image;
    if (!is_aligned(gva, 16)) return raise_unaligned(cpu, u, gva);
    fp_sync(cpu);
    image_fill(&cpu->state, &image, XCR0_X87 | XCR0_SSE, u->dst);
    if (!pieces_store(cpu, gva, &image, SET_FXSAVE)) return uop_raise_memory(cpu, u);
    return u + 1;
}

static bool mxcsr_valid(const struct image *image) {
    return !(image_get64(image, XSAVE_AT_MXCSR) & 0xffffffffu & ~(uint64_t)MXCSR_WRITABLE);
}

static void mxcsr_set(struct cpu *cpu, uint32_t mxcsr) {
    cpu->state.mxcsr = mxcsr;
    fp_load(cpu);
}

static const struct uop *fxrstor(struct cpu *cpu, const struct uop *u) {
    const uint64_t gva = uop_address(cpu, u);
    struct image image;
    if (!is_aligned(gva, 16)) return raise_unaligned(cpu, u, gva);
    /* Processors look at the region's end first. */
    if (!mem_probe_read(cpu, gva + FXSAVE_SIZE - 1, 1)) return uop_raise_memory(cpu, u);
    if (!pieces_load(cpu, gva, &image, SET_FXSAVE)) return uop_raise_memory(cpu, u);
    if (!mxcsr_valid(&image)) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    mxcsr_set(cpu, (uint32_t)image_get64(&image, XSAVE_AT_MXCSR));
    xsave_get_x87(&cpu->state, image.byte, u->dst);
    xsave_get_xmm(&cpu->state, image.byte);
    return u + 1;
}

/* The requested-feature bitmap; bits above XCR0 are ignored. */
static unsigned requested(const struct cpu_state *s) {
    return (unsigned)s->gpr[RAX] & XCR0_ALL;
}

/* XSAVE, and XSAVEOPT (u->src), which leaves out what is in its initial state. */
static const struct uop *xsave(struct cpu *cpu, const struct uop *u) {
    const struct cpu_state *s = &cpu->state;
    const uint64_t gva = uop_address(cpu, u);
    fp_sync(cpu);
    const unsigned wanted = requested(s), in_use = xsave_in_use(s);
    const unsigned written = u->src ? wanted & in_use : wanted;
    struct image image;
    if (!is_aligned(gva, 64)) return raise_unaligned(cpu, u, gva);
    if (!pieces_load(cpu, gva, &image, 1 << PIECE_XSTATE_BV)) return uop_raise_memory(cpu, u);
    image_put64(&image, XSAVE_AT_XSTATE_BV,
                (image_get64(&image, XSAVE_AT_XSTATE_BV) & ~(uint64_t)wanted) | (wanted & in_use));
    image_fill(s, &image, written, u->dst);
    const unsigned mxcsr = wanted & (XCR0_SSE | XCR0_AVX) ? SET_MXCSR : 0;
    if (!pieces_store(cpu, gva, &image, component_pieces(written) | mxcsr | 1 << PIECE_XSTATE_BV))
        return uop_raise_memory(cpu, u);
    return u + 1;
}

/* With only these components the compacted form has them where the standard form has. */
static const struct uop *xsavec(struct cpu *cpu, const struct uop *u) {
    const struct cpu_state *s = &cpu->state;
    const uint64_t gva = uop_address(cpu, u);
    fp_sync(cpu);
    const unsigned wanted = requested(s), written = wanted & xsave_in_use(s);
    struct image image;
    if (!is_aligned(gva, 64)) return raise_unaligned(cpu, u, gva);
    image_fill(s, &image, written, u->dst);
    image_put64(&image, XSAVE_AT_XSTATE_BV, written);
    image_put64(&image, XSAVE_AT_XCOMP_BV, wanted | XCOMP_COMPACTED);
    const unsigned set = component_pieces(written) | (written & XCR0_SSE ? SET_MXCSR : 0);
    if (!pieces_store(cpu, gva, &image, set | 1 << PIECE_XSTATE_BV | 1 << PIECE_XCOMP_BV))
        return uop_raise_memory(cpu, u);
    return u + 1;
}

static bool header_is_zero(const struct image *image, unsigned from, unsigned to) {
    for (unsigned at = from; at < to; at += 8)
        if (image_get64(image, XSAVE_AT_XSTATE_BV + at)) return false;
    return true;
}

static bool header_valid(const struct image *image) {
    const uint64_t present = image_get64(image, XSAVE_AT_XSTATE_BV),
                   format = image_get64(image, XSAVE_AT_XCOMP_BV);
    if (!(format & XCOMP_COMPACTED))
        return !(present & ~(uint64_t)XCR0_ALL) && header_is_zero(image, 8, 24);
    return !(format & ~(XCOMP_COMPACTED | XCR0_ALL)) && !(present & ~format) &&
           !(present & XCOMP_COMPACTED) && header_is_zero(image, 16, 64);
}

static void components_restore(struct cpu_state *s, const struct image *image, unsigned wanted,
                               unsigned loaded, bool wide) {
    const unsigned initial = wanted & ~loaded;
    if (loaded & XCR0_X87) xsave_get_x87(s, image->byte, wide);
    if (loaded & XCR0_SSE) xsave_get_xmm(s, image->byte);
    if (loaded & XCR0_AVX) xsave_get_ymm(s, image->byte);
    if (initial & XCR0_X87) xsave_init_x87(s);
    if (initial & XCR0_SSE) xsave_init_xmm(s);
    if (initial & XCR0_AVX) xsave_init_ymm(s);
}

/* MXCSR comes with SSE or AVX and from memory in the standard form; with SSE, and initialized with
 * it, in the compacted one. */
static const struct uop *xrstor(struct cpu *cpu, const struct uop *u) {
    struct cpu_state *s = &cpu->state;
    const uint64_t gva = uop_address(cpu, u);
    const unsigned wanted = requested(s);
    struct image image;
    if (!is_aligned(gva, 64)) return raise_unaligned(cpu, u, gva);
    if (!pieces_load(cpu, gva, &image, 1 << PIECE_HEADER)) return uop_raise_memory(cpu, u);
    if (!header_valid(&image)) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    const bool compacted = image_get64(&image, XSAVE_AT_XCOMP_BV) & XCOMP_COMPACTED;
    const unsigned loaded = wanted & (unsigned)image_get64(&image, XSAVE_AT_XSTATE_BV);
    const bool mxcsr = compacted ? loaded & XCR0_SSE : wanted & (XCR0_SSE | XCR0_AVX);
    if (!pieces_load(cpu, gva, &image, component_pieces(loaded) | (mxcsr ? SET_MXCSR : 0)))
        return uop_raise_memory(cpu, u);
    if (mxcsr && !mxcsr_valid(&image)) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    components_restore(s, &image, wanted, loaded, u->dst);
    if (mxcsr)
        mxcsr_set(cpu, (uint32_t)image_get64(&image, XSAVE_AT_MXCSR));
    else if (wanted & XCR0_SSE)
        mxcsr_set(cpu, MXCSR_INIT);
    return u + 1;
}

static int lower_image(const struct insn *insn, struct uop *u, uop_fn *fn) {
    u->dst = insn->op_size == 8;
    u->src = insn->op == OP_XSAVEOPT;
    u->fn = fn;
    return LOWER_NEXT;
}

int lower_fxsave(const struct insn *insn, struct uop *u) {
    return lower_image(insn, u, fxsave);
}

int lower_fxrstor(const struct insn *insn, struct uop *u) {
    return lower_image(insn, u, fxrstor);
}

int lower_xsave(const struct insn *insn, struct uop *u) {
    return lower_image(insn, u, xsave);
}

int lower_xsavec(const struct insn *insn, struct uop *u) {
    return lower_image(insn, u, xsavec);
}

int lower_xrstor(const struct insn *insn, struct uop *u) {
    return lower_image(insn, u, xrstor);
}
