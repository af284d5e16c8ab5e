/* SPDX-License-Identifier: ISC */
/* The code of a space: translating into it, linking and unlinking. */
#include "cpu/jit/x86_64/code_space.h"

#include "cpu/jit/x86_64/emit.h"
#include "cpu/jit/x86_64/emit_count.h"
#include "cpu/jit/x86_64/pages.h"
#include "cpu/jit/x86_64/tails.h"
#include "cpu/jit/x86_64/unit_image.h"
#include "mmu/breakpoint.h"

#include <stdlib.h>

enum { MAX_SOURCE = 1024 }; /* bytes to look at for a unit: less than a page */
enum { PATIENCE = 64 }; /* visits of an unstable page before asking again */

uint32_t jit_space_new_exit(struct jit_space *space, enum jit_exit_kind kind, uint64_t pc) {
    space->exits[space->n_exits] = (struct jit_exit){.pc = pc, .unit = JIT_NONE, .next = JIT_NO_EXIT, .kind = kind & 15u};
    return space->n_exits++;
}

const struct jit_unit *jit_space_unit_at(const struct jit_space *space, uint32_t offset) {
    uint32_t low = 0, high = atomic_load_explicit(&space->n_units, memory_order_acquire);
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (space->units[middle].start <= offset) low = middle + 1;
        else high = middle;
    }
    return low ? &space->units[low - 1] : NULL;
}

/* --- Pages --- */

/* The page is watched: a write from now on is noticed. */
static void find_key(struct jit_space *space, struct tlb *tlb, struct jit_page *page) {
    uint8_t bytes[GUEST_PAGE_SIZE];
    struct mem_fault fault;
    if (!space->store || tlb_fetch(tlb, page->gva, bytes, sizeof bytes, &fault) != sizeof bytes) return;
    page->key = jit_store_key(space->store, unit_image_kind(space), bytes);
    page->has_key = true;
}

bool jit_space_watch(struct jit_space *space, struct tlb *tlb, uint64_t gva) {
    if (!jit_pages_have_room(space)) return false;
    struct jit_page *page = jit_page_slot(space, gva);
    if (page->code && !page->is_stale) return true;
    if (page->code && page->patience && page->patience--) return false;
    uint32_t version;
    struct code_page *code = tlb_code_page(tlb, gva, &version);
    if (!code) return false;
    if (!page->code) space->n_pages++;
    const bool unstable = version == CODE_UNSTABLE;
    *page = (struct jit_page){.gva = gva, .code = code, .version = version, .units = JIT_NONE, .is_stale = unstable,
                              .patience = unstable ? PATIENCE : 0};
    if (!unstable) find_key(space, tlb, page);
    return !unstable;
}

bool jit_space_has_page(const struct jit_space *space, uint64_t gva) {
    return space->pages_size && jit_page_slot(space, align_down(gva, GUEST_PAGE_SIZE))->code;
}

/* --- Translating --- */

/* Where units end: before code of others, and before breakpoints, which the interpreter stops at. */
struct jit_source {
    struct jit_space *space;
    const struct address_space *guest;
};

static bool is_known(void *arg, uint64_t pc) {
    const struct jit_source *source = arg;
    struct jit_entry entry;
    const bool has_code = jit_space_entry(source->space, pc, &entry) && !source->space->units[entry.unit].weak;
    return has_code || space_has_breakpoint(source->guest, pc);
}

/* At most n bytes from pc on; n is less than a page. */
static struct unit_source fetch(struct tlb *tlb, uint64_t pc, uint8_t *out, size_t n) {
    struct mem_fault fault;
    const uint64_t page_end = align_up(pc + 1, GUEST_PAGE_SIZE);
    return (struct unit_source){out, tlb_fetch(tlb, pc, out, n, &fault), pc, page_end, page_end};
}

static void count_bytes(struct jit_space *space) {
    for (unsigned i = 0; i < space->plan.n; i++) space->guest_bytes += space->plan.insn[i].insn.length;
}

/* both: instructions may begin in the next page, too. */
static void find_unit(struct jit_space *space, struct tlb *tlb, uint64_t pc, uint8_t *bytes, bool both) {
    struct unit_source source = fetch(tlb, pc, bytes, MAX_SOURCE);
    if (both) source.end += GUEST_PAGE_SIZE;
    struct jit_source known = {space, tlb->space};
    unit_find(&space->plan, &source, is_known, &known);
    if (space->counting) count_split(&space->plan);
}

/* Finds the unit at pc in bytes that are watched. False: none, or they may not be kept. */
static bool find_watched(struct jit_space *space, struct tlb *tlb, uint64_t pc, uint8_t *bytes) {
    const uint64_t first = align_down(pc, GUEST_PAGE_SIZE);
    if (!jit_space_watch(space, tlb, first)) return false;
    find_unit(space, tlb, pc, bytes, true);
    if (space->plan.crosses_page) {
        const bool both = jit_space_watch(space, tlb, first + GUEST_PAGE_SIZE);
        find_unit(space, tlb, pc, bytes, both);
        if (!both && space->plan.crosses_page) return false;
    }
    return space->plan.n > 0;
}

