/* SPDX-License-Identifier: ISC */
/* Host descriptors that stand behind memory mappings. Descriptors are the caller's; all calls are thread-safe. */
#pragma once

#include <stdint.h>

/* A second descriptor of the same open file, close-on-exec. Returns it or -E. */
int host_backing_dup(int fd);
void host_backing_close(int fd);
/* A descriptor of memory of that size, all zeros, for shared mappings. Returns it or -E. */
int host_backing_new_memory(uint64_t size);
/* Current size in bytes, or -E. */
int64_t host_backing_size(int fd);
/* Frees the blocks of a range; it reads as zeros afterwards. Returns 0 or -E. */
int host_backing_punch(int fd, uint64_t offset, uint64_t size);
