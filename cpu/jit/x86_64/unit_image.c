/* SPDX-License-Identifier: ISC */
/* An image is a head and the parts that it counts, one behind the other: exits, entries, returns, notes, records, code. Places in the
 * code count from the unit's start, guest addresses from its entry. */
#include "cpu/jit/x86_64/unit_image.h"

#include <stdlib.h>
#include <string.h>

enum { CROSSES = 1, USES_X87 = 2, JUMPS = 4, LINE = 64 };

struct image {
    struct jit_image head;
    uint64_t pc;               /* that it was made for */
    struct page_key key[IMAGE_PAGES];
    int64_t tail_page;         /* distance from the page that it begins in; 0: none */
    uint32_t start, first_exit; /* that it was made with */
    uint16_t code, end;        /* bytes */
    uint16_t n_exits, n_entries, n_returns, n_notes, n_records, record_bytes;
    uint16_t landing, call_entry, guest_bytes;
    uint8_t way, flags;
};

struct image_exit {
    int64_t pc;                /* from the unit's */
    uint16_t stub, site;
    uint8_t kind;
};

struct image_place {
    uint16_t guest, host;
};

/* The parts of an image, to be read or written. */
struct layout {
    struct image_exit *exits;
    struct image_place *entries, *returns;
    uint16_t *notes;
    uint8_t *records, *code;
    size_t size;
};

static struct layout layout_of(const struct image *image) {
    char *at = (char *)(uintptr_t)(image + 1);
    struct layout l;
    l.exits = (void *)at;
    l.entries = (void *)(l.exits + image->n_exits);
    l.returns = l.entries + image->n_entries;
    l.notes = (void *)(l.returns + image->n_returns);
    l.records = (void *)(l.notes + image->n_notes);
    l.code = l.records + image->record_bytes;
    l.size = align_up((size_t)(l.code + image->code - (uint8_t *)(uintptr_t)image), 8);
    return l;
}

unsigned unit_image_kind(const struct jit_space *space) {
    return (space->base != 0) | (unsigned)space->counting << 1 | (unsigned)(space->read_counter != 0) << 2;
}

/* --- From a unit --- */

static bool is_link(unsigned kind) {
    return kind == JIT_EXIT_LINK || kind == JIT_EXIT_CALL;
}

static void put_exits(const struct jit_space *space, const struct unit_parts *p, const struct layout *l) {
    for (uint32_t i = p->first_exit; i < space->n_exits; i++) {
        const struct jit_exit *exit = &space->exits[i];
        struct image_exit *out = &l->exits[i - p->first_exit];
        out->pc = (int64_t)(exit->pc - p->pc);
        out->kind = exit->kind;
        if (!is_link(exit->kind)) continue;
        out->stub = (uint16_t)(exit->stub - p->start);
        out->site = (uint16_t)(exit->site - p->start);
    }
}

static void put_places(const struct jit_space *space, const struct unit_parts *p, const struct layout *l, const struct image *image) {
    for (unsigned i = 0; i < image->n_entries; i++) {
        l->entries[i] = (struct image_place){space->entry_offsets[p->first_entry + i], (uint16_t)(p->entry_host[i] - p->start)};
    }
    for (unsigned i = 0; i < p->n_returns; i++) {
        l->returns[i] = (struct image_place){(uint16_t)(p->return_pc[i] - p->pc), (uint16_t)(p->return_host[i] - p->start)};
    }
}

static uint16_t bytes_of(const struct unit_plan *plan) {
    unsigned n = 0;
    for (unsigned i = 0; i < plan->n; i++) n += plan->insn[i].insn.length;
    return (uint16_t)n;
}

static struct image head_of(const struct jit_space *space, const struct unit_parts *p, const struct notes *notes) {
    return (struct image){
        .head.offset = (uint32_t)(p->pc & (GUEST_PAGE_SIZE - 1)), .pc = p->pc, .start = p->start, .first_exit = p->first_exit,
        .code = (uint16_t)(p->after - p->start), .end = (uint16_t)(p->end - p->start),
        .n_exits = (uint16_t)(space->n_exits - p->first_exit), .n_entries = (uint16_t)(space->n_entries - p->first_entry),
        .n_returns = (uint16_t)p->n_returns, .n_notes = (uint16_t)notes->n, .n_records = (uint16_t)p->n_records,
        .record_bytes = (uint16_t)p->record_bytes, .landing = (uint16_t)(p->landing - p->start),
        .call_entry = (uint16_t)(p->call_entry - p->start), .guest_bytes = bytes_of(&space->plan), .way = (uint8_t)p->way,
        .tail_page = space->tail_page ? (int64_t)(space->tail_page - align_down(p->pc, GUEST_PAGE_SIZE)) : 0,
        .flags = (uint8_t)((space->plan.crosses_page ? CROSSES : 0) | (space->plan.uses_x87 ? USES_X87 : 0) | (p->jumps ? JUMPS : 0))};
}

