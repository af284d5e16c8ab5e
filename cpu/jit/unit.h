/* SPDX-License-Identifier: ISC */
/* What is translated in one piece: instructions of one page and the next in address order, from an entry on. Straight code goes on after
 * conditional branches and calls; after an unconditional transfer only if a branch of the unit leads to a place shortly ahead. So
 * a loop or a small function is laid out as its compiler laid it out. */
#pragma once

#include "decoder/decode.h"

enum { UNIT_MAX_INSNS = 160, UNIT_MAX_GAP = 160, UNIT_MAX_HEADS = 4 };
enum { UNIT_MAX_TAIL = 24, UNIT_MAX_COPIES = 64, UNIT_MAX_TAIL_DISTANCE = 0x7000 };

struct unit_insn {
    struct insn insn;
    const struct form_info *info;
    uint64_t pc;
    uint64_t target;     /* of a direct branch, jump or call */
    const uint8_t *bytes; /* in the source */
    uint64_t place;      /* by which the list is in order: pc, of a copy that of the instruction in front of the copies */
    bool is_copy;        /* of a tail: no branch leads here */
};

struct unit_source {
    const uint8_t *bytes; /* from `start` on, as many as are wanted, of no more than two pages */
    size_t n_bytes;
    uint64_t start;       /* the entry */
    uint64_t page_end;    /* of the first page */
    uint64_t end;         /* no instruction begins there or behind */
};

struct unit_plan {
    struct unit_insn insn[UNIT_MAX_INSNS];
    unsigned n;
    bool uses_x87;
    bool crosses_page;    /* there are bytes of the next page in it */
    uint64_t head[UNIT_MAX_HEADS]; /* loops that are entered in the middle, by a jump over this address */
    unsigned n_heads;
};

/* What ends in an indirect jump and may be copied: bytes of one page. */
struct unit_tails {
    const uint8_t *bytes;
    size_t n_bytes;
    uint64_t start;
};

/* Says whether an address has code already: the unit then ends before it. */
typedef bool unit_known_fn(void *arg, uint64_t pc);

/* n is 0 when the first instruction cannot be decoded (or not fetched whole). */
void unit_find(struct unit_plan *plan, const struct unit_source *source, unit_known_fn *known, void *arg);
/* Copies what is at target, up to the indirect jump that it comes to soon, behind instruction i, which goes there. Returns how many
 * instructions that are; 0: it does not, or there is no room. */
unsigned unit_copy_tail(struct unit_plan *plan, unsigned i, uint64_t target, const struct unit_tails *tails);
/* True when a jump has its target copied behind it. */
bool unit_runs_on(const struct unit_plan *plan, unsigned i);
/* The instruction at pc, no copy, or -1. */
int unit_index(const struct unit_plan *plan, uint64_t pc);
/* True when all arithmetic flags are written from insn[i] on before they are read or an exception could show them, as far as the
 * unit tells. */
bool unit_flags_dead(const struct unit_plan *plan, unsigned i);
/* Those of the lost flags that are still lost after the instruction. */
unsigned unit_flags_lost(const struct unit_insn *u, unsigned lost);
/* True when instruction i goes on to the next one in the list. */
bool unit_falls_through(const struct unit_plan *plan, unsigned i);
