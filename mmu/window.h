/* SPDX-License-Identifier: ISC */
/* The window back end: guest address g lies at host address base + g, and guest rights are host rights, except that nothing is ever
 * executable for the host and that pages which code was taken from may be guarded: the host refuses writes that the region allows,
 * until the first one. What is not mapped stays reserved. Private to mmu/window*.c, space.c. */
#pragma once

#include "host/memory.h"
#include "mmu/space_internal.h"

#define WINDOW_SIZE (4ull << 40)       /* of the identity window, and of others while there is room */
#define WINDOW_SMALL_SIZE (64ull << 30) /* programs are laid out below this */
#define WINDOW_BIG_MAX 12u             /* reserved windows of WINDOW_SIZE */

/* Makes a fresh paged space a window of at least this size, if the host has room. Says why not in the pool. */
void window_take(struct address_space *space, uint64_t at_least);
/* The space's mappings are gone then. */
void window_give_back(struct address_space *space);
/* For the pool's end. */
void window_free_spares(struct frame_pool *pool);
/* Goes once through the pages of a kind in a range of the host, in address order. */
typedef size_t window_find_fn(char **at, char *end, struct host_range *out, size_t n);
struct window_pages {
    window_find_fn *find;
    char *at, *end; /* still to be searched */
    struct host_range range[32];
    size_t n, i;
};
struct window_pages window_pages_in(window_find_fn *find, char *start, char *end);
/* In all regions. */
struct window_pages window_pages_of(window_find_fn *find, const struct address_space *space);
/* Takes the next piece of [*from, end); what lies before is passed over. *from moves behind it. Returns its size, 0 when there is none;
 * *at is its start. */
size_t window_pages_next(struct window_pages *pages, char **from, char *end, char **at);
/* Copies the pages in [from, from + size) to a mapping of the same kind. prot: HOST_PROT_* of both. */
void window_copy_private(struct window_pages *pages, char *from, char *to, uint64_t size, int prot);

/* Lays a space without mappings out as a window, whatever keeps its pages. */
void window_lay_out(struct address_space *space);
int window_place(struct address_space *space, const struct region *r, uint64_t start, uint64_t end);
int window_move(struct address_space *space, const struct region *moved, uint64_t from, uint64_t size);
enum mem_fault_kind window_fault(struct address_space *space, struct region *r, uint64_t gva, int access, uint64_t *pte);
size_t window_copy(struct address_space *space, uint64_t gva, char *in, const char *out, size_t n, int access);
size_t window_copy_string(struct address_space *space, char *dst, uint64_t gva, size_t max, bool *ended);
bool window_word(struct address_space *space, uint64_t gva, struct word_access *access);
struct code_page *window_watch(struct address_space *space, uint64_t gva, uint32_t *version);
bool window_guard(struct address_space *space, struct backing *backing, uint64_t offset);
/* Gives the region's rights back to the guarded pages of a range; their watches are gone already. */
void window_unguard_locked(struct address_space *space, uint64_t start, uint64_t end);
/* The same, but leaves the host alone: the range is about to be mapped or protected anew. Returns whether any was guarded. */
bool window_forget_guards_locked(struct address_space *space, uint64_t start, uint64_t end);
struct address_space *window_fork(struct address_space *space);

static inline char *window_host(const struct address_space *space, uint64_t gva) {
    return (char *)(uintptr_t)(space->base + gva);
}

/* As on x86-64: whatever can be accessed at all can be read. */
static inline int window_prot(int prot) {
    return (prot ? HOST_PROT_READ : HOST_PROT_NONE) | (prot & SPACE_WRITE ? HOST_PROT_WRITE : 0);
}
