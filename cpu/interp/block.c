/* SPDX-License-Identifier: ISC */
/* Translation: decode a run of instructions, find dead flags, lower each to uops, add the exits. A block goes on after
 * a branch that is not taken and at the target of a jump; it ends at other transfers, before an instruction of another
 * page, or at its size limit.
 * Its pages are watched before their bytes are read, so no later write is missed. */
#include "cpu/interp/block.h"

#include "cpu/interp/fuse.h"
#include "cpu/interp/interp.h"
#include "cpu/interp/liveness.h"
#include "cpu/interp/lower.h"
#include "mmu/breakpoint.h"

#include <stdlib.h>
#include <string.h>

/* The instructions of a block before lowering. */
struct run {
    uint64_t rip;
    unsigned n;
    struct insn insn[BLOCK_MAX_INSNS];
    uint64_t at[BLOCK_MAX_INSNS];       /* its address */
    bool followed[BLOCK_MAX_INSNS];     /* a jump within the page: the next instruction is its target */
    bool flags_dead[BLOCK_MAX_INSNS];
    int error;                 /* decode_error that insn[n - 1] stands for, or 0 */
    struct cache_page *page[2];
    uint64_t end;              /* where execution goes on after the last */
    const uint8_t *source;     /* if not NULL, instead of memory: n_source bytes from rip on */
    size_t n_source;
};

struct builder {
    struct block *block;
    struct uop *next;          /* where the next uop goes */
    unsigned before;           /* instructions lowered so far */
    unsigned n_branches;
    struct uop *branch[BLOCK_MAX_INSNS]; /* those that leave through ptr */
    int64_t target[BLOCK_MAX_INSNS];
    unsigned retired[BLOCK_MAX_INSNS]; /* instructions up to and with the branch */
    bool ended;                /* no fall-through */
};

static bool watch(struct cpu *cpu, struct run *run, unsigned i, uint64_t gva, struct mem_fault *fault) {
    run->page[i] = cache_page_get(&cpu->interp->cache, &cpu->tlb, gva);
    if (!run->page[i]) *fault = (struct mem_fault){.kind = MEM_FAULT_NO_MEMORY, .access = MEM_EXEC, .gva = gva};
    return run->page[i];
}

static int fetch_from_source(const struct run *run, uint64_t gva, struct insn *insn) {
    const uint64_t offset = gva - run->rip;
    if (offset >= run->n_source) return 0;
    const int length = decode(run->source + offset, run->n_source - offset, insn);
    return length == DECODE_TRUNCATED ? 0 : length;
}

/* Decodes one instruction at gva. Returns its length, a decode_error, or 0 with *fault filled. */
static int fetch_insn(struct cpu *cpu, struct run *run, uint64_t gva, struct insn *insn, struct mem_fault *fault) {
    uint8_t bytes[INSN_MAX_LENGTH];
    if (run->source) return fetch_from_source(run, gva, insn);
    const unsigned rest = GUEST_PAGE_SIZE - (unsigned)(gva % GUEST_PAGE_SIZE);
    size_t n = tlb_fetch(&cpu->tlb, gva, bytes, rest < sizeof bytes ? rest : sizeof bytes, fault);
    if (!n) return 0;
    int length = decode(bytes, n, insn);
    if (length != DECODE_TRUNCATED) return length;
    if (n < rest) return DECODE_TOO_LONG;
    if (!tlb_fetch(&cpu->tlb, gva + n, bytes + n, 1, fault)) return 0;
    if (!watch(cpu, run, 1, gva + n, fault)) return 0;
    n += tlb_fetch(&cpu->tlb, gva + n, bytes + n, sizeof bytes - n, fault);
    length = decode(bytes, n, insn);
    return length == DECODE_TRUNCATED ? 0 : length;
}

static bool ends_run(const struct insn *insn) {
    switch (insn->op) {
    case OP_JMP: case OP_JMP_IND: case OP_JMP_FAR: case OP_CALL: case OP_CALL_IND: case OP_CALL_FAR: case OP_RET:
    case OP_RET_FAR: case OP_IRET: case OP_SYSCALL: case OP_INT: case OP_INT1: case OP_INT3: case OP_HLT:
    case OP_UD0: case OP_UD1: case OP_UD2: case OP_POPF: case OP_LOOP: case OP_LOOPE: case OP_LOOPNE: case OP_JRCXZ:
        return true;
    case OP_JCC: return insn->imm < 0; /* a loop: taken more often than not */
    default: return false;
    }
}

