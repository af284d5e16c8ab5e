/* SPDX-License-Identifier: ISC */
/* Instructions that ask the machine or leave it: SYSCALL, INT, CPUID, RDTSC, RDRAND, FS and GS bases, segment
 * registers, fences, and everything that is privileged. */
#include "cpu/interp/handler.h"
#include "cpu/interp/ops_int.h"
#include "cpu/model.h"

HANDLER(syscall_) {
    struct cpu_state *s = &cpu->state;
    const uint64_t next = uop_next_rip(cpu, u);
    s->gpr[RCX] = next;
    s->gpr[R11] = rflags_get(s) & ~(uint64_t)RFLAGS_RF;
    return uop_stop(cpu, u, next, EXIT_SYSCALL);
}

/* A trap: the instruction has retired. */
static const struct uop *trap(struct cpu *cpu, const struct uop *u, enum exception_vector vector) {
    cpu->exception = (struct exception){.vector = (uint8_t)vector};
    return uop_stop(cpu, u, uop_next_rip(cpu, u), EXIT_EXCEPTION);
}

HANDLER(int1) { return trap(cpu, u, EXCEPTION_DB); }
HANDLER(int3) { return trap(cpu, u, EXCEPTION_BP); }

/* Only vectors 3 and 4 may be called from user mode. */
HANDLER(int_n) {
    if (u->imm8 == EXCEPTION_BP || u->imm8 == EXCEPTION_OF) return trap(cpu, u, u->imm8);
    return uop_raise(cpu, u, EXCEPTION_GP, u->imm8 * 8u + 2);
}

HANDLER(privileged) { return uop_raise(cpu, u, EXCEPTION_GP, 0); }
HANDLER(undefined) { return uop_raise(cpu, u, EXCEPTION_UD, 0); }

HANDLER(pause_) {
    if (cpu->yield_on_pause) return uop_stop(cpu, u, uop_next_rip(cpu, u), EXIT_YIELD);
    return u + 1;
}

HANDLER(cpuid) {
    struct cpu_state *s = &cpu->state;
    uint32_t out[4];
    cpu_model_leaf(cpu->env->model, (uint32_t)s->gpr[RAX], (uint32_t)s->gpr[RCX], cpu->env->processor_id(cpu->env->arg), out);
    s->gpr[RAX] = out[0];
    s->gpr[RBX] = out[1];
    s->gpr[RCX] = out[2];
    s->gpr[RDX] = out[3];
    return u + 1;
}

static void set_tsc(struct cpu *cpu, const struct uop *u) {
    uop_sync_retired(cpu, u);
    const uint64_t tsc = cpu->env->tsc(cpu->env->arg, cpu->retired);
    cpu->state.gpr[RAX] = (uint32_t)tsc;
    cpu->state.gpr[RDX] = tsc >> 32;
}

HANDLER(rdtsc) {
    set_tsc(cpu, u);
    return u + 1;
}

HANDLER(rdtscp) {
    set_tsc(cpu, u);
    cpu->state.gpr[RCX] = cpu->env->processor_id(cpu->env->arg);
    return u + 1;
}

/* The counter that ECX names, if the machine has it. */
HANDLER(rdpmc) {
    struct cpu_state *s = &cpu->state;
    const struct cpu_env *env = cpu->env;
    uint64_t value;
    uop_sync_retired(cpu, u);
    if (!env->counter || env->counter(env->arg, (uint32_t)s->gpr[RCX], cpu->retired, &value) != 0) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    s->gpr[RAX] = (uint32_t)value;
    s->gpr[RDX] = value >> 32;
    return u + 1;
}

HANDLER(rdpid) {
    cpu->state.gpr[u->dst] = cpu->env->processor_id(cpu->env->arg);
    return u + 1;
}

/* CF says whether there is a number; the destination is 0 if not. */
HANDLER(rdrand) {
    struct cpu_state *s = &cpu->state;
    uint64_t v = 0;
    const bool ok = cpu->env->random(cpu->env->arg, &v) == 0;
    reg_set(s, u->dst, u->size, ok ? v : 0);
    rflags_set_arith(s, ok ? RFLAGS_CF : 0);
    return u + 1;
}

/* Only XCR0 can be read: x87, SSE and AVX state. */
HANDLER(xgetbv) {
    struct cpu_state *s = &cpu->state;
    if ((uint32_t)s->gpr[RCX] != 0) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    s->gpr[RAX] = 7;
    s->gpr[RDX] = 0;
    return u + 1;
}

HANDLER(fence) {
    atomic_thread_fence(memory_order_seq_cst);
    return u + 1;
}

