/* SPDX-License-Identifier: ISC */
/* Makes a unit known: to signal handlers, by n_units; to those who look for code, in the maps and tables, and by the lists of its pages. */
#include "cpu/jit/x86_64/publish.h"

#include "cpu/jit/x86_64/pages.h"

static void show_unit(struct jit_space *space, const struct unit_parts *p, uint32_t number) {
    space->units[number] = (struct jit_unit){
        .pc = p->pc, .start = p->start, .end = p->end, .records = space->n_record_bytes, .n_records = (uint16_t)p->n_records,
        .links = JIT_NO_EXIT, .page_next = {JIT_NONE, JIT_NONE, JIT_NONE}, .entry = p->first_entry,
        .n_entries = (uint16_t)(space->n_entries - p->first_entry), .jumps = p->jumps};
    space->n_record_bytes += p->record_bytes;
    atomic_store_explicit(&space->n_units, number + 1, memory_order_release);
    space->used = (p->after + 15) & ~15u;
}

static bool enter_landings(struct jit_space *space, const struct unit_parts *p, uint32_t number) {
    if (p->way == JIT_BY_CALL && !jit_map_add(&space->call_entries, p->pc, p->call_entry, number)) return false;
    if ((p->way == JIT_BY_JUMP || p->way == JIT_BY_CALL) && !jit_targets_add(&space->targets[p->way], p->pc, p->landing, number)) {
        return false;
    }
    for (unsigned i = 0; i < p->n_returns; i++) {
        if (!jit_targets_add(&space->targets[JIT_BY_RETURN], p->return_pc[i], p->return_host[i], number)) return false;
    }
    return true;
}

void unit_link(struct jit_space *space, uint32_t first_exit) {
    for (uint32_t i = first_exit; i < space->n_exits; i++) {
        const struct jit_exit *exit = &space->exits[i];
        const struct jit_entry *entry = NULL;
        struct jit_entry code;
        if (exit->kind == JIT_EXIT_CALL) entry = jit_map_find(&space->call_entries, exit->pc);
        else if (exit->kind == JIT_EXIT_LINK && jit_space_entry(space, exit->pc, &code)) entry = &code;
        if (entry && !space->units[entry->unit].weak) jit_space_link(space, i, entry);
    }
}

/* The map is large, and each address is somewhere else in it: all are fetched before the first is needed. */
static void fetch_maps(const struct jit_space *space, const struct unit_parts *p) {
    for (unsigned i = 0; i < p->n_returns; i++) jit_map_fetch(&space->targets[JIT_BY_RETURN].map, p->return_pc[i]);
}

static void enter_entries(struct jit_space *space, const struct unit_parts *p, uint32_t number) {
    struct jit_unit *unit = &space->units[number];
    for (uint32_t i = p->first_entry; i < space->n_entries; i++) {
        const uint64_t pc = p->pc + space->entry_offsets[i];
        space->entry_hosts[i] = p->entry_host[i - p->first_entry];
        if (space->entry_offsets[i] > unit->reach) unit->reach = space->entry_offsets[i];
        space->filter[pc % JIT_FILTER_BITS / 64] |= (uint64_t)1 << pc % 64;
    }
}

uint32_t unit_publish(struct jit_space *space, const struct unit_parts *p) {
    const uint32_t number = atomic_load_explicit(&space->n_units, memory_order_relaxed);
    show_unit(space, p, number);
    fetch_maps(space, p);
    enter_entries(space, p, number);
    return enter_landings(space, p, number) ? number : JIT_NONE;
}