/* Fills run. Returns false with *fault filled when the first instruction cannot be fetched. */
static bool decode_source(struct cpu *cpu, uint64_t rip, unsigned max, const uint8_t *source, size_t n_source, struct run *run,
                          struct mem_fault *fault) {
    run->rip = run->end = rip;
    run->source = source;
    run->n_source = n_source;
    run->n = 0;
    run->error = 0;
    run->page[1] = NULL;
    uint8_t probe;
    if (!tlb_fetch(&cpu->tlb, rip, &probe, 1, fault) || !watch(cpu, run, 0, rip, fault)) return false;
    while (run->n < max && (run->end ^ rip) < GUEST_PAGE_SIZE) {
        if (run->n && space_has_breakpoint(cpu->tlb.space, run->end)) break;
        struct insn *insn = &run->insn[run->n];
        const int length = fetch_insn(cpu, run, run->end, insn, fault);
        if (length == 0) return run->n > 0;
        run->at[run->n] = run->end;
        run->followed[run->n++] = false;
        if (length < 0) {
            *insn = (struct insn){.op = OP_INVALID};
            run->error = length;
            break;
        }
        run->end += (unsigned)length;
        if (insn->op == OP_JMP && ((run->end + (uint64_t)insn->imm) ^ rip) < GUEST_PAGE_SIZE) {
            run->followed[run->n - 1] = true;
            run->end += (uint64_t)insn->imm;
        } else if (ends_run(insn)) {
            break;
        }
    }
    return true;
}

static bool decode_run(struct cpu *cpu, uint64_t rip, unsigned max, struct run *run, struct mem_fault *fault) {
    return decode_source(cpu, rip, max, NULL, 0, run, fault);
}

static struct uop *emit(struct builder *b, const struct uop *from) {
    struct uop *u = b->next++;
    *u = *from;
    u->position = (uint16_t)(u - b->block->uop);
    u->before = (uint16_t)b->before;
    return u;
}

static bool has_mem_operand(const struct insn *insn) {
    for (unsigned i = 0; i < insn->n_operands; i++) {
        if (insn->operand[i].kind == OPERAND_MEM) return true;
    }
    return false;
}

/* Segment base and 32-bit addresses: computed by a uop of their own. */
static void emit_address(struct builder *b, const struct insn *insn, struct uop *u) {
    const bool has_base = u->seg == SEG_FS || u->seg == SEG_GS, narrow = insn->mem.addr_size == 4;
    if (!has_base && !narrow) return;
    struct uop address = *u;
    address.fn = narrow ? uop_address_32 : uop_address_fs;
    address.src = has_base ? u->seg : SEG_DS;
    if (insn->mem.vsib) address.index = GPR_ZERO;
    emit(b, &address);
    u->base = GPR_ADDRESS;
    u->disp = 0;
    if (insn->mem.vsib) return;
    u->index = GPR_ZERO;
    u->scale = 0;
}

/* Those that add something to the address of ModRM, or have none. */
static bool computes_own_address(const struct insn *insn) {
    switch (insn->op) {
    case OP_BT: case OP_BTS: case OP_BTR: case OP_BTC: return insn->operand[1].kind == OPERAND_REG;
    case OP_LEA: case OP_MOVS: case OP_CMPS: case OP_STOS: case OP_LODS: case OP_SCAS: case OP_INS: case OP_OUTS:
    case OP_XLAT: case OP_POP: return true;
    default: return false;
    }
}

/* What the end of block needs to know about a uop that leaves. */
static void note_transfer(struct builder *b, struct uop *u, int kind, uint64_t next, int64_t displacement) {
    b->ended = kind == LOWER_JUMP || kind == LOWER_CALL || kind == LOWER_LEAVE || kind == LOWER_UD;
    if (kind != LOWER_JCC && kind != LOWER_JUMP && kind != LOWER_CALL) return;
    if (kind == LOWER_CALL) u->disp = (int64_t)next;
    b->retired[b->n_branches] = b->before;
    b->target[b->n_branches] = (int64_t)next + displacement;
    b->branch[b->n_branches++] = u;
}

static bool may_store(const struct insn *insn) {
    if (insn->op == OP_INVALID) return false;
    const unsigned faults = form_info(insn->form)->faults;
    if (faults & FAULT_STACK) return true;
    if (!(faults & FAULT_MEMORY)) return false;
    unsigned access = ACCESS_NONE;
    for (unsigned i = 0; i < insn->n_operands; i++) {
        if (insn->operand[i].kind == OPERAND_MEM) access |= insn->operand[i].access;
    }
    return access != ACCESS_READ;
}

/* A jump that the block follows needs no uop, unless the instruction before it may change it: execution resynchronises there. */
static void lower_followed(struct builder *b, const struct run *run, unsigned i) {
    struct uop u;
    if (i > 0 && may_store(&run->insn[i - 1])) {
        lower_common(&run->insn[i], run->at[i], &u);
        u.offset = (int16_t)(run->at[i] - run->rip);
        u.fn = uop_followed;
        emit(b, &u);
    }
    b->before++;
}

