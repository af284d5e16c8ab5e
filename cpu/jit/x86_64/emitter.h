/* SPDX-License-Identifier: ISC */
/* The state of one translation, shared by the emit_*.c files. */
#pragma once

#include "cpu/jit/x86_64/code_space.h"
#include "cpu/jit/x86_64/encoding.h"

/* A displacement to an instruction further ahead. */
struct emitter_fixup {
    uint8_t *at;       /* of the displacement, in the writable mapping */
    uint16_t insn;     /* whose branch */
    uint16_t target;   /* instruction */
    bool is_short;
};

/* A branch out of the unit whose other half is not on the straight way. */
struct emitter_cold {
    uint8_t *site;     /* rel32 that leads here, in the writable mapping: stores dirty registers and leaves the unit */
    uint16_t insn;
    uint16_t block;    /* was counted in advance, and of it */
    uint8_t done;      /* instructions have run, the branch included */
};
/* A way into the middle of a unit, from outside. */
struct emitter_entry {
    uint32_t number;   /* in entry_host */
    uint16_t insn;
};

enum emitter_rcx { RCX_IN_PLACE, RCX_IN_R10, RCX_IN_THREAD };

/* Where code leaves because the budget ends. */
struct emitter_out {
    uint8_t *site;     /* rel32 that leads there, in the writable mapping */
    uint16_t insn;     /* where to go on */
    uint16_t block;    /* was counted in advance, and of it */
    uint8_t done;      /* instructions have run; */
    bool inside;       /* or nothing was counted yet, nor R10 and R11 loaded */
    uint8_t rcx;       /* enum emitter_rcx: where the guest's is */
};

struct emitter_link {
    uint32_t exit, site;
};

/* More than any unit has: a few for each instruction. */
enum { EMITTER_MAX_RECORDS = 16 * UNIT_MAX_INSNS };

struct emitter {
    struct jit_space *space;
    struct unit_plan *plan;
    struct assembler a;
    unsigned i;        /* the instruction being translated */
    unsigned cached;   /* JIT_CACHED_*: those of R10 and R11 that the unit uses; host registers hold them inside it */
    unsigned dirty;    /* those it writes, too: stored on every way out */
    unsigned lost;     /* flags that a look at the counter has overwritten, since they are dead: no place to stop */
    uint64_t trampoline; /* a jump to the stub of a miss, near enough for the landing that comes next */
    enum jit_way way;  /* starts with a landing for it */
    uint32_t landing, call_entry;
    uint32_t start, end;
    uint32_t first_exit, first_entry;
    /* emit_count.c */
    unsigned counter;  /* the register that counts inside the unit, or JIT_COUNTER_IN_THREAD */
    const bool *is_target;
    bool is_open;      /* a block has begun */
    unsigned done;     /* instructions of the block before the current one */
    unsigned charge_at, charge_record; /* the block's length is taken off before that instruction; the first record behind that */
    uint8_t *charge;   /* patched with the length; NULL: not emitted yet */
    bool charge_is_negative;
    unsigned n_blocks, n_outs;
    bool overflow;     /* a short displacement did not reach */
    unsigned n_fixups, n_cold, n_links, n_returns, n_entries, n_records;
    /* not zeroed */
    uint32_t host[UNIT_MAX_INSNS];
    bool is_short[UNIT_MAX_INSNS];
    bool checks[UNIT_MAX_INSNS]; /* blocks that look at the sign */
    uint8_t block_length[2 * UNIT_MAX_INSNS];
    struct emitter_out out[2 * UNIT_MAX_INSNS];
    uint32_t entry_host[2 * UNIT_MAX_INSNS];
    struct emitter_fixup fixup[UNIT_MAX_INSNS];
    struct emitter_cold cold[UNIT_MAX_INSNS];
    struct emitter_entry entry[UNIT_MAX_INSNS]; /* to be loaded and entered by code out of the way */
    struct emitter_link link[2 * UNIT_MAX_INSNS + 1];
    uint64_t return_pc[UNIT_MAX_INSNS];   /* landings of this unit's calls */
    uint32_t return_host[UNIT_MAX_INSNS];
    struct jit_record record[EMITTER_MAX_RECORDS];
    struct notes notes;
};

static inline uint32_t emitter_offset(const struct emitter *e) {
    return jit_space_offset(e->space, asm_here(&e->a));
}

/* Code from here on belongs to the current instruction. saved: 1 + the register that thread.saved holds, or 0. */
void emitter_record(struct emitter *e, unsigned saved, bool boundary);
/* The same after emit_spill: host R10 and R11 are free. */
void emitter_record_spilled(struct emitter *e);
/* Stores R10 and R11 where the unit has written them; loads those it uses. Brings the counter to R11, and back. */
void emit_store_dirty(struct emitter *e);
void emit_spill(struct emitter *e);
void emit_fill(struct emitter *e);
/* Leaves the translated code for C, which comes back behind what is emitted next. */
void emit_leave(struct emitter *e, enum jit_exit_kind kind, uint64_t pc);
/* Whether the instruction reads a counter that translated code may read itself; and what it becomes. */
bool emit_reads_counter(const struct emitter *e, const struct unit_insn *u);
void emit_counter(struct emitter *e, const struct unit_insn *u);
/* R11 or R10 when neither the unit nor the counter is in it, else REG_NONE. */
unsigned emitter_idle_register(const struct emitter *e);
/* What comes from outside passes this before the instruction. */
void emit_way_in(struct emitter *e, unsigned insn);
/* The same while RDI and RSI (bits 0 and 1 of biased) hold host addresses. */
void emitter_record_biased(struct emitter *e, unsigned biased);
/* The code that follows is what the map finds for pc. Returns the entry's number. */
uint32_t emitter_entry(struct emitter *e, uint64_t pc);
/* Patches the displacements inside the unit; sets overflow if a short one does not reach. */
void emitter_fix(struct emitter *e);

/* The current instruction. Return false when it must be left to the interpreter. */
bool emit_memory(struct emitter *e);
bool emit_control(struct emitter *e);
/* Whether the conditional branch goes, when it is taken, by code of its own out of the way. */
bool emitter_leaves_by_stub(const struct emitter *e, const struct unit_insn *u);
/* In windows with a base: instructions that have RSP as a register operand, LEAVE, and string instructions. */
bool emit_stack_pointer(struct emitter *e, const struct unit_insn *u);
bool emit_leave_frame(struct emitter *e);
bool emit_string(struct emitter *e, const struct unit_insn *u);
/* A jump to pc, inside the unit or out of it. */
void emit_go_to(struct emitter *e, uint64_t pc);
/* What comes before the first entry, as the unit was first reached. */
void emit_first_landing(struct emitter *e);
/* What was put off until the straight code is complete. */
void emit_cold(struct emitter *e);
