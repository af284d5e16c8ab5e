/* SPDX-License-Identifier: ISC */
/* The parts of the paged back end; see back_end.h. Private to mmu/paged*.c, code_page.c. */
#pragma once

#include "mmu/space_internal.h"

enum mem_fault_kind paged_fault(struct address_space *space, struct region *r, uint64_t gva, int access, uint64_t *pte);
size_t paged_copy(struct address_space *space, uint64_t gva, char *in, const char *out, size_t n, int access);
size_t paged_copy_string(struct address_space *space, char *dst, uint64_t gva, size_t max, bool *ended);
bool paged_word(struct address_space *space, uint64_t gva, struct word_access *access);
struct code_page *paged_watch(struct address_space *space, uint64_t gva, uint32_t *version);
bool paged_guard(struct address_space *space, struct backing *backing, uint64_t offset);
struct address_space *paged_fork(struct address_space *space);