struct jit_image *unit_image_make(const struct jit_space *space, const struct unit_parts *p, const struct notes *notes) {
    if (notes->overflow || p->record_bytes > UINT16_MAX || p->after - p->start > JIT_UNIT_MAX_BYTES) return NULL;
    struct image head = head_of(space, p, notes), *image;
    head.head.size = (uint32_t)layout_of(&head).size;
    image = calloc(1, head.head.size);
    if (!image) return NULL;
    *image = head;
    const struct layout l = layout_of(image);
    put_exits(space, p, &l);
    put_places(space, p, &l, image);
    memcpy(l.notes, notes->note, notes->n * sizeof *notes->note);
    memcpy(l.records, space->records + space->n_record_bytes, p->record_bytes);
    memcpy(l.code, (uint8_t *)space->code.write + p->start, image->code);
    return &image->head;
}

/* --- To a unit --- */

uint64_t unit_image_page(const struct jit_image *head, enum image_page which, uint64_t pc) {
    const struct image *image = (const struct image *)(const void *)head;
    const uint64_t first = align_down(pc, GUEST_PAGE_SIZE);
    if (which == IMAGE_NEXT_PAGE) return image->flags & CROSSES ? first + GUEST_PAGE_SIZE : 0;
    return image->tail_page ? first + (uint64_t)image->tail_page : 0;
}

struct page_key *unit_image_key(struct jit_image *head, enum image_page which) {
    return &((struct image *)(void *)head)->key[which];
}

bool unit_image_key_is(const struct jit_image *head, enum image_page which, const struct page_key *key) {
    return memcmp(&((const struct image *)(const void *)head)->key[which], key, sizeof *key) == 0;
}

/* What it says of its own size is true, and it is no more than a unit may be. */
static bool is_sound(const struct image *image) {
    if (image->head.size < sizeof *image || layout_of(image).size != image->head.size) return false;
    return image->end <= image->code && image->n_exits < JIT_UNIT_EXITS && image->n_entries <= 2 * UNIT_MAX_INSNS &&
           image->n_returns <= UNIT_MAX_INSNS && image->way <= JIT_BY_RETURN;
}

/* Its place in a cache line is what makes links patchable. */
static uint32_t place_for(const struct jit_space *space, const struct image *image) {
    return space->used + ((image->start - space->used) & (LINE - 1));
}

static bool copy_code(struct jit_space *space, const struct image *image, const struct layout *l, uint64_t pc, uint32_t start) {
    const struct notes_move move = {.host = (int64_t)start - image->start, .guest = (int64_t)(pc - image->pc),
                                    .exit = (int64_t)space->n_exits - image->first_exit};
    uint8_t *code = (uint8_t *)space->code.write + start;
    memcpy(code, l->code, image->code);
    return notes_apply(code, image->code, l->notes, image->n_notes, &move);
}

static void take_exits(struct jit_space *space, const struct image *image, const struct layout *l, uint64_t pc, uint32_t start) {
    for (unsigned i = 0; i < image->n_exits; i++) {
        const struct image_exit *in = &l->exits[i];
        const uint32_t number = jit_space_new_exit(space, (enum jit_exit_kind)in->kind, pc + (uint64_t)in->pc);
        if (!is_link(in->kind)) continue;
        space->exits[number].stub = start + in->stub;
        space->exits[number].site = start + in->site;
    }
}

/* Room for what the maps want to know. */
struct places {
    uint32_t entry_host[2 * UNIT_MAX_INSNS], return_host[UNIT_MAX_INSNS];
    uint64_t return_pc[UNIT_MAX_INSNS];
};

static void take_places(struct jit_space *space, const struct image *image, const struct layout *l, uint64_t pc, uint32_t start,
                        struct places *out) {
    for (unsigned i = 0; i < image->n_entries; i++) {
        space->entry_offsets[space->n_entries++] = l->entries[i].guest;
        out->entry_host[i] = start + l->entries[i].host;
    }
    for (unsigned i = 0; i < image->n_returns; i++) {
        out->return_pc[i] = pc + l->returns[i].guest;
        out->return_host[i] = start + l->returns[i].host;
    }
}

uint32_t unit_image_use(struct jit_space *space, const struct jit_image *head, uint64_t pc) {
    const struct image *image = (const struct image *)(const void *)head;
    const uint32_t start = place_for(space, image);
    struct places places;
    if (!is_sound(image)) return JIT_NONE;
    const struct layout l = layout_of(image);
    if (!copy_code(space, image, &l, pc, start)) return JIT_NONE;
    const struct unit_parts parts = {
        .pc = pc, .start = start, .end = start + image->end, .after = start + image->code, .first_exit = space->n_exits,
        .first_entry = space->n_entries, .n_records = image->n_records, .record_bytes = image->record_bytes,
        .way = (enum jit_way)image->way, .landing = start + image->landing, .call_entry = start + image->call_entry,
        .entry_host = places.entry_host, .n_returns = image->n_returns, .return_pc = places.return_pc,
        .return_host = places.return_host, .jumps = image->flags & JUMPS};
    take_exits(space, image, &l, pc, start);
    take_places(space, image, &l, pc, start, &places);
    memcpy(space->records + space->n_record_bytes, l.records, image->record_bytes);
    if (image->flags & USES_X87) atomic_store(&space->uses_x87, true);
    space->guest_bytes += image->guest_bytes;
    return unit_publish(space, &parts);
}
