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
/* Once per process: from then on a file that shrinks under its mapping reads as zeros there instead of killing us. */
void host_bus_guard_init(void);