static void lower_insn(struct builder *b, const struct run *run, unsigned i) {
    const struct insn *insn = &run->insn[i];
    const uint64_t rip = run->at[i];
    struct uop u;
    b->ended = false;
    if (run->followed[i]) {
        lower_followed(b, run, i);
        return;
    }
    lower_common(insn, rip, &u);
    u.offset = (int16_t)(rip - run->rip);
    if (run->error && i == run->n - 1) {
        u.fn = run->error == DECODE_UD ? uop_ud : uop_gp;
        u.imm = 0;
        emit(b, &u);
        b->ended = true;
        return;
    }
    if (has_mem_operand(insn) && !computes_own_address(insn)) emit_address(b, insn, &u);
    u.src2 = run->flags_dead[i] ? LOWER_FLAGS_DEAD : GPR_ZERO;
    lower_fn *lower = lower_of(insn->op);
    const int kind = lower ? lower(insn, &u) : LOWER_UD;
    if (kind == LOWER_UD) u.fn = uop_ud;
    struct uop *at = emit(b, &u);
    b->before++;
    note_transfer(b, at, kind, rip + insn->length, insn->imm);
}

/* A compare and the branch after it as one uop. */
static bool lower_pair(struct builder *b, const struct run *run, unsigned i) {
    const struct insn *insn = &run->insn[i], *jcc = insn + 1;
    const uint64_t rip = run->at[i];
    if (i + 1 >= run->n || jcc->op != OP_JCC) return false;
    if (has_mem_operand(insn) && (insn->mem.seg >= SEG_FS || insn->mem.addr_size == 4)) return false;
    struct uop u;
    lower_common(insn, rip, &u);
    u.offset = (int16_t)(rip - run->rip);
    if (!fuse_branch(insn, jcc, &u)) return false;
    struct uop *at = emit(b, &u);
    b->before += 2;
    note_transfer(b, at, LOWER_JCC, rip + insn->length + jcc->length, jcc->imm);
    return true;
}

static void lower_run(struct builder *b, struct run *run) {
    struct uop *entry = b->next++;
    *entry = (struct uop){.fn = uop_entry, .imm = (int64_t)run->rip, .before = (uint16_t)run->n};
    for (unsigned i = 0; i < run->n;) {
        if (lower_pair(b, run, i)) {
            i += 2;
        } else {
            lower_insn(b, run, i++);
        }
    }
    b->block->n_body = (uint16_t)(b->next - entry - 1);
}

/* The fall-through, and an exit for each branch. A branch gives back the instructions after it. */
static void add_exits(struct builder *b, const struct run *run, uop_fn *exit) {
    struct uop stub = {.fn = exit, .imm = (int64_t)run->end};
    if (!b->ended) {
        struct uop *u = emit(b, &stub);
        u->disp = (int64_t)(uintptr_t)u;
    }
    for (unsigned i = 0; i < b->n_branches; i++) {
        struct uop *branch = b->branch[i];
        stub.imm = b->target[i];
        stub.disp = (int64_t)(uintptr_t)branch;
        const struct uop *u = emit(b, &stub);
        branch->ptr = u;
        branch->src2 = (uint8_t)(run->n - b->retired[i]);
    }
}

static struct block *finish(struct builder *b, struct run *run, uop_fn *exit) {
    *b->block = (struct block){.page = {run->page[0], run->page[1]}};
    lower_run(b, run);
    add_exits(b, run, exit);
    return b->block;
}

/* A finished block stops at its first instruction if there is a breakpoint. Truncated ones are run by whoever has passed that. */
static struct block *with_breakpoint(const struct cpu *cpu, struct block *block) {
    if (block && space_has_breakpoint(cpu->tlb.space, (uint64_t)block->uop[0].imm)) block->uop[0].fn = uop_entry_break;
    return block;
}

/* Writes to the code are not told. */
static bool is_unstable(const struct run *run) {
    for (unsigned i = 0; i < 2; i++) {
        if (run->page[i] && run->page[i]->version == CODE_UNSTABLE) return true;
    }
    return false;
}

static struct block *build_scratch(struct cpu *cpu, struct run *run, struct mem_fault *fault) {
    struct cache *cache = &cpu->interp->cache;
    liveness_mark(run->insn, run->n, run->flags_dead);
    if (!cache->scratch) cache->scratch = malloc(BLOCK_MAX_BYTES);
    if (!cache->scratch) {
        *fault = (struct mem_fault){.kind = MEM_FAULT_NO_MEMORY, .access = MEM_EXEC, .gva = run->rip};
        return NULL;
    }
    struct builder b = {.block = cache->scratch, .next = cache->scratch->uop};
    return finish(&b, run, uop_exit_once);
}

