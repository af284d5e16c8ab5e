/* SPDX-License-Identifier: ISC */
/* MOVS CMPS STOS LODS SCAS, with and without REP. A repeated instruction counts as one and is restartable: a fault or
 * a kick leaves RCX, RSI, RDI where it got to and RIP at the instruction. MOVS and STOS go page by page. */
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"

enum { REPEAT_NONE, REPEAT_E, REPEAT_NE }; /* u->src2 */

/* u->size: element; u->src: segment register of the [RSI] operand (SEG_DS: base 0); u->imm8: address size, 4 or 8. */
static ALWAYS_INLINE uint64_t index_get(const struct cpu *cpu, const struct uop *u, unsigned reg) {
    return reg_get(&cpu->state, reg, u->imm8 == 4 ? 4 : 8);
}

static ALWAYS_INLINE void index_set(struct cpu *cpu, const struct uop *u, unsigned reg, uint64_t v) {
    reg_set(&cpu->state, reg, u->imm8 == 4 ? 4 : 8, v);
}

static ALWAYS_INLINE uint64_t source(const struct cpu *cpu, const struct uop *u) {
    return cpu->state.seg_base[u->src] + index_get(cpu, u, RSI);
}

static ALWAYS_INLINE uint64_t step_of(const struct cpu *cpu, const struct uop *u) {
    return cpu->state.rflags_other & RFLAGS_DF ? -(uint64_t)u->size : u->size;
}

static ALWAYS_INLINE void move_index(struct cpu *cpu, const struct uop *u, unsigned reg, uint64_t step) {
    index_set(cpu, u, reg, index_get(cpu, u, reg) + step);
}

/* One element of each operation. Returns false on a fault, with nothing changed. */
typedef bool step_fn(struct cpu *cpu, const struct uop *u);

static bool step_movs(struct cpu *cpu, const struct uop *u) {
    uint64_t v;
    if (!mem_load(cpu, source(cpu, u), u->size, &v)) return false;
    if (!mem_store(cpu, index_get(cpu, u, RDI), u->size, v)) return false;
    move_index(cpu, u, RSI, step_of(cpu, u));
    move_index(cpu, u, RDI, step_of(cpu, u));
    return true;
}

static bool step_stos(struct cpu *cpu, const struct uop *u) {
    if (!mem_store(cpu, index_get(cpu, u, RDI), u->size, reg_get(&cpu->state, RAX, u->size))) return false;
    move_index(cpu, u, RDI, step_of(cpu, u));
    return true;
}

static bool step_lods(struct cpu *cpu, const struct uop *u) {
    uint64_t v;
    if (!mem_load(cpu, source(cpu, u), u->size, &v)) return false;
    reg_set(&cpu->state, RAX, u->size, v);
    move_index(cpu, u, RSI, step_of(cpu, u));
    return true;
}

static bool step_cmps(struct cpu *cpu, const struct uop *u) {
    uint64_t a, b;
    if (!mem_load(cpu, source(cpu, u), u->size, &a)) return false;
    if (!mem_load(cpu, index_get(cpu, u, RDI), u->size, &b)) return false;
    flags_sub(&cpu->state, u->size, a, b, a - b);
    move_index(cpu, u, RSI, step_of(cpu, u));
    move_index(cpu, u, RDI, step_of(cpu, u));
    return true;
}

static bool step_scas(struct cpu *cpu, const struct uop *u) {
    const uint64_t a = reg_get(&cpu->state, RAX, u->size);
    uint64_t b;
    if (!mem_load(cpu, index_get(cpu, u, RDI), u->size, &b)) return false;
    flags_sub(&cpu->state, u->size, a, b, a - b);
    move_index(cpu, u, RDI, step_of(cpu, u));
    return true;
}

static bool is_kicked(struct cpu *cpu) {
    return atomic_load_explicit(&cpu->tlb.kick, memory_order_relaxed) != 0;
}

/* The flags after a fault are those before the whole instruction. */
static const struct uop *raise_with_flags(struct cpu *cpu, const struct uop *u, uint64_t flags) {
    rflags_set_arith(&cpu->state, flags);
    return uop_raise_memory(cpu, u);
}

static ALWAYS_INLINE const struct uop *repeat(struct cpu *cpu, const struct uop *u, step_fn *step, bool compares) {
    const uint64_t flags = compares ? rflags_get(&cpu->state) : 0;
    while (index_get(cpu, u, RCX)) {
        if (!step(cpu, u)) return compares ? raise_with_flags(cpu, u, flags) : uop_raise_memory(cpu, u);
        move_index(cpu, u, RCX, -1ull);
        if (compares && flag_zf(&cpu->state) != (u->src2 == REPEAT_E)) break;
        if (UNLIKELY(is_kicked(cpu)) && index_get(cpu, u, RCX)) return uop_restart(cpu, u);
    }
    return u + 1;
}

/* Elements from gva on, in the direction of the copy, that lie in its page; gva is the first element. */
static uint64_t page_elements(uint64_t gva, unsigned size, bool down) {
    const uint64_t offset = gva % GUEST_PAGE_SIZE;
    if (!down) return (GUEST_PAGE_SIZE - offset) / size;
    return offset + size <= GUEST_PAGE_SIZE ? offset / size + 1 : 0;
}

