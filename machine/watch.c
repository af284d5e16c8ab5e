/* SPDX-License-Identifier: ISC */
/* Finds the memory that threads share by watching. A page belongs to the first thread that touches it, at full speed; when a second one
 * comes, every access to it is looked at. A place (8 bytes) there is shared when two threads have accessed it and one of them wrote.
 * With what earlier runs learned, accesses to shared places are decision points; without, all accesses to shared pages are.
 * Places are guest addresses, whatever the process: what is inherited lies at the same one. Carrier only, save what is learned. */
#include "machine/machine.h"

#include "base/bits.h"
#include "mmu/tlb.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { PAGES = 1 << 14, PLACES = 1 << 15, PLACE_BYTES = 8 };
#define MANY UINT32_MAX

struct seen_page {
    uint64_t page;  /* 0: free */
    uint32_t owner; /* thread, or MANY */
};

struct seen_place {
    uint64_t number;   /* address / PLACE_BYTES; 0: free */
    uint32_t first;
    uint16_t counted;  /* index in learned->counted, plus 1; 0: not counted */
    bool is_written, is_shared;
};

struct watch {
    struct mem_tap tap;
    struct scheduler *scheduler;      /* borrowed */
    struct machine_learned *learned;  /* borrowed; may be NULL */
    struct seen_page pages[PAGES];
    struct seen_place places[PLACES];
    unsigned n_pages, n_places;
};

static uint64_t spread(uint64_t key) {
    return (key * 0x9e3779b97f4a7c15) >> 32;
}

static bool learned_has(const _Atomic uint64_t *table, size_t room, uint64_t key) {
    for (size_t i = 0; i < room; i++) {
        const uint64_t found = atomic_load_explicit(&table[(spread(key) + i) % room], memory_order_relaxed);
        if (found == key || !found) return found == key;
    }
    return false;
}

/* True when it is new. A full table learns nothing more. */
static bool learn(_Atomic uint64_t *table, size_t room, uint64_t key) {
    for (size_t i = 0; i < room / 2; i++) {
        uint64_t found = 0;
        if (atomic_compare_exchange_strong(&table[(spread(key) + i) % room], &found, key)) return true;
        if (found == key) return false;
    }
    return false;
}

/* NULL: no room, the page is watched. */
static struct seen_page *page_of(struct watch *watch, uint64_t page) {
    struct seen_page *at;
    for (uint64_t i = spread(page);; i++) {
        at = &watch->pages[i % PAGES];
        if (at->page == page) return at;
        if (!at->page) break;
    }
    if (watch->n_pages > PAGES / 4 * 3) return NULL;
    watch->n_pages++;
    *at = (struct seen_page){.page = page, .owner = scheduler_running(watch->scheduler)};
    if (watch->learned && learned_has(watch->learned->pages, LEARNED_PAGES, page)) at->owner = MANY;
    return at;
}

static bool watches(struct mem_tap *tap, struct tlb *tlb, uint64_t page) {
    struct watch *watch = CONTAINER_OF(tap, struct watch, tap);
    struct seen_page *seen = page_of(watch, page);
    if (!seen || seen->owner == MANY) return true;
    if (seen->owner == scheduler_running(watch->scheduler)) return false;
    seen->owner = MANY;
    if (watch->learned) learn(watch->learned->pages, LEARNED_PAGES, page);
    tap_watch_anew(tlb);
    return true;
}

void watch_begin(struct watch *watch, struct tlb *tlb) {
    if (!watch->learned) return;
    for (unsigned i = 0; i < PAGES; i++) {
        struct seen_page *seen = &watch->pages[i];
        if (seen->page && learned_has(watch->learned->pages, LEARNED_PAGES, seen->page)) seen->owner = MANY;
    }
    tap_watch_anew(tlb);
}

static void count(struct machine_learned *learned, struct seen_place *place, uint32_t thread) {
    if (!place->counted) {
        const uint32_t n = atomic_load(&learned->n_counted);
        for (uint32_t i = 0; i < n && i < LEARNED_COUNTED && !place->counted; i++) {
            if (atomic_load(&learned->counted[i]) == place->number) place->counted = (uint16_t)(i + 1);
        }
        if (!place->counted) return;
    }
    if (thread < LEARNED_THREADS) atomic_fetch_add(&learned->count[place->counted - 1][thread], 1);
}

static void learn_place(struct watch *watch, struct seen_place *place) {
    struct machine_learned *learned = watch->learned;
    if (!learned || !learn(learned->places, LEARNED_PLACES, place->number)) return;
    const uint32_t n = atomic_fetch_add(&learned->n_counted, 1);
    if (n < LEARNED_COUNTED) atomic_store(&learned->counted[n], place->number);
}

/* NULL: no room. */
static struct seen_place *place_of(struct watch *watch, uint64_t number) {
    struct seen_place *at;
    for (uint64_t i = spread(number);; i++) {
        at = &watch->places[i % PLACES];
        if (at->number == number) return at;
        if (!at->number) break;
    }
    if (watch->n_places > PLACES / 4 * 3) return NULL;
    watch->n_places++;
    *at = (struct seen_place){.number = number, .first = scheduler_running(watch->scheduler)};
    at->is_shared = watch->learned && learned_has(watch->learned->places, LEARNED_PLACES, number);
    return at;
}

static bool is_shared(struct watch *watch, uint64_t number, bool write) {
    const uint32_t thread = scheduler_running(watch->scheduler);
    struct seen_place *place = place_of(watch, number);
    if (!place) return true;
    if (!place->is_shared && place->first != thread && (write || place->is_written)) {
        place->is_shared = true;
        learn_place(watch, place);
    }
    place->is_written |= write;
    return place->is_shared;
}

static bool before(struct mem_tap *tap, struct tlb *tlb, uint64_t gva, unsigned size, enum mem_access access) {
    struct watch *watch = CONTAINER_OF(tap, struct watch, tap);
    const uint64_t first = gva / PLACE_BYTES, last = (gva + size - 1) / PLACE_BYTES;
    bool stops = !watch->learned;
    for (uint64_t number = first; number <= last; number++) stops |= is_shared(watch, number, access == MEM_WRITE);
    if (stops && watch->learned && first == last) {
        struct seen_place *place = place_of(watch, first);
        if (place) count(watch->learned, place, scheduler_running(watch->scheduler));
    }
    return stops;
}

struct watch *watch_new(struct scheduler *scheduler, struct machine_learned *learned) {
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch) return NULL;
    watch->tap = (struct mem_tap){watches, before};
    watch->scheduler = scheduler;
    watch->learned = learned;
    return watch;
}

void watch_free(struct watch *watch) {
    free(watch);
}

struct mem_tap *watch_tap(struct watch *watch) {
    return &watch->tap;
}