/* Cache line instructions only check the address. */
HANDLER(cache_line) {
    return mem_probe_read(cpu, uop_address(cpu, u), 1) ? u + 1 : uop_raise_memory(cpu, u);
}

/* src: SEG_FS or SEG_GS. */
HANDLER(read_base) {
    reg_set(&cpu->state, u->dst, u->size, cpu->state.seg_base[u->src]);
    return u + 1;
}

HANDLER(write_base) {
    const uint64_t base = reg_get(&cpu->state, u->dst, u->size);
    if ((uint64_t)sign_extend(base, 48) != base) return uop_raise(cpu, u, EXCEPTION_GP, 0);
    cpu->state.seg_base[u->src] = base;
    return u + 1;
}

static int lower_base(const struct insn *insn, struct uop *u, unsigned seg, uop_fn *fn) {
    u->dst = insn->operand[0].reg;
    u->size = insn->op_size == 8 ? 8 : 4;
    u->src = (uint8_t)seg;
    u->fn = fn;
    return LOWER_NEXT;
}

int lower_rdfsbase(const struct insn *insn, struct uop *u) { return lower_base(insn, u, SEG_FS, read_base); }
int lower_rdgsbase(const struct insn *insn, struct uop *u) { return lower_base(insn, u, SEG_GS, read_base); }
int lower_wrfsbase(const struct insn *insn, struct uop *u) { return lower_base(insn, u, SEG_FS, write_base); }
int lower_wrgsbase(const struct insn *insn, struct uop *u) { return lower_base(insn, u, SEG_GS, write_base); }

/* Segments of a Linux user process: null, 64-bit code, data, 32-bit code. */
enum { SELECTOR_CODE32 = 0x23, SELECTOR_DATA = 0x2b, SELECTOR_CODE = 0x33 };

static bool is_null(uint16_t selector) {
    return selector <= 3;
}

/* Data segment registers take null selectors and the data segment; SS only the latter. Loading clears the base. */
static bool segment_load(struct cpu_state *s, unsigned seg, uint16_t selector) {
    if (selector != SELECTOR_DATA && (seg == SEG_SS || !is_null(selector))) return false;
    s->seg_sel[seg] = selector;
    s->seg_base[seg] = 0;
    return true;
}

HANDLER(mov_from_seg) {
    reg_set(&cpu->state, u->dst, u->size, cpu->state.seg_sel[u->src]);
    return u + 1;
}

HANDLER(mov_from_seg_m) {
    const uint64_t selector = cpu->state.seg_sel[u->src];
    return mem_store(cpu, uop_address(cpu, u), 2, selector) ? u + 1 : uop_raise_memory(cpu, u);
}

HANDLER(mov_to_seg) {
    uint64_t v;
    if (u->src != GPR_ZERO) v = cpu->state.gpr[u->src];
    else if (!mem_load(cpu, uop_address(cpu, u), 2, &v)) return uop_raise_memory(cpu, u);
    const uint16_t selector = (uint16_t)v;
    return segment_load(&cpu->state, u->dst, selector) ? u + 1 : uop_raise(cpu, u, EXCEPTION_GP, selector & 0xfffcu);
}

int lower_mov_sreg(const struct insn *insn, struct uop *u) {
    const struct operand *a = &insn->operand[0], *b = &insn->operand[1];
    if (a->reg_class == REG_SEG) {
        u->dst = a->reg;
        if (b->kind == OPERAND_REG) u->src = b->reg;
        u->fn = mov_to_seg;
        return LOWER_NEXT;
    }
    u->src = b->reg;
    if (a->kind == OPERAND_REG) u->dst = a->reg;
    u->fn = a->kind == OPERAND_REG ? mov_from_seg : mov_from_seg_m;
    return LOWER_NEXT;
}

/* src: segment register. The far pointer: offset, then selector. */
HANDLER(load_far) {
    const uint64_t gva = uop_address(cpu, u);
    uint64_t offset, selector;
    if (!mem_load(cpu, gva, u->size, &offset) || !mem_load(cpu, gva + u->size, 2, &selector))
        return uop_raise_memory(cpu, u);
    if (!segment_load(&cpu->state, u->src, (uint16_t)selector))
        return uop_raise(cpu, u, EXCEPTION_GP, (uint32_t)selector & 0xfffcu);
    reg_set(&cpu->state, u->dst, u->size, offset);
    return u + 1;
}

int lower_load_far(const struct insn *insn, struct uop *u) {
    u->dst = insn->operand[0].reg;
    u->src = insn->op == OP_LFS ? SEG_FS : insn->op == OP_LGS ? SEG_GS : SEG_SS;
    u->fn = load_far;
    return LOWER_NEXT;
}

