/* SPDX-License-Identifier: ISC */
/* Units as images for the store: a copy of the code as it was before it was linked, with notes of what changes when it is used at another
 * place or for a program loaded elsewhere. */
#pragma once

#include "cpu/jit/store.h"
#include "cpu/jit/x86_64/notes.h"
#include "cpu/jit/x86_64/publish.h"

/* For jit_store_key: code is exchanged between spaces of the same kind only. */
unsigned unit_image_kind(const struct jit_space *space);
/* Of space->plan, which has become these parts. To be freed by the caller; NULL: there can be none, or no memory. */
struct jit_image *unit_image_make(const struct jit_space *space, const struct unit_parts *parts, const struct notes *notes);
/* The page that an image reaches into: its key is to be set by who adds the image, and compared by who uses it. False: none. */
bool unit_image_crosses(const struct jit_image *image);
struct page_key *unit_image_next_page(struct jit_image *image);
bool unit_image_next_page_is(const struct jit_image *image, const struct page_key *key);
/* Makes a unit at pc of the image, as the translator would: room for a unit must be there. Returns its number, or JIT_NONE: it does not fit
 * there, or there is no memory. */
uint32_t unit_image_use(struct jit_space *space, const struct jit_image *image, uint64_t pc);
