/* SPDX-License-Identifier: ISC */
/* See world.h. */
#include "tests/mmu/world.h"

#include "host/fault.h"
#include "host/memory.h"
#include "mmu/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void must(bool ok) {
    if (!ok) abort();
}

struct tlb *world_tlb(struct address_space *space) {
    struct tlb *tlb = malloc(sizeof *tlb);
    tlb_init(tlb);
    tlb_attach(tlb, space);
    return tlb;
}

void world_tlb_free(struct tlb *tlb) {
    tlb_attach(tlb, NULL);
    free(tlb);
}

void world_pool_free(struct frame_pool *pool) {
    must(pool->n_used == 0);
    frame_pool_free(pool);
}

enum space_memory world_memory(void) {
    const char *name = getenv("LOCKSTEP_TEST_MEMORY");
    return name && strcmp(name, "window") == 0 ? SPACE_WINDOWS : SPACE_PAGED;
}

struct frame_pool *world_pool(void) {
    host_bus_guard_init();
    host_kick_init();
    host_fault_init();
    return frame_pool_new(world_memory());
}

void world_init(struct world *world) {
    world->pool = world_pool();
    world->space = space_new(world->pool);
    world->tlb = world_tlb(world->space);
}

void world_fini(struct world *world) {
    world_tlb_free(world->tlb);
    space_put(world->space);
    world_pool_free(world->pool);
}

__attribute__((no_sanitize("thread"))) static uint8_t load_byte(const uint8_t *p) {
    return *(const volatile uint8_t *)p;
}

__attribute__((no_sanitize("thread"))) static void store_byte(uint8_t *p, uint8_t value) {
    *(volatile uint8_t *)p = value;
}

bool inside_load(struct tlb *tlb, uint64_t gva, uint32_t *out) {
    struct mem_fault fault;
    void *p = tlb_read_hit(tlb, gva, 4);
    if (!p) p = tlb_translate(tlb, gva, MEM_READ, &fault);
    if (p) *out = __atomic_load_n((uint32_t *)p, __ATOMIC_SEQ_CST);
    return p != NULL;
}

bool inside_store(struct tlb *tlb, uint64_t gva, uint32_t value) {
    struct mem_fault fault;
    void *p = tlb_write_hit(tlb, gva, 4);
    if (!p) p = tlb_translate(tlb, gva, MEM_WRITE, &fault);
    if (p) __atomic_store_n((uint32_t *)p, value, __ATOMIC_SEQ_CST);
    return p != NULL;
}

int tlb_load(struct tlb *tlb, uint64_t gva) {
    struct mem_fault fault;
    tlb_enter(tlb);
    void *p = tlb_read_hit(tlb, gva, 1);
    if (!p) p = tlb_translate(tlb, gva, MEM_READ, &fault);
    const int result = p ? load_byte(p) : -(int)fault.kind;
    tlb_leave(tlb);
    return result;
}

int tlb_store(struct tlb *tlb, uint64_t gva, uint8_t value) {
    struct mem_fault fault;
    tlb_enter(tlb);
    void *p = tlb_write_hit(tlb, gva, 1);
    if (!p) p = tlb_translate(tlb, gva, MEM_WRITE, &fault);
    if (p) store_byte(p, value);
    tlb_leave(tlb);
    return p ? 0 : -(int)fault.kind;
}

int tlb_execute(struct tlb *tlb, uint64_t gva) {
    struct mem_fault fault;
    uint8_t byte;
    tlb_enter(tlb);
    const size_t n = tlb_fetch(tlb, gva, &byte, 1, &fault);
    tlb_leave(tlb);
    return n ? byte : -(int)fault.kind;
}

struct code_page *tlb_watch(struct tlb *tlb, uint64_t gva) {
    uint32_t version;
    tlb_enter(tlb);
    struct code_page *page = tlb_code_page(tlb, gva, &version);
    tlb_leave(tlb);
    return page;
}

uint64_t map_pages(struct address_space *space, uint64_t gva, uint64_t n_pages, int prot) {
    const int64_t at = space_map(space, gva, n_pages * PAGE, prot, ANON | (gva ? SPACE_FIXED : 0), NULL, 0);
    must(at > 0);
    return (uint64_t)at;
}

int file_of_pages(uint64_t n) {
    const int fd = memfd_create("test", MFD_CLOEXEC);
    must(fd >= 0);
    for (uint64_t i = 0; i < n; i += PAGE) {
        uint8_t page[PAGE];
        memset(page, (int)(i / PAGE + 1), sizeof page);
        const size_t part = n - i < PAGE ? n - i : PAGE;
        const ssize_t written = pwrite(fd, page, part, (off_t)i);
        must(written == (ssize_t)part);
    }
    return fd;
}

struct listing {
    uint64_t base;
    char *out;
    size_t n;
};

static int list_one(const struct region_info *info, void *arg) {
    struct listing *listing = arg;
    const int done = snprintf(listing->out, listing->n, "%lld-%lld %c%c%c%c%s%s;",
                              (long long)(info->start - listing->base) / (long long)PAGE,
                              (long long)(info->end - listing->base) / (long long)PAGE,
                              info->prot & SPACE_READ ? 'r' : '-', info->prot & SPACE_WRITE ? 'w' : '-',
                              info->prot & SPACE_EXEC ? 'x' : '-', info->shared ? 's' : 'p', *info->name ? " " : "",
                              info->name);
    listing->out += done;
    listing->n -= (size_t)done;
    return 0;
}

const char *list_regions(struct address_space *space, uint64_t base, char *out, size_t n) {
    struct listing listing = {base, out, n};
    *out = 0;
    space_walk(space, list_one, &listing);
    return out;
}
