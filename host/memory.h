/* SPDX-License-Identifier: ISC */
/* Host virtual memory. Sizes and offsets are multiples of host_page_size(). Rights: HOST_PROT_*. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum host_prot { HOST_PROT_NONE = 0, HOST_PROT_READ = 1, HOST_PROT_WRITE = 2, HOST_PROT_EXEC = 4 };

size_t host_page_size(void);

/* Maps zeroed private memory. populate: touch all pages now. Returns NULL when there is none. */
void *host_memory_map(size_t size, int prot, int populate);
/* Reserves addresses without memory (PROT_NONE). Returns NULL when there are none. */
void *host_memory_reserve(size_t size);
/* Maps a file (host descriptor fd); shared: stores reach the file. Returns NULL and sets *err to -E. */
void *host_memory_map_file(int fd, uint64_t offset, size_t size, int prot, int shared, int *err);
int host_memory_protect(void *at, size_t size, int prot);
/* Gives the pages' memory back; they read as zeros afterwards (private memory only). */
void host_memory_discard(void *at, size_t size);
int host_memory_sync(void *at, size_t size, int wait, int invalidate);
void host_memory_unmap(void *at, size_t size);
/* Touches all pages of a range of private memory in one go. */
void host_memory_populate(void *at, size_t size);
/* Hints that a range of private memory should lie in huge pages. */
void host_memory_use_huge_pages(void *at, size_t size);

/* Windows: ranges of host addresses in which a guest's memory lies. What is not mapped there stays reserved, so nothing else of the
 * process ever comes to lie inside. */

/* Reserves exactly this range. Returns 0, -EEXIST when something lies there, or -E. */
int host_memory_reserve_at(void *at, size_t size);
enum host_place { HOST_PLACE_SHARED = 1, HOST_PLACE_NO_RESERVE = 2 };
/* Maps inside a reserved range, over whatever is there: a file (host descriptor), or zeros if fd < 0. Returns 0 or -E; then the range
 * is reserved again. */
int host_memory_place(void *at, size_t size, int prot, int fd, uint64_t offset, int flags);
/* Back to being reserved. Returns 0 or -E with nothing changed. */
int host_memory_vacate(void *at, size_t size);
/* Moves private pages onto a mapping of the same kind inside a reserved range; zeros or the file's pages stay behind. Returns 0 or -E. */
int host_memory_move(void *from, void *to, size_t size);
/* madvise(2) with Linux's number for the advice. Returns 0 or -E. */
int host_memory_advise(void *at, size_t size, int advice);
/* One byte per page, bit 0: resident. Returns 0 or -E. */
int host_memory_resident(void *at, size_t size, uint8_t *out);

struct host_range {
    char *start, *end;
};
/* Finds pages of private mappings that hold something of their own: neither untouched nor the file's. *at moves up to where the search
 * ended, `end` when all is seen. Returns how many ranges, at most n. A page too many may be named, never one too few. */
size_t host_memory_private_pages(char **at, char *end, struct host_range *out, size_t n);
/* The same for pages that are present in any way. */
size_t host_memory_present_pages(char **at, char *end, struct host_range *out, size_t n);

/* Once per process: from then on a file that shrinks under its mapping reads as zeros there instead of killing us. */
void host_bus_guard_init(void);
