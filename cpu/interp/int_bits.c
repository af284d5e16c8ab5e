/* SPDX-License-Identifier: ISC */
/* BT BTS BTR BTC BSF BSR TZCNT LZCNT POPCNT CRC32 ADCX ADOX. */
#include "cpu/interp/locked.h"
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"

/* Bit tests: only CF changes. */
enum { BIT_TEST, BIT_SET, BIT_RESET, BIT_COMPLEMENT };

static uint64_t bit_change(unsigned what, uint64_t a, uint64_t bit) {
    switch (what) {
    case BIT_SET: return a | bit;
    case BIT_RESET: return a & ~bit;
    case BIT_COMPLEMENT: return a ^ bit;
    default: return a;
    }
}

#define BIT_REG(name, what, size)                                                                                  \
    HANDLER(name##size) {                                                                                          \
        struct cpu_state *s = &cpu->state;                                                                         \
        const uint64_t a = reg_get(s, u->dst, size);                                                               \
        const unsigned n = (unsigned)(reg_get(s, u->src, size) + u->imm8) & (bits_of(size) - 1);                   \
        flags_set_cf(s, (a >> n) & 1);                                                                             \
        if (what != BIT_TEST) reg_set(s, u->dst, size, bit_change(what, a, 1ull << n));                            \
        NEXT(cpu, u);                                                                                              \
    }
#define BIT_SIZES(name, what) BIT_REG(name, what, 2) BIT_REG(name, what, 4) BIT_REG(name, what, 8)
BIT_SIZES(bt_r, BIT_TEST)
BIT_SIZES(bts_r, BIT_SET)
BIT_SIZES(btr_r, BIT_RESET)
BIT_SIZES(btc_r, BIT_COMPLEMENT)

/* In memory a register bit offset reaches beyond the operand, by whole operands, within the address size (imm8).
 * dst: what. */
static uint64_t bit_address(const struct cpu *cpu, const struct uop *u, unsigned *n) {
    const unsigned size = u->size, bits = bits_of(size);
    if (u->src == GPR_ZERO) {
        *n = u->imm8 & (bits - 1);
        return uop_address(cpu, u);
    }
    const int64_t offset = (int64_t)sext(reg_get(&cpu->state, u->src, size), size);
    *n = (unsigned)offset & (bits - 1);
    const uint64_t gva = uop_address(cpu, u) + (uint64_t)((offset >> __builtin_ctz(bits)) * (int64_t)size);
    return cpu->state.seg_base[u->seg] + (u->imm8 == 4 ? (uint32_t)gva : gva);
}

HANDLER(bit_m) {
    unsigned n;
    const uint64_t gva = bit_address(cpu, u, &n);
    uint64_t a;
    const bool ok = u->dst == BIT_TEST ? mem_load(cpu, gva, u->size, &a) : mem_load_rw(cpu, gva, u->size, &a);
    if (!ok) return uop_raise_memory(cpu, u);
    if (u->dst != BIT_TEST) mem_store(cpu, gva, u->size, bit_change(u->dst, a, 1ull << n));
    flags_set_cf(&cpu->state, (a >> n) & 1);
    return u + 1;
}

HANDLER(bit_lock) {
    unsigned n;
    struct locked_place place;
    if (!locked_begin(cpu, bit_address(cpu, u, &n), u->size, &place)) return uop_raise_memory(cpu, u);
    uint64_t a = locked_load(&place);
    while (!locked_swap_if(&place, &a, bit_change(u->dst, a, 1ull << n))) {
    }
    locked_end(cpu, &place);
    flags_set_cf(&cpu->state, (a >> n) & 1);
    return u + 1;
}

