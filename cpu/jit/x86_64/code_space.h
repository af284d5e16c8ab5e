/* SPDX-License-Identifier: ISC */
/* The translated code of one address space, shared by its threads. Everything is guarded by `lock`, except what signal handlers
 * read: units and records never move, and n_units is published after them.
 *
 * Code is only appended; what was translated from changed pages is unlinked, and its room is reused when the whole cache is
 * dropped, which waits until every thread has left it. */
#pragma once

#include "cpu/cpu.h"
#include "base/bits.h"
#include "base/list.h"
#include "cpu/jit/store.h"
#include "cpu/jit/unit.h"
#include "cpu/jit/x86_64/assembler.h"
#include "cpu/jit/x86_64/counter.h"
#include "cpu/jit/x86_64/records.h"
#include "host/code.h"
#include "host/thread.h"
#include "mmu/space.h"

/* Places in [SPACE_HOST_START, SPACE_HOST_END) of the window. Tables are addressed absolutely (in a window with a base: through the
 * host's GS, which holds it), so they lie below 2 GiB. */
#define JIT_CODE_AT SPACE_HOST_START
#define JIT_DATA_AT 0x70000000ull
#define JIT_CODE_SIZE (128u << 20) /* unless cpu->env says otherwise */
#define JIT_CODE_MAX (256u << 20)
/* The last word of the data area, before 1 MiB that stays reserved: a word indexed by bits 47 to 63 of an address is there for a
 * user's addresses only. */
#define JIT_GUARD_AT (JIT_DATA_AT + JIT_DATA_SIZE - 8)

enum {
    JIT_TABLE_BITS_MIN = 9, /* entries of a look-up table in use: grows with the number of targets */
    JIT_TABLE_BITS_MAX = 16,
    JIT_TABLE_SIZE = 8 << JIT_TABLE_BITS_MAX,
    JIT_DATA_SIZE = 8192 + 3 * JIT_TABLE_SIZE,
    JIT_UNIT_MAX_BYTES = 64 * 1024 - 1,
    JIT_UNIT_EXITS = 1024, /* at most */
    JIT_FILTER_BITS = 1 << 19,
    JIT_POPULATE_STEP = 64 * 1024,
    JIT_NONE = 0xffffffff,
    JIT_NO_EXIT = 0xfffffff,
};

/* Counting: the register that counts holds the instructions left less this, so that a unit may run on below zero: from one check of the
 * sign to the next there are at most the instructions of one unit, of another that a return comes to, and of a third one's first block. */
enum { JIT_RESERVE = 3 * UNIT_MAX_INSNS };

enum jit_exit_kind {
    JIT_EXIT_LINK,        /* a direct branch to pc; site is patched once there is code for it */
    JIT_EXIT_CALL,        /* the same of a call */
    JIT_EXIT_SYSCALL,     /* pc: after it */
    JIT_EXIT_INTERPRET,   /* one instruction at pc */
    JIT_EXIT_BUDGET,      /* at pc; less than JIT_RESERVE and a block left */
    JIT_EXIT_JUMP_MISS,   /* thread.jump, where the jump at thread.source goes, is not in the jump table */
    JIT_EXIT_CALL_MISS,   /* the same in the call table; the host's return address is still at RSP */
    JIT_EXIT_RETURN_MISS, /* the same in the return table; the host address is still below RSP */
    JIT_EXIT_KICKED,      /* before the first instruction */
    JIT_EXIT_STOPPED,     /* by a signal, between instructions: thread.fault_rip */
    JIT_EXIT_FAULTED,     /* in the instruction at thread.fault_rip */
    JIT_EXIT_RETURN_FAULTED, /* in the return at thread.fault_rip; the host address is at RSP, where thread.jump was */
};
/* The stub of a miss begins that many bytes earlier for those who come with RCX in R10. */
enum { JIT_MISS_RESTORES = 3 };
/* Exits that every space has; numbers of struct jit_exit. */
enum { JIT_SHARED_EXITS = JIT_EXIT_RETURN_FAULTED + 1 };

struct jit_exit {
    uint64_t pc;
    uint32_t stub;   /* offset of the code that takes the exit */
    uint32_t site;   /* LINK: offset of the branch's rel32 */
    uint32_t unit;   /* LINK: the unit it is linked to, JIT_NONE if not */
    uint32_t next : 28; /* LINK: in that unit's list of links; JIT_NO_EXIT at the end */
    uint32_t kind : 4;
};

