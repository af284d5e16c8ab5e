/* SPDX-License-Identifier: ISC */
/* The last step of making a unit, however it was made. */
#pragma once

#include "cpu/jit/x86_64/code_space.h"

/* A unit whose code, records, exits and entry offsets lie behind those of the units before it, but which nobody knows of yet. Its links lead
 * to their stubs. Hosts are offsets in the space's code. */
struct unit_parts {
    uint64_t pc;
    uint32_t start, end, after;      /* code; end: of the instructions, after: of all */
    uint32_t first_exit, first_entry;
    uint32_t n_records, record_bytes;
    enum jit_way way;                /* it starts with a landing for it, */
    uint32_t landing, call_entry;    /* there; call_entry: JIT_BY_CALL */
    const uint32_t *entry_host;      /* of the entries */
    unsigned n_returns;              /* landings of its calls */
    const uint64_t *return_pc;
    const uint32_t *return_host;
    bool jumps;                      /* indirectly */
};

/* Enters the unit's landings in the maps; what is left is to put it into the lists of its pages. Returns its number, or JIT_NONE without
 * memory. */
uint32_t unit_publish(struct jit_space *space, const struct unit_parts *parts);
/* Links the newest unit, which has exits from that one on, with what is known. */
void unit_link(struct jit_space *space, uint32_t first_exit);