static int lower_bit(const struct insn *insn, struct uop *u, unsigned what, uop_fn *const fn[4]) {
    const bool memory = insn->operand[0].kind == OPERAND_MEM;
    if (insn->operand[1].kind == OPERAND_REG) {
        u->src = insn->operand[1].reg;
        u->imm8 = memory ? insn->mem.addr_size : 0;
    }
    u->dst = memory ? (uint8_t)what : insn->operand[0].reg;
    u->fn = !memory ? fn[size_index(insn->op_size)] : insn->lock ? bit_lock : bit_m;
    return LOWER_NEXT;
}

#define BIT(lower_name, what, name)                                                                                \
    int lower_name(const struct insn *insn, struct uop *u) {                                                       \
        static uop_fn *const fn[4] = {NULL, name##2, name##4, name##8};                                            \
        return lower_bit(insn, u, what, fn);                                                                       \
    }
BIT(lower_bt, BIT_TEST, bt_r)
BIT(lower_bts, BIT_SET, bts_r)
BIT(lower_btr, BIT_RESET, btr_r)
BIT(lower_btc, BIT_COMPLEMENT, btc_r)

/* Scans and counts: one result from one source. Undefined flags are cleared. */
#define COUNT(name) \
    static ALWAYS_INLINE uint64_t name(struct cpu_state *s, const struct uop *u, unsigned size, uint64_t a)

COUNT(tzcnt) {
    const uint64_t r = a ? (uint64_t)__builtin_ctzll(a) : bits_of(size);
    flags_zf_cf(s, r == 0, a == 0);
    return r;
}

COUNT(lzcnt) {
    const uint64_t r = a ? (uint64_t)__builtin_clzll(a) - (64 - bits_of(size)) : bits_of(size);
    flags_zf_cf(s, r == 0, a == 0);
    return r;
}

COUNT(popcnt) {
    flags_zf_cf(s, a == 0, false);
    return (uint64_t)__builtin_popcountll(a);
}

/* src GPR_ZERO: memory. */
#define COUNT_SIZE(name, size)                                                                                     \
    HANDLER(name##_##size) {                                                                                       \
        struct cpu_state *s = &cpu->state;                                                                         \
        reg_set(s, u->dst, size, name(s, u, size, reg_get(s, u->src, size)));                                      \
        NEXT(cpu, u);                                                                                              \
    }                                                                                                              \
    HANDLER(name##_m##size) {                                                                                      \
        struct cpu_state *s = &cpu->state;                                                                         \
        uint64_t a;                                                                                                \
        if (!mem_load(cpu, uop_address(cpu, u), size, &a)) return uop_raise_memory(cpu, u);                        \
        reg_set(s, u->dst, size, name(s, u, size, a));                                                             \
        return u + 1;                                                                                              \
    }
#define COUNT_OP(name, lower_name)                                                                                 \
    COUNT_SIZE(name, 2)                                                                                            \
    COUNT_SIZE(name, 4)                                                                                            \
    COUNT_SIZE(name, 8)                                                                                            \
    int lower_name(const struct insn *insn, struct uop *u) {                                                       \
        static uop_fn *const table[2][4] = {{NULL, name##_2, name##_4, name##_8},                                  \
                                            {NULL, name##_m2, name##_m4, name##_m8}};                              \
        u->dst = insn->operand[0].reg;                                                                             \
        u->src = insn->operand[1].reg;                                                                             \
        u->fn = table[insn->operand[1].kind == OPERAND_MEM][size_index(insn->op_size)];                            \
        return u->fn ? LOWER_NEXT : LOWER_UD;                                                                      \
    }
COUNT_OP(tzcnt, lower_tzcnt)
COUNT_OP(lzcnt, lower_lzcnt)
COUNT_OP(popcnt, lower_popcnt)

/* BSF and BSR leave the destination as it was, upper half included, when the source is zero. src2: memory. */
static ALWAYS_INLINE const struct uop *bit_scan(struct cpu *cpu, const struct uop *u, bool reverse) {
    struct cpu_state *s = &cpu->state;
    uint64_t a;
    if (!u->src2) a = reg_get(s, u->src, u->size);
    else if (!mem_load(cpu, uop_address(cpu, u), u->size, &a)) return uop_raise_memory(cpu, u);
    flags_zf_cf(s, a == 0, false);
    if (a) reg_set(s, u->dst, u->size, (uint64_t)(reverse ? 63 - __builtin_clzll(a) : __builtin_ctzll(a)));
    return u + 1;
}

HANDLER(bsf) { return bit_scan(cpu, u, false); }
HANDLER(bsr) { return bit_scan(cpu, u, true); }

static int lower_scan(const struct insn *insn, struct uop *u, uop_fn *fn) {
    u->dst = insn->operand[0].reg;
    u->src2 = insn->operand[1].kind == OPERAND_MEM;
    if (!u->src2) u->src = insn->operand[1].reg;
    u->fn = fn;
    return LOWER_NEXT;
}

int lower_bsf(const struct insn *insn, struct uop *u) {
    return lower_scan(insn, u, bsf);
}

int lower_bsr(const struct insn *insn, struct uop *u) {
    return lower_scan(insn, u, bsr);
}

/* CRC-32C, reflected polynomial 0x82f63b78, four bits at a time. */
static uint32_t crc32c(uint32_t crc, uint64_t data, unsigned size) {
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
        0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    for (unsigned i = 0; i < 2 * size; i++, data >>= 4) crc = crc >> 4 ^ table[(crc ^ data) & 15];
    return crc;
}

/* Source size: size; src2: memory. */
HANDLER(crc32) {
    struct cpu_state *s = &cpu->state;
    uint64_t data;
    if (!u->src2) data = reg_get(s, u->src, u->size);
    else if (!mem_load(cpu, uop_address(cpu, u), u->size, &data)) return uop_raise_memory(cpu, u);
    s->gpr[u->dst] = crc32c((uint32_t)s->gpr[u->dst], data, u->size);
    return u + 1;
}

int lower_crc32(const struct insn *insn, struct uop *u) {
    u->dst = insn->operand[0].reg;
    u->src2 = insn->operand[1].kind == OPERAND_MEM;
    if (!u->src2) u->src = lower_gpr(&insn->operand[1]);
    u->size = (uint8_t)insn->operand[1].size;
    u->fn = crc32;
    return LOWER_NEXT;
}

/* Add with the carry in one flag only. src2: memory. */
static ALWAYS_INLINE const struct uop *add_carry(struct cpu *cpu, const struct uop *u, bool overflow_flag) {
    struct cpu_state *s = &cpu->state;
    const unsigned size = u->size;
    uint64_t b;
    if (!u->src2) b = reg_get(s, u->src, size);
    else if (!mem_load(cpu, uop_address(cpu, u), size, &b)) return uop_raise_memory(cpu, u);
    const uint64_t a = reg_get(s, u->dst, size);
    const unsigned __int128 r = (unsigned __int128)a + b + (overflow_flag ? flag_of(s) : flag_cf(s));
    const bool carry = (r >> bits_of(size)) != 0;
    reg_set(s, u->dst, size, (uint64_t)r);
    if (overflow_flag) flags_set_of(s, carry);
    else flags_set_cf(s, carry);
    return u + 1;
}

HANDLER(adcx) { return add_carry(cpu, u, false); }
HANDLER(adox) { return add_carry(cpu, u, true); }

static int lower_add_carry(const struct insn *insn, struct uop *u, uop_fn *fn) {
    u->dst = insn->operand[0].reg;
    u->src2 = insn->operand[1].kind == OPERAND_MEM;
    if (!u->src2) u->src = insn->operand[1].reg;
    u->fn = fn;
    return LOWER_NEXT;
}

int lower_adcx(const struct insn *insn, struct uop *u) {
    return lower_add_carry(insn, u, adcx);
}

int lower_adox(const struct insn *insn, struct uop *u) {
    return lower_add_carry(insn, u, adox);
}