struct jit_unit {
    uint64_t pc;
    uint32_t start, end;  /* offsets in the code: of the instructions */
    uint32_t records;     /* where its records begin */
    uint16_t n_records, n_entries; /* entries: addresses of the unit that others may go to */
    uint32_t links;       /* exits linked to here: number of the first, or JIT_NO_EXIT */
    uint32_t page_next[3]; /* the next in the lists of the page it starts in, the one it reaches into, and that of its tails: see jit_page */
    uint32_t entry;       /* where its entry offsets begin */
    uint16_t reach;       /* of the last entry from pc */
    bool dead : 1;
    bool jumps : 1;       /* has an indirect jump: what leads to it may be worth a copy */
    bool weak : 1;        /* begins wherever C went on, so perhaps in the middle of a loop: others are translated over it, none is linked to it */
};

struct jit_page {
    uint64_t gva;
    struct code_page *code; /* borrowed from the space; NULL: free slot */
    uint32_t version;
    uint32_t units;         /* the first unit: 3 * number + which of its page_next continues the list; or JIT_NONE */
    bool is_stale;          /* changed since, or unstable: watch it again before it is translated again */
    uint8_t patience;       /* unstable: how often not to ask */
    bool has_key;
    struct page_key key;    /* of its bytes, for the store */
};

struct jit_entry {
    uint64_t pc;    /* 0: free slot (nothing is ever mapped there) */
    uint32_t host;  /* offset of the code */
    uint32_t unit;
};

struct jit_map {
    struct jit_entry *slot; /* owned */
    size_t size, used;      /* size: a power of two, or 0 */
};

/* What brings the guest to an address. */
enum jit_way { JIT_BY_BRANCH, JIT_BY_JUMP, JIT_BY_CALL, JIT_BY_RETURN };

/* Targets of indirect jumps, of indirect calls, or of returns: landings by guest address, and the table that code looks into, whose slots
 * several addresses may share. */
struct jit_targets {
    struct jit_map map;
    uint64_t *mask, *table; /* in the data area; table: host addresses */
    uint64_t miss;          /* what an empty slot holds */
    uint64_t code;          /* host address of code offset 0 */
    unsigned n_bounces;     /* since the table was widened */
};

/* Numbers of entries that the tables have room for. */
struct jit_limits {
    uint32_t units, record_bytes, exits, entries;
};

struct jit_space {
    struct space_attachment attachment;
    struct host_mutex lock;
    /* immutable */
    uint64_t base;                /* the window's */
    bool counting;                /* code counts instructions and stops at budgets */
    const struct log *log;        /* borrowed; may be NULL */
    struct jit_store *store;      /* borrowed; NULL: units are neither kept for others nor taken */
    struct jit_limits limits;
    void *tables;                 /* owned: filter, units, records, exits, entry_hosts, entry_offsets */
    size_t tables_size;
    struct host_code code;
    uint32_t used, first_unit_at; /* bytes of code: in all, and those of the stubs */
    uint32_t populated;
    size_t tables_populated[5];   /* bytes, of the reservations below in their order */
    uint64_t guest_bytes;         /* that units were made from, since everything was dropped */
    uint32_t n_taken;             /* of those units, from the store */
    uint32_t enter, leave, leave_on_host_stack; /* offsets of the stubs */
    uint32_t read_counter, read_counter_end; /* offsets of the stub that reads a counter; 0: there is none, the interpreter does */
    struct counter_source counters; /* what that stub reads */
    uint64_t checked;             /* space_code_changes at the last jit_space_check */
    _Atomic uint64_t drops;       /* atomic: steps when a unit is dropped, or all are */
    _Atomic uint64_t generation;  /* atomic: steps when everything is dropped, while no thread is native: numbers and addresses die */
    struct jit_entry found;       /* what jit_space_find returns */
    uint64_t *filter;             /* reserved: a bit for the low bits of each entry's address: most questions end here */
    struct jit_page *pages;       /* owned; open addressing */
    size_t n_pages, pages_size;
    struct jit_unit *units;       /* reserved */
    _Atomic uint32_t n_units;     /* atomic: released after the unit */
    uint8_t *records;             /* reserved: packed */
    uint32_t n_record_bytes;
    struct jit_exit *exits;       /* reserved */
    uint32_t n_exits;
    uint32_t *entry_hosts;        /* reserved: what jit_unit.entry counts: offsets of the code */
    uint16_t *entry_offsets;      /* reserved: the same: guest addresses less the unit's */
    uint32_t n_entries;
    struct jit_map call_entries;  /* where direct calls go */
    uint32_t minus;               /* offset of numbers of 128 bits: 0, -1, -2 and so on to -127 */
    uint64_t *high_mask, *sign_mask; /* in the data area: bits 47 to 63; bit 63 */
    struct jit_targets targets[4]; /* by enum jit_way; that of branches is not used */
    _Atomic bool uses_x87;        /* atomic: set before code that does so can run */
    struct unit_plan plan;        /* what is being translated */
    uint64_t tail_page;           /* the other page that its tails may be of; 0: none */
    uint8_t tail_bytes[GUEST_PAGE_SIZE]; /* of the page that its tails are of */
};