struct block *block_build_truncated(struct cpu *cpu, uint64_t rip, unsigned n, struct mem_fault *fault) {
    struct run run;
    cache_make_room(&cpu->interp->cache);
    return decode_run(cpu, rip, n, &run, fault) ? build_scratch(cpu, &run, fault) : NULL;
}

/* Up to the first instruction behind which other bytes may have to be looked at. */
static void shorten(struct run *run) {
    for (unsigned i = 0; i < run->n; i++) {
        if (!run->followed[i] && !may_store(&run->insn[i])) continue;
        if (i + 1 < run->n) run->error = 0;
        run->n = i + 1;
        run->followed[i] = false;
        run->end = run->at[i] + run->insn[i].length;
    }
}

/* A block that compares its bytes whenever it is entered. */
static struct block *build_verified(struct cpu *cpu, uint64_t rip, struct mem_fault *fault) {
    struct cache *cache = &cpu->interp->cache;
    uint8_t source[BLOCK_MAX_SOURCE];
    const size_t rest = GUEST_PAGE_SIZE - rip % GUEST_PAGE_SIZE;
    struct run run;
    const size_t n_source = tlb_fetch(&cpu->tlb, rip, source, rest < sizeof source ? rest : sizeof source, fault);
    if (!decode_source(cpu, rip, BLOCK_MAX_INSNS, source, n_source, &run, fault)) return block_build_truncated(cpu, rip, 1, fault);
    shorten(&run);
    liveness_mark(run.insn, run.n, run.flags_dead);
    struct block *block = cache_alloc(cache, BLOCK_MAX_BYTES + BLOCK_MAX_SOURCE);
    if (!block) return block_build_truncated(cpu, rip, 1, fault);
    struct builder b = {.block = block, .next = block->uop};
    finish(&b, &run, uop_exit);
    const size_t n = run.error ? n_source : run.end - rip;
    block->uop[0].fn = uop_entry_verified;
    block->uop[0].disp = (int64_t)(uintptr_t)memcpy(b.next, source, n);
    block->uop[0].size = (uint8_t)n;
    cache_trim(cache, block, (size_t)((char *)b.next - (char *)block) + n);
    cache_insert(cache, block);
    cache_register(block);
    return block;
}

bool block_verify(struct cpu *cpu, const struct uop *entry) {
    uint8_t now[BLOCK_MAX_SOURCE];
    const uint64_t rip = (uint64_t)entry->imm;
    const void *source = (const void *)(uintptr_t)entry->disp;
    struct mem_fault fault;
    const struct tlb_entry *e = tlb_slot(&cpu->tlb, rip);
    const bool hit = e->exec == align_down(rip, GUEST_PAGE_SIZE);
    if (LIKELY(hit)) return memcmp((const void *)(uintptr_t)(rip + e->delta), source, entry->size) == 0;
    return tlb_fetch(&cpu->tlb, rip, now, entry->size, &fault) == entry->size && memcmp(now, source, entry->size) == 0;
}

struct block *block_build(struct cpu *cpu, uint64_t rip, struct mem_fault *fault) {
    struct cache *cache = &cpu->interp->cache;
    struct run run;
    cache_make_room(cache);
    if (!decode_run(cpu, rip, BLOCK_MAX_INSNS, &run, fault)) return NULL;
    if (UNLIKELY(is_unstable(&run))) return with_breakpoint(cpu, build_verified(cpu, rip, fault));
    liveness_mark(run.insn, run.n, run.flags_dead);
    struct block *block = cache_alloc(cache, BLOCK_MAX_BYTES);
    if (!block) {
        *fault = (struct mem_fault){.kind = MEM_FAULT_NO_MEMORY, .access = MEM_EXEC, .gva = rip};
        return NULL;
    }
    struct builder b = {.block = block, .next = block->uop};
    finish(&b, &run, uop_exit);
    cache_trim(cache, block, (size_t)((char *)b.next - (char *)block));
    cache_insert(cache, block);
    cache_register(block);
    return with_breakpoint(cpu, block);
}

struct block *block_build_visited(struct cpu *cpu, uint64_t rip, bool *unstable, struct mem_fault *fault) {
    struct run run;
    cache_make_room(&cpu->interp->cache);
    if (!decode_run(cpu, rip, 1, &run, fault)) return NULL;
    *unstable = is_unstable(&run);
    return with_breakpoint(cpu, *unstable ? build_verified(cpu, rip, fault) : build_scratch(cpu, &run, fault));
}