/* The unit, with exits from that one on, has been made from its page and from others, 0: none. */
static void settle_unit(struct jit_space *space, uint32_t unit, uint32_t first_exit, const uint64_t others[IMAGE_PAGES]) {
    jit_space_populate(space);
    jit_page_add(space, unit, align_down(space->units[unit].pc, GUEST_PAGE_SIZE), 0);
    for (unsigned i = 0; i < IMAGE_PAGES; i++)
        if (others[i]) jit_page_add(space, unit, others[i], 1 + i);
    unit_link(space, first_exit);
}

static void keep_image(struct jit_space *space, struct jit_image *image, uint64_t first, const uint64_t others[IMAGE_PAGES]) {
    const struct jit_page *page = jit_page_slot(space, first);
    bool ok = page->has_key;
    for (unsigned i = 0; i < IMAGE_PAGES; i++) {
        if (!others[i]) continue;
        const struct jit_page *other = jit_page_slot(space, others[i]);
        *unit_image_key(image, (enum image_page)i) = other->key;
        ok &= other->has_key;
    }
    if (ok) jit_store_add(space->store, &page->key, image);
    free(image);
}

/* Returns the unit, or JIT_NONE. */
static uint32_t translate(struct jit_space *space, struct tlb *tlb, uint64_t pc, enum jit_way way) {
    uint8_t bytes[MAX_SOURCE]; /* the plan points there */
    struct jit_image *image;
    if (!find_watched(space, tlb, pc, bytes)) return JIT_NONE;
    tails_copy(space, tlb, way);
    if (space->plan.uses_x87) atomic_store(&space->uses_x87, true);
    const uint32_t first_exit = space->n_exits, unit = emit_unit(space, way, &image);
    const uint64_t first = align_down(pc, GUEST_PAGE_SIZE);
    const uint64_t others[] = {[IMAGE_NEXT_PAGE] = space->plan.crosses_page ? first + GUEST_PAGE_SIZE : 0, [IMAGE_TAIL_PAGE] = space->tail_page};
    if (image) keep_image(space, image, first, others);
    if (unit == JIT_NONE) return JIT_NONE;
    count_bytes(space);
    settle_unit(space, unit, first_exit, others);
    return unit;
}

/* --- Taking from the store --- */

struct request {
    struct jit_space *space;
    uint64_t pc;
    uint64_t page[IMAGE_PAGES];       /* that the image is made from, too; 0: none */
    struct page_key key[IMAGE_PAGES]; /* of those, once is_known */
    bool is_known;
    uint32_t unit;
};

static bool take_image(void *arg, const struct jit_image *image) {
    struct request *r = arg;
    bool ok = true;
    for (unsigned i = 0; i < IMAGE_PAGES; i++) {
        r->page[i] = unit_image_page(image, (enum image_page)i, r->pc);
        if (r->page[i]) ok &= r->is_known && unit_image_key_is(image, (enum image_page)i, &r->key[i]);
    }
    if (ok) r->unit = unit_image_use(r->space, image, r->pc);
    return ok && r->unit != JIT_NONE;
}

/* The keys of the pages that an image wants. False: it wants none, or one cannot be known. */
static bool find_keys(struct request *r, struct tlb *tlb) {
    r->is_known = false;
    for (unsigned i = 0; i < IMAGE_PAGES; i++) {
        if (!r->page[i]) continue;
        if (!jit_space_watch(r->space, tlb, r->page[i]) || !jit_page_slot(r->space, r->page[i])->has_key) return false;
        r->key[i] = jit_page_slot(r->space, r->page[i])->key;
        r->is_known = true;
    }
    return r->is_known;
}

/* Takes the unit at pc that was made earlier from the same bytes. JIT_NONE: there is none, or it might go on over a breakpoint. */
static uint32_t take_stored(struct jit_space *space, struct tlb *tlb, uint64_t pc) {
    const uint64_t first = align_down(pc, GUEST_PAGE_SIZE);
    const uint32_t offset = (uint32_t)(pc - first);
    if (!space->store || space_has_breakpoints(tlb->space) || !jit_space_watch(space, tlb, first) || !jit_page_slot(space, first)->has_key) return JIT_NONE;
    const struct page_key key = jit_page_slot(space, first)->key;
    const uint32_t first_exit = space->n_exits;
    struct request request = {.space = space, .pc = pc};
    bool ok = jit_store_find(space->store, &key, offset, take_image, &request);
    if (!ok && find_keys(&request, tlb)) ok = jit_store_find(space->store, &key, offset, take_image, &request);
    if (!ok) return JIT_NONE;
    space->n_taken++;
    settle_unit(space, request.unit, first_exit, request.page);
    return request.unit;
}

/* Nothing is found in what was not checked since the last change: whoever took the kick need not have been this engine. */
static void check_changes(struct jit_space *space, const struct cpu *cpu) {
    if (space_code_changes(cpu->tlb.space) != space->checked) jit_space_check(space, cpu);
}

static const struct jit_entry *find_known(struct jit_space *space, uint64_t pc) {
    return jit_space_entry(space, pc, &space->found) ? &space->found : NULL;
}

