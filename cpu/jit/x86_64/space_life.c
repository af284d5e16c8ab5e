/* SPDX-License-Identifier: ISC */
/* The memory of a space's code: made when the first thread asks, dropped and used anew when anything in it is full, freed with the
 * space. Everything is a reservation that is touched only as far as used, so nothing ever moves. */
#include "cpu/jit/x86_64/code_space.h"

#include "base/log.h"
#include "cpu/jit/x86_64/stubs.h"
#include "host/memory.h"

#include <stdlib.h>
#include <string.h>

/* What one unit and its landings may need at most. */
enum { UNIT_RECORD_BYTES = 64 * 1024, UNIT_ENTRIES = 1024 };
/* Bytes of code for each entry of the tables: fewer than compilers' code needs, so the code is what gets full. */
enum { BYTES_PER_UNIT = 64, BYTES_PER_RECORD_BYTE = 2, BYTES_PER_EXIT = 16, BYTES_PER_ENTRY = 16 };

static void log_figures(const struct jit_space *space, const char *event) {
    if (!space->log) return;
    const uint32_t n_units = atomic_load(&space->n_units);
    const size_t tables = n_units * sizeof *space->units + space->n_record_bytes +
                          space->n_exits * sizeof *space->exits + space->n_entries * (sizeof *space->entry_hosts + sizeof *space->entry_offsets);
    size_t maps = space->call_entries.size;
    for (unsigned way = JIT_BY_JUMP; way <= JIT_BY_RETURN; way++) maps += space->targets[way].map.size;
    log_verbose(space->log, "translated code %s: %u units (%u from the store), %llu bytes of guest code, %u of host code, %zu of tables, %zu of maps", event,
                n_units, space->n_taken, (unsigned long long)space->guest_bytes, space->used, tables,
                maps * sizeof(struct jit_entry) + space->pages_size * sizeof *space->pages);
}

static void clear_maps(struct jit_space *space) {
    jit_map_clear(&space->call_entries);
    for (unsigned way = JIT_BY_JUMP; way <= JIT_BY_RETURN; way++) jit_map_clear(&space->targets[way].map);
    free(space->pages);
    space->pages = NULL;
    space->n_pages = space->pages_size = 0;
}

static void free_space(struct space_attachment *attachment) {
    struct jit_space *space = CONTAINER_OF(attachment, struct jit_space, attachment);
    if (space->tables) log_figures(space, "freed");
    host_code_unmap(&space->code);
    host_code_unmap_data((void *)(space->base + JIT_DATA_AT), JIT_DATA_SIZE);
    if (space->tables) host_memory_unmap(space->tables, space->tables_size);
    clear_maps(space);
    host_mutex_fini(&space->lock);
    free(space);
}

static struct jit_limits limits_of(size_t code_size) {
    const uint32_t size = (uint32_t)code_size;
    return (struct jit_limits){.units = size / BYTES_PER_UNIT, .record_bytes = size / BYTES_PER_RECORD_BYTE,
                               .exits = size / BYTES_PER_EXIT, .entries = size / BYTES_PER_ENTRY};
}

static bool make_tables(struct jit_space *space) {
    const struct jit_limits *n = &space->limits;
    const size_t units = n->units * sizeof *space->units, exits = n->exits * sizeof *space->exits,
                 records = align_up(n->record_bytes, 64), hosts = n->entries * sizeof *space->entry_hosts,
                 offsets = n->entries * sizeof *space->entry_offsets;
    space->tables_size = align_up(JIT_FILTER_BITS / 8 + units + exits + records + hosts + offsets, host_page_size());
    char *at = space->tables = host_memory_map(space->tables_size, HOST_PROT_READ | HOST_PROT_WRITE, 0);
    if (!at) return false;
    space->filter = (void *)at;
    at += JIT_FILTER_BITS / 8;
    space->units = (void *)at;
    space->exits = (void *)(at + units);
    space->records = (void *)(at + units + exits);
    space->entry_hosts = (void *)(at + units + exits + records);
    space->entry_offsets = (void *)(at + units + exits + records + hosts);
    return true;
}

static void populate_table(struct jit_space *space, unsigned i, void *table, size_t used) {
    if (used <= space->tables_populated[i]) return;
    char *at = (char *)table + space->tables_populated[i];
    at -= (uintptr_t)at & (host_page_size() - 1);
    const size_t left = (size_t)((char *)space->tables + space->tables_size - at);
    host_memory_populate(at, left < JIT_POPULATE_STEP ? left : JIT_POPULATE_STEP);
    space->tables_populated[i] = (size_t)(at + JIT_POPULATE_STEP - (char *)table);
}

void jit_space_populate(struct jit_space *space) {
    while (space->used > space->populated) {
        host_code_populate(&space->code, space->populated, JIT_POPULATE_STEP);
        space->populated += JIT_POPULATE_STEP;
    }
    populate_table(space, 0, space->units, atomic_load(&space->n_units) * sizeof *space->units);
    populate_table(space, 1, space->exits, space->n_exits * sizeof *space->exits);
    populate_table(space, 2, space->records, space->n_record_bytes);
    populate_table(space, 3, space->entry_hosts, space->n_entries * sizeof *space->entry_hosts);
    populate_table(space, 4, space->entry_offsets, space->n_entries * sizeof *space->entry_offsets);
}