/* The code of the space that cpu's TLB is attached to, made at the first call. Returns NULL without memory or place. */
struct jit_space *jit_space_of(struct cpu *cpu);

/* All below: lock held. */

/* All but link and check may drop everything, which waits until every thread has left the code and the interpreter. */

/* Code for pc, translated now if need be; valid until the next call. NULL when there is none to be had (the interpreter then
 * says why). */
const struct jit_entry *jit_space_find(struct jit_space *space, struct cpu *cpu, uint64_t pc);
/* Makes pc a target of indirect branches of that way, if it is none yet, and puts it into the table. */
void jit_space_add_target(struct jit_space *space, struct cpu *cpu, enum jit_way way, uint64_t pc);
/* The same as jit_space_find for a place that no branch leads to: after the interpreter, a kick or a fault. */
const struct jit_entry *jit_space_find_stop(struct jit_space *space, struct cpu *cpu, uint64_t pc);
/* Where direct calls to pc go: translated now if need be; NULL as above. */
const struct jit_entry *jit_space_find_call(struct jit_space *space, struct cpu *cpu, uint64_t pc);
/* Leads the branch of an exit straight to code. */
void jit_space_link(struct jit_space *space, uint32_t exit, const struct jit_entry *to);
/* The unit that code at an offset belongs to, or the last before it; NULL: none. Async-signal-safe; no lock is needed. */
const struct jit_unit *jit_space_unit_at(const struct jit_space *space, uint32_t offset);
/* Unlinks what was translated from pages that have changed since. */
void jit_space_check(struct jit_space *space, const struct cpu *cpu);

/* Touches the memory that comes next, code and tables, in large steps: page by page costs more. */
void jit_space_populate(struct jit_space *space);

/* False: no unit has an entry at pc. */
static inline bool jit_space_may_have(const struct jit_space *space, uint64_t pc) {
    return space->filter[pc % JIT_FILTER_BITS / 64] >> pc % 64 & 1;
}

/* For the translator. */
/* Watches the page of gva; false when there is none, or its code may not be kept. tlb: inside tlb_enter. */
bool jit_space_watch(struct jit_space *space, struct tlb *tlb, uint64_t gva);
/* Whether it has been watched before. */
bool jit_space_has_page(const struct jit_space *space, uint64_t gva);
/* Drops everything unless there is room for a unit and its landings. */
void jit_space_make_room(struct jit_space *space, struct cpu *cpu);
struct jit_entry *jit_map_find(struct jit_map *map, uint64_t pc);
/* Somebody is going to ask for pc soon, or to add it. */
void jit_map_fetch(const struct jit_map *map, uint64_t pc);
bool jit_map_add(struct jit_map *map, uint64_t pc, uint32_t host, uint32_t unit);
void jit_map_remove(struct jit_map *map, uint64_t pc);
/* Adds or refreshes a landing, and puts it into the table, which grows when slots get short. */
bool jit_targets_add(struct jit_targets *targets, uint64_t pc, uint32_t landing, uint32_t unit);
void jit_targets_remove(struct jit_targets *targets, uint64_t pc);
/* data: of the mask; table: of the table; both in the data area. */
void jit_targets_init(struct jit_targets *targets, uint64_t *mask, uint64_t *table, uint64_t miss, uint64_t code);
/* Forgets all entries and gives their memory back; empties the table. */
void jit_map_clear(struct jit_map *map);
uint32_t jit_space_new_exit(struct jit_space *space, enum jit_exit_kind kind, uint64_t pc);
static inline uint64_t jit_space_address(const struct jit_space *space, uint32_t offset) {
    return (uint64_t)(uintptr_t)space->code.exec + offset;
}
static inline uint32_t jit_space_offset(const struct jit_space *space, uint64_t address) {
    return (uint32_t)(address - (uint64_t)(uintptr_t)space->code.exec);
}
/* Where the next code goes. */
static inline struct assembler jit_space_assembler(struct jit_space *space) {
    return (struct assembler){(uint8_t *)space->code.write + space->used,
                              (intptr_t)space->code.exec - (intptr_t)space->code.write, NULL};
}
