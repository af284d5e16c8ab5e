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
/* Pages that an image is made from besides the one it begins in: their keys are to be set by who adds the image, and compared by who uses
 * it. */
enum image_page { IMAGE_NEXT_PAGE, IMAGE_TAIL_PAGE, IMAGE_PAGES };
/* The address of that page for a unit at pc; 0: there is none. */
uint64_t unit_image_page(const struct jit_image *image, enum image_page which, uint64_t pc);
struct page_key *unit_image_key(struct jit_image *image, enum image_page which);
bool unit_image_key_is(const struct jit_image *image, enum image_page which, const struct page_key *key);
/* Makes a unit at pc of the image, as the translator would: room for a unit must be there. Returns its number, or JIT_NONE: it does not fit
 * there, or there is no memory. */
uint32_t unit_image_use(struct jit_space *space, const struct jit_image *image, uint64_t pc);