/* LAR LSL VERR VERW know the segments above, at any RPL, and the one whose limit is the processor's number. imm8: which. */
enum { SELECTOR_PROCESSOR = 0x78 };
enum { QUERY_RIGHTS, QUERY_LIMIT, QUERY_READ, QUERY_WRITE };

static bool query_segment(const struct cpu *cpu, uint16_t selector, unsigned what, uint32_t *out) {
    *out = 0xffffffff;
    switch (selector & ~3) {
    case SELECTOR_CODE32 & ~3: *out = what == QUERY_LIMIT ? *out : 0xcffb00; return what != QUERY_WRITE;
    case SELECTOR_DATA & ~3: *out = what == QUERY_LIMIT ? *out : 0xcff300; return true;
    case SELECTOR_CODE & ~3: *out = what == QUERY_LIMIT ? *out : 0xaffb00; return what != QUERY_WRITE;
    case SELECTOR_PROCESSOR:
        *out = what == QUERY_LIMIT ? cpu->env->processor_id(cpu->env->arg) : 0x40f500;
        return what != QUERY_WRITE;
    default: return false;
    }
}

static void set_only_zf(struct cpu_state *s, bool zf) {
    rflags_set_arith(s, (rflags_get(s) & ~(uint64_t)RFLAGS_ZF) | (zf ? RFLAGS_ZF : 0));
}

HANDLER(query) {
    struct cpu_state *s = &cpu->state;
    uint64_t selector;
    uint32_t answer;
    if (u->src != GPR_ZERO) selector = s->gpr[u->src];
    else if (!mem_load(cpu, uop_address(cpu, u), 2, &selector)) return uop_raise_memory(cpu, u);
    const bool known = query_segment(cpu, (uint16_t)selector, u->imm8, &answer);
    if (known && u->imm8 <= QUERY_LIMIT) reg_set(s, u->dst, u->size, answer);
    set_only_zf(s, known);
    return u + 1;
}

static int lower_query(const struct insn *insn, struct uop *u, unsigned what) {
    const struct operand *selector = &insn->operand[what <= QUERY_LIMIT];
    if (what <= QUERY_LIMIT) u->dst = insn->operand[0].reg;
    if (selector->kind == OPERAND_REG) u->src = selector->reg;
    u->imm8 = (uint8_t)what;
    u->fn = query;
    return LOWER_NEXT;
}

int lower_lar(const struct insn *insn, struct uop *u) { return lower_query(insn, u, QUERY_RIGHTS); }
int lower_lsl(const struct insn *insn, struct uop *u) { return lower_query(insn, u, QUERY_LIMIT); }
int lower_verr(const struct insn *insn, struct uop *u) { return lower_query(insn, u, QUERY_READ); }
int lower_verw(const struct insn *insn, struct uop *u) { return lower_query(insn, u, QUERY_WRITE); }

#define SIMPLE(lower_name, handler, kind)                                                                          \
    int lower_name(const struct insn *insn, struct uop *u) {                                                       \
        u->fn = handler;                                                                                           \
        return kind;                                                                                               \
    }
SIMPLE(lower_syscall, syscall_, LOWER_LEAVE)
SIMPLE(lower_int, int_n, LOWER_LEAVE)
SIMPLE(lower_int1, int1, LOWER_LEAVE)
SIMPLE(lower_int3, int3, LOWER_LEAVE)
SIMPLE(lower_undefined, undefined, LOWER_LEAVE)
SIMPLE(lower_hlt, privileged, LOWER_LEAVE)
SIMPLE(lower_privileged, privileged, LOWER_NEXT)
SIMPLE(lower_pause, pause_, LOWER_NEXT)
SIMPLE(lower_cpuid, cpuid, LOWER_NEXT)
SIMPLE(lower_rdtsc, rdtsc, LOWER_NEXT)
SIMPLE(lower_rdtscp, rdtscp, LOWER_NEXT)
SIMPLE(lower_rdpmc, rdpmc, LOWER_NEXT)
SIMPLE(lower_xgetbv, xgetbv, LOWER_NEXT)
SIMPLE(lower_fence, fence, LOWER_NEXT)
SIMPLE(lower_cache_line, cache_line, LOWER_NEXT)

static int lower_one_register(const struct insn *insn, struct uop *u, uop_fn *fn) {
    u->dst = insn->operand[0].reg;
    u->fn = fn;
    return LOWER_NEXT;
}

int lower_rdpid(const struct insn *insn, struct uop *u) { return lower_one_register(insn, u, rdpid); }
int lower_rdrand(const struct insn *insn, struct uop *u) { return lower_one_register(insn, u, rdrand); }
