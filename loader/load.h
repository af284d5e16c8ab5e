/* SPDX-License-Identifier: ISC */
/* One load in progress, shared by the parts of the loader. For loader/ only. */
#pragma once

#include "loader/loader.h"
#include "mmu/space.h"

struct load {
    struct address_space *space;          /* borrowed for the load */
    const struct loader_request *request;
    struct loader_result *result;
};

/* Notes the reason for the user, once: the innermost part that fails knows best. Returns err. */
int load_fail(struct load *load, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A random multiple of the page size below 2^bits pages; 0 when addresses are fixed. */
uint64_t load_random_pages(const struct load *load, unsigned bits);