/* Copies n bytes in elements as if one by one: an overlap in the direction of the copy repeats what was written. */
static void copy(uint8_t *to, const uint8_t *from, size_t n, unsigned size, bool down) {
    const bool repeats = down ? from > to && from < to + n : to > from && to < from + n;
    if (!repeats) {
        memmove(to, from, n);
    } else if (down) {
        for (size_t i = n; i > 0; i -= size) host_store(to + i - size, size, host_load(from + i - size, size));
    } else {
        for (size_t i = 0; i < n; i += size) host_store(to + i, size, host_load(from + i, size));
    }
}

static void fill(uint8_t *to, uint64_t v, size_t n, unsigned size) {
    if (size == 1) {
        memset(to, (int)(v & 0xff), n);
        return;
    }
    for (size_t i = 0; i < n; i += size) host_store(to + i, size, v);
}

static const void *pin_read(struct cpu *cpu, uint64_t gva, unsigned n) {
    const void *p = mem_read_hit(cpu, gva, 1);
    return p ? p : mem_pin_read(cpu, gva, n);
}

/* Elements done at once: 0 when the next one crosses a page or faults, which the step then finds. */
static uint64_t bulk(struct cpu *cpu, const struct uop *u, bool moves) {
    const unsigned size = u->size;
    const bool down = (cpu->state.rflags_other & RFLAGS_DF) != 0;
    uint64_t to = index_get(cpu, u, RDI), from = source(cpu, u), n = page_elements(to, size, down);
    if (moves && n > page_elements(from, size, down)) n = page_elements(from, size, down);
    if (n > index_get(cpu, u, RCX)) n = index_get(cpu, u, RCX);
    if (!n || (u->imm8 == 4 && (to + GUEST_PAGE_SIZE) >> 32)) return 0;
    if (down) {
        to -= (n - 1) * size;
        from -= (n - 1) * size;
    }
    const uint8_t *src = moves ? pin_read(cpu, from, (unsigned)(n * size)) : NULL;
    if (moves && !src) return 0;
    uint8_t *dst = mem_write_hit(cpu, to, 1);
    const bool slow = !dst;
    if (slow && !(dst = mem_pin_write(cpu, to, (unsigned)(n * size)))) return 0;
    if (moves) copy(dst, src, n * size, size, down);
    else fill(dst, reg_get(&cpu->state, RAX, size), n * size, size);
    if (slow) mem_written(cpu, to, (unsigned)n * size);
    return n;
}

static ALWAYS_INLINE const struct uop *repeat_bulk(struct cpu *cpu, const struct uop *u, step_fn *step, bool moves) {
    while (index_get(cpu, u, RCX)) {
        uint64_t n = bulk(cpu, u, moves);
        if (n) {
            move_index(cpu, u, RDI, n * step_of(cpu, u));
            if (moves) move_index(cpu, u, RSI, n * step_of(cpu, u));
        } else {
            if (!step(cpu, u)) return uop_raise_memory(cpu, u);
            n = 1;
        }
        move_index(cpu, u, RCX, -n);
        if (UNLIKELY(is_kicked(cpu)) && index_get(cpu, u, RCX)) return uop_restart(cpu, u);
    }
    return u + 1;
}

#define ONCE(name)                                                                                                 \
    HANDLER(name##_once) {                                                                                         \
        return step_##name(cpu, u) ? u + 1 : uop_raise_memory(cpu, u);                                             \
    }
ONCE(movs)
ONCE(stos)
ONCE(lods)
ONCE(cmps)
ONCE(scas)

HANDLER(movs_rep) { return repeat_bulk(cpu, u, step_movs, true); }
HANDLER(stos_rep) { return repeat_bulk(cpu, u, step_stos, false); }
HANDLER(lods_rep) { return repeat(cpu, u, step_lods, false); }
HANDLER(cmps_rep) { return repeat(cpu, u, step_cmps, true); }
HANDLER(scas_rep) { return repeat(cpu, u, step_scas, true); }

static int lower_string(const struct insn *insn, struct uop *u, uop_fn *once, uop_fn *rep) {
    const bool has_base = insn->mem.seg == SEG_FS || insn->mem.seg == SEG_GS;
    u->src = has_base ? insn->mem.seg : SEG_DS;
    u->seg = SEG_DS;
    u->imm8 = insn->addr_size;
    u->src2 = insn->rep == REP_NE ? REPEAT_NE : insn->rep == REP_E ? REPEAT_E : REPEAT_NONE;
    u->fn = insn->rep ? rep : once;
    return LOWER_NEXT;
}

#define STRING(lower_name, name)                                                                                   \
    int lower_name(const struct insn *insn, struct uop *u) {                                                       \
        return lower_string(insn, u, name##_once, name##_rep);                                                     \
    }
STRING(lower_movs, movs)
STRING(lower_stos, stos)
STRING(lower_lods, lods)
STRING(lower_cmps, cmps)
STRING(lower_scas, scas)

/* XLAT: AL = [RBX + AL]. */
HANDLER(xlat) {
    struct cpu_state *s = &cpu->state;
    uint64_t gva = s->gpr[RBX] + reg_get(s, 0, 1), v;
    if (u->imm8 == 4) gva = (uint32_t)gva;
    if (!mem_load(cpu, s->seg_base[u->src] + gva, 1, &v)) return uop_raise_memory(cpu, u);
    reg_set(s, 0, 1, v);
    return u + 1;
}

int lower_xlat(const struct insn *insn, struct uop *u) {
    return lower_string(insn, u, xlat, xlat);
}