/* Code at pc that begins or goes through there as a branch would have it. What is weak will do only for those who come to weak places. */
static const struct jit_entry *find(struct jit_space *space, struct cpu *cpu, uint64_t pc, enum jit_way way) {
    check_changes(space, cpu);
    const struct jit_entry *entry = find_known(space, pc);
    if (entry && (way == JIT_BY_RETURN || !space->units[entry->unit].weak)) return entry;
    if (!pc || pc >= space_end(cpu->tlb.space) || space_has_breakpoint(cpu->tlb.space, pc)) return NULL;
    jit_space_make_room(space, cpu);
    tlb_enter(&cpu->tlb);
    uint32_t unit = take_stored(space, &cpu->tlb, pc);
    if (unit == JIT_NONE) unit = translate(space, &cpu->tlb, pc, way);
    tlb_leave(&cpu->tlb);
    if (unit != JIT_NONE) space->units[unit].weak = way == JIT_BY_RETURN;
    return find_known(space, pc);
}

const struct jit_entry *jit_space_find(struct jit_space *space, struct cpu *cpu, uint64_t pc) {
    return find(space, cpu, pc, JIT_BY_BRANCH);
}

const struct jit_entry *jit_space_find_stop(struct jit_space *space, struct cpu *cpu, uint64_t pc) {
    return find(space, cpu, pc, JIT_BY_RETURN);
}

/* --- Targets of indirect branches --- */

void jit_space_add_target(struct jit_space *space, struct cpu *cpu, enum jit_way way, uint64_t pc) {
    jit_space_make_room(space, cpu);
    const struct jit_entry *entry = find(space, cpu, pc, way);
    if (!entry) return;
    const struct jit_entry *landing = jit_map_find(&space->targets[way].map, pc);
    const uint64_t body = jit_space_address(space, entry->host);
    const uint32_t unit = entry->unit;
    const uint32_t at = landing ? landing->host : emit_landing(space, way, pc, body);
    jit_targets_add(&space->targets[way], pc, at, unit);
}

const struct jit_entry *jit_space_find_call(struct jit_space *space, struct cpu *cpu, uint64_t pc) {
    check_changes(space, cpu);
    const struct jit_entry *entry = jit_map_find(&space->call_entries, pc);
    if (entry) return entry;
    jit_space_make_room(space, cpu);
    const struct jit_entry *body = find(space, cpu, pc, JIT_BY_CALL);
    entry = jit_map_find(&space->call_entries, pc);
    if (entry || !body) return entry;
    const uint32_t unit = body->unit;
    const uint32_t at = emit_call_entry(space, pc, jit_space_address(space, body->host));
    return jit_map_add(&space->call_entries, pc, at, unit) ? jit_map_find(&space->call_entries, pc) : NULL;
}

/* --- Links --- */

/* One atomic store: other threads may be running the branch. */
static void set_site(struct jit_space *space, uint32_t site, uint32_t target) {
    uint8_t *at = (uint8_t *)space->code.write + site;
    const uint32_t rel = target - (site + 4);
    __atomic_store_n((uint32_t *)(void *)at, rel, __ATOMIC_RELEASE);
}

void jit_space_link(struct jit_space *space, uint32_t exit, const struct jit_entry *to) {
    struct jit_exit *e = &space->exits[exit];
    if (e->unit != JIT_NONE) return;
    struct jit_unit *unit = &space->units[to->unit];
    e->unit = to->unit;
    e->next = unit->links;
    unit->links = exit;
    set_site(space, e->site, to->host);
}

static void unlink_unit(struct jit_space *space, uint32_t number) {
    struct jit_unit *unit = &space->units[number];
    for (uint32_t i = unit->links; i != JIT_NO_EXIT; i = space->exits[i].next) {
        struct jit_exit *exit = &space->exits[i];
        set_site(space, exit->site, exit->stub);
        exit->unit = JIT_NONE;
    }
    unit->links = JIT_NO_EXIT;
}

static void drop_unit(struct jit_space *space, uint32_t number) {
    struct jit_unit *unit = &space->units[number];
    if (unit->dead) return;
    atomic_fetch_add(&space->drops, 1);
    unlink_unit(space, number);
    for (uint32_t i = 0; i < unit->n_entries; i++) {
        const uint64_t pc = unit->pc + space->entry_offsets[unit->entry + i];
        jit_map_remove(&space->call_entries, pc);
        for (unsigned way = JIT_BY_JUMP; way <= JIT_BY_RETURN; way++) jit_targets_remove(&space->targets[way], pc);
    }
    unit->dead = true;
}

void jit_space_check(struct jit_space *space, const struct cpu *cpu) {
    space->checked = space_code_changes(cpu->tlb.space); /* before looking */
    for (size_t i = 0; i < space->pages_size; i++) {
        struct jit_page *page = &space->pages[i];
        if (!page->code) continue;
        const uint32_t version = atomic_load(&page->code->version);
        if (version == page->version) continue;
        for (uint32_t at = page->units; at != JIT_NONE; at = space->units[at / 3].page_next[at % 3]) drop_unit(space, at / 3);
        page->units = JIT_NONE;
        page->is_stale = true;
    }
}
