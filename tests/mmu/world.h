/* SPDX-License-Identifier: ISC */
/* A frame pool, a space and a TLB on it: what every test of mmu/ needs. */
#pragma once

#include "mmu/object.h"
#include "mmu/space.h"
#include "mmu/tlb.h"

#define PAGE 4096ull
#define RW (SPACE_READ | SPACE_WRITE)
#define RX (SPACE_READ | SPACE_EXEC)
#define RWX (SPACE_READ | SPACE_WRITE | SPACE_EXEC)
#define ANON (SPACE_PRIVATE | SPACE_ANONYMOUS)
#define SHARED_ANON (SPACE_SHARED | SPACE_ANONYMOUS)

struct world {
    struct frame_pool *pool;
    struct address_space *space;
    struct tlb *tlb; /* attached to space, outside the engine */
};

/* Windows if LOCKSTEP_TEST_MEMORY=window is in the environment, else paged. */
enum space_memory world_memory(void);
/* A pool for them, and the host's handlers. */
struct frame_pool *world_pool(void);
void world_init(struct world *world);
void world_fini(struct world *world);

/* Frees the pool; fails the test when a frame is still counted. */
void world_pool_free(struct frame_pool *pool);

/* A new TLB on a space; and its end. */
struct tlb *world_tlb(struct address_space *space);
void world_tlb_free(struct tlb *tlb);

/* One byte by the TLB, inside the engine for that long. Returns the byte (or 0 for a store), or minus the kind of fault. */
int tlb_load(struct tlb *tlb, uint64_t gva);
int tlb_store(struct tlb *tlb, uint64_t gva, uint8_t value);
int tlb_execute(struct tlb *tlb, uint64_t gva);
struct code_page *tlb_watch(struct tlb *tlb, uint64_t gva);

/* One word, as an instruction of a thread that is inside the engine. False: fault. */
bool inside_load(struct tlb *tlb, uint64_t gva, uint32_t *out);
bool inside_store(struct tlb *tlb, uint64_t gva, uint32_t value);

/* Anonymous private pages somewhere (or at gva, fixed). Fails the test when there are none. */
uint64_t map_pages(struct address_space *space, uint64_t gva, uint64_t n_pages, int prot);

/* A host file of n bytes, byte i being (uint8_t)(i / PAGE + 1). Returns its descriptor, open for reading and writing. */
int file_of_pages(uint64_t n);
/* "start-end prot name;" of each region, addresses in pages relative to base. */
const char *list_regions(struct address_space *space, uint64_t base, char *out, size_t n);
