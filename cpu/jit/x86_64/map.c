/* SPDX-License-Identifier: ISC */
/* Hashes by guest address with open addressing: code by address, and targets of indirect branches with their look-up tables.
 * Guarded by the space's lock; the tables are read by translated code at any time, one aligned word at a time. */
#include "cpu/jit/x86_64/code_space.h"

#include "host/memory.h"

#include <stdlib.h>

enum { BOUNCES = 16 }; /* that widen a table */
enum { LARGE = 64 << 10, HUGE_PAGE = 2 << 20 }; /* bytes */

/* Addresses of 32 bytes of code lie side by side: a unit asks for each of its own. */
static size_t slot_of(const struct jit_map *map, uint64_t pc) {
    const uint64_t hash = (pc >> 5) * 0x9e3779b97f4a7c15ull >> 20;
    return (size_t)(hash * 8 + (pc >> 2 & 7)) & (map->size - 1);
}

struct jit_entry *jit_map_find(struct jit_map *map, uint64_t pc) {
    if (!map->size || !pc) return NULL; /* 0 marks free slots, and no code lies there */
    for (size_t i = slot_of(map, pc);; i = (i + 1) & (map->size - 1)) {
        if (map->slot[i].pc == pc) return map->slot[i].unit == JIT_NONE ? NULL : &map->slot[i];
        if (!map->slot[i].pc) return NULL;
    }
}

void jit_map_fetch(const struct jit_map *map, uint64_t pc) {
    if (map->size) __builtin_prefetch(&map->slot[slot_of(map, pc)], 1);
}

static void put(struct jit_map *map, const struct jit_entry *entry) {
    size_t i = slot_of(map, entry->pc);
    while (map->slot[i].pc && map->slot[i].pc != entry->pc) i = (i + 1) & (map->size - 1);
    if (!map->slot[i].pc) map->used++;
    map->slot[i] = *entry;
}

static size_t count_live(const struct jit_map *map) {
    size_t n = 0;
    for (size_t i = 0; i < map->size; i++) n += map->slot[i].pc && map->slot[i].unit != JIT_NONE;
    return n;
}

/* A large map is touched everywhere at once: all of its memory is taken in one go. */
static bool is_large(size_t size) {
    return size * sizeof(struct jit_entry) >= LARGE;
}

static struct jit_entry *new_slots(size_t size) {
    const size_t bytes = size * sizeof(struct jit_entry);
    if (!is_large(size)) return calloc(size, sizeof(struct jit_entry));
    struct jit_entry *slots = host_memory_map(bytes, HOST_PROT_READ | HOST_PROT_WRITE, 0);
    if (!slots) return NULL;
    if (bytes >= HUGE_PAGE) host_memory_use_huge_pages(slots, bytes);
    host_memory_populate(slots, bytes);
    return slots;
}

static void free_slots(const struct jit_map *map) {
    if (is_large(map->size)) host_memory_unmap(map->slot, map->size * sizeof *map->slot);
    else free(map->slot);
}

/* Twice as big, unless most entries are removed ones, which are dropped on the way. */
static bool grow(struct jit_map *map) {
    struct jit_map bigger = {.size = map->size ? map->size : 128};
    if (count_live(map) * 2 >= map->size) bigger.size *= 2;
    bigger.slot = new_slots(bigger.size);
    if (!bigger.slot) return false;
    for (size_t i = 0; i < map->size; i++)
        if (map->slot[i].pc && map->slot[i].unit != JIT_NONE) put(&bigger, &map->slot[i]);
    free_slots(map);
    *map = bigger;
    return true;
}

bool jit_map_add(struct jit_map *map, uint64_t pc, uint32_t host, uint32_t unit) {
    const struct jit_entry entry = {pc, host, unit};
    if (map->used * 4 >= map->size * 3 && !grow(map)) return false;
    put(map, &entry);
    return true;
}

void jit_map_remove(struct jit_map *map, uint64_t pc) {
    struct jit_entry *entry = jit_map_find(map, pc);
    if (entry) entry->unit = JIT_NONE;
}

static uint64_t *table_slot(const struct jit_targets *targets, uint64_t pc) {
    return &targets->table[pc & *targets->mask];
}

static void set_slot(uint64_t *slot, uint64_t host) {
    __atomic_store_n(slot, host, __ATOMIC_RELEASE);
}

static void clear_table(struct jit_targets *targets, uint64_t mask) {
    for (uint64_t i = 0; i <= mask; i++) set_slot(&targets->table[i], targets->miss);
}

void jit_targets_init(struct jit_targets *targets, uint64_t *mask, uint64_t *table, uint64_t miss, uint64_t code) {
    *targets = (struct jit_targets){.map = targets->map, .mask = mask, .table = table, .miss = miss, .code = code};
    *mask = ((uint64_t)1 << JIT_TABLE_BITS_MIN) - 1;
    clear_table(targets, *mask);
}

/* Twice as many slots: filled first, then used. */
static void widen(struct jit_targets *targets) {
    const uint64_t mask = *targets->mask * 2 + 1;
    for (uint64_t i = *targets->mask + 1; i <= mask; i++) set_slot(&targets->table[i], targets->miss);
    for (size_t i = 0; i < targets->map.size; i++) {
        const struct jit_entry *entry = &targets->map.slot[i];
        if (entry->pc && entry->unit != JIT_NONE) set_slot(&targets->table[entry->pc & mask], targets->code + entry->host);
    }
    __atomic_store_n(targets->mask, mask, __ATOMIC_RELEASE);
    targets->n_bounces = 0;
}

/* A target that has lost its slot to another comes back. */
static void count_bounce(struct jit_targets *targets, uint64_t pc, uint32_t landing) {
    const uint64_t held = *table_slot(targets, pc);
    const bool is_taken = held != targets->miss && held != targets->code + landing;
    targets->n_bounces += is_taken && jit_map_find(&targets->map, pc);
}

bool jit_targets_add(struct jit_targets *targets, uint64_t pc, uint32_t landing, uint32_t unit) {
    count_bounce(targets, pc, landing);
    if (!jit_map_add(&targets->map, pc, landing, unit)) return false;
    const uint64_t full = ((uint64_t)1 << JIT_TABLE_BITS_MAX) - 1;
    const bool is_short = targets->map.used * 2 > *targets->mask || targets->n_bounces >= BOUNCES;
    if (is_short && *targets->mask != full) widen(targets);
    set_slot(table_slot(targets, pc), targets->code + landing);
    return true;
}

void jit_targets_remove(struct jit_targets *targets, uint64_t pc) {
    if (!jit_map_find(&targets->map, pc)) return;
    jit_map_remove(&targets->map, pc);
    set_slot(table_slot(targets, pc), targets->miss);
}

void jit_map_clear(struct jit_map *map) {
    free_slots(map);
    *map = (struct jit_map){0};
}