static void start_targets(struct jit_space *space) {
    uint64_t *data = (uint64_t *)(space->base + JIT_DATA_AT);
    static const enum jit_exit_kind miss[] = {[JIT_BY_JUMP] = JIT_EXIT_JUMP_MISS, [JIT_BY_CALL] = JIT_EXIT_CALL_MISS,
                                              [JIT_BY_RETURN] = JIT_EXIT_RETURN_MISS};
    space->high_mask = data;
    space->sign_mask = data + 1;
    data[0] = ~(uint64_t)0 << 47;
    data[1] = (uint64_t)1 << 63;
    for (unsigned way = JIT_BY_JUMP; way <= JIT_BY_RETURN; way++) {
        jit_targets_init(&space->targets[way], data + 8 * way, data + 512 + (way - 1) * (JIT_TABLE_SIZE / 8),
                         jit_space_address(space, space->exits[miss[way]].stub), jit_space_address(space, 0));
    }
}

static int map_code(struct jit_space *space, const struct cpu_env *env, size_t wanted) {
    const size_t size = wanted < JIT_CODE_MAX ? wanted : JIT_CODE_MAX;
    void *at = (void *)(space->base + JIT_CODE_AT);
    return env->is_copied ? host_code_map_private(&space->code, at, size) : host_code_map(&space->code, at, size);
}

static struct jit_space *new_space(const struct cpu *cpu) {
    struct jit_space *space = calloc(1, sizeof *space);
    if (!space) return NULL;
    const size_t wanted = cpu->env->code_limit ? cpu->env->code_limit : JIT_CODE_SIZE;
    space->attachment.free = free_space;
    space->base = space_base(cpu->tlb.space);
    space->log = cpu->env->log;
    space->counting = cpu->env->counting;
    space->store = cpu->env->code_is_saved || space->base ? cpu->env->code_store : NULL;
    space->counters.n_processors = cpu->env->n_processors;
    if (cpu->env->host_counters && !space->counting) host_vdso_find(&space->counters.vdso);
    space->limits = limits_of(wanted < JIT_CODE_MAX ? wanted : JIT_CODE_MAX);
    host_mutex_init(&space->lock);
    if (map_code(space, cpu->env, wanted) != 0) {
        host_mutex_fini(&space->lock);
        free(space);
        return NULL;
    }
    if (host_code_map_data((void *)(space->base + JIT_DATA_AT), JIT_DATA_SIZE) != 0 || !make_tables(space)) {
        free_space(&space->attachment);
        return NULL;
    }
    host_code_populate(&space->code, 0, space->populated = JIT_POPULATE_STEP);
    stubs_write(space);
    start_targets(space);
    return space;
}

/* The place is fixed: no two threads may make it at once. */
static struct space_attachment *make(struct cpu *cpu) {
    struct host_mutex *lock = cpu->env->split_lock;
    if (lock) host_mutex_lock(lock);
    struct space_attachment *attachment = space_attachment(cpu->tlb.space);
    if (!attachment) {
        struct jit_space *space = new_space(cpu);
        if (space) attachment = space_attach(cpu->tlb.space, &space->attachment);
    }
    if (lock) host_mutex_unlock(lock);
    return attachment;
}

struct jit_space *jit_space_of(struct cpu *cpu) {
    struct space_attachment *attachment = space_attachment(cpu->tlb.space);
    if (!attachment) attachment = make(cpu);
    return attachment ? CONTAINER_OF(attachment, struct jit_space, attachment) : NULL;
}

static bool has_room(const struct jit_space *space) {
    const struct jit_limits *n = &space->limits;
    return space->code.size - space->used > 2 * JIT_UNIT_MAX_BYTES && space->n_exits + JIT_UNIT_EXITS < n->exits &&
           space->n_record_bytes + UNIT_RECORD_BYTES < n->record_bytes && space->n_entries + UNIT_ENTRIES < n->entries &&
           atomic_load_explicit(&space->n_units, memory_order_relaxed) + 1 < n->units;
}

/* Nobody runs the code, and who found an address in it before compares the generation when he may run again. The stubs stay. */
static void drop_everything(struct jit_space *space) {
    log_figures(space, "dropped");
    clear_maps(space);
    space->n_exits = JIT_SHARED_EXITS;
    space->n_record_bytes = space->n_entries = 0;
    atomic_store(&space->n_units, 0);
    space->used = space->first_unit_at;
    memset(space->filter, 0, JIT_FILTER_BITS / 8);
    space->guest_bytes = 0;
    space->n_taken = 0;
    space->generation++;
    atomic_fetch_add(&space->drops, 1);
    start_targets(space);
}

void jit_space_make_room(struct jit_space *space, struct cpu *cpu) {
    if (LIKELY(has_room(space))) return;
    space_hold(cpu->tlb.space);
    drop_everything(space);
    space_let_go(cpu->tlb.space);
}
