/* SPDX-License-Identifier: ISC */
/* Names for addresses and backtraces, by libdw. For explain/ only. */
#pragma once

#include "explain/core.h"

struct Dwfl;

/* NULL: the core's files could not be read; then addresses stay numbers. */
struct Dwfl *symbols_new(const struct core *core);
/* "function+0x1d (file.c:32)" or as much as is known. leaf: address is of an instruction that has not run, not of a return. */
void symbols_describe(struct Dwfl *dwfl, uint64_t address, bool leaf, char *out, size_t size);
/* The same of the lines of a /proc/PID/maps. */
struct Dwfl *symbols_of_mappings(const char *lines, size_t size);
/* "function+0x1d (file.c:32)", or "variable+0x4"; false: there is no such symbol. */
bool symbols_name(struct Dwfl *dwfl, uint64_t address, bool leaf, char *out, size_t size);
/* One line a thread, innermost function first; the thread that died first. */
void symbols_print_threads(struct Dwfl *dwfl, const struct core *core);
