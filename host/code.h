/* SPDX-License-Identifier: ISC */
/* Memory for code made at run time: the same pages mapped twice, writable at one address and executable at another, never
 * both at one; or, for a process that is copied (host/branch.h), once and privately, since both mappings would be shared with the copy.
 * Sizes are multiples of the page size. */
#pragma once

#include <stddef.h>

struct host_code {
    void *exec, *write;
    size_t size;
};

/* exec_at: where the executable mapping must lie; what was there is replaced. Returns 0 or -E. */
int host_code_map(struct host_code *out, void *exec_at, size_t size);
/* The same for a process that is copied: both are exec_at. */
int host_code_map_private(struct host_code *out, void *exec_at, size_t size);
/* Touches n bytes from offset on in both mappings at once. */
void host_code_populate(const struct host_code *code, size_t offset, size_t n);
/* Takes both mappings away; the executable one's addresses stay reserved. */
void host_code_unmap(struct host_code *code);
/* Zeroed private memory, readable and writable, exactly there; what was there is replaced. Returns 0 or -E. */
int host_code_map_data(void *at, size_t size);
/* Reserved again, without memory. */
void host_code_unmap_data(void *at, size_t size);
