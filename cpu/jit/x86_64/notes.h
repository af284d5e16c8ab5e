/* SPDX-License-Identifier: ISC */
/* Notes about a unit's code while it is written: the fields that have other values when the unit lies elsewhere, or is made for a program
 * that was loaded elsewhere. Everything else in the code depends only on the guest's bytes and on the kind of the space. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What is added to the field, when the unit moves by `host` bytes in the code, the guest's program by `guest`, and numbers of exits
 * by `exit`. NOTE_EXIT and NOTE_SOURCE are 32 bits without a sign, as is NOTE_GUEST32, which also must not become negative as a signed one. */
enum note_kind {
    NOTE_NONE,
    NOTE_FIXED,          /* displacement to a stub or to the thread: - host */
    NOTE_OPERAND,        /* displacement to guest memory: + guest - host */
    NOTE_GUEST32,        /* + guest */
    NOTE_GUEST64,
    NOTE_MINUS_GUEST32,  /* - guest */
    NOTE_MINUS_GUEST64,
    NOTE_EXIT,           /* + exit */
    NOTE_SOURCE,         /* + host */
};

/* As packed: the distance from the field before, in the upper 12 bits, and the kind. A longer distance takes NOTE_NONE before. */
enum { NOTES_MAX = 3000, NOTE_DISTANCE_MAX = 4095 };

struct notes {
    uint8_t *start;      /* of the unit, in the writable mapping */
    uint32_t last;       /* the field noted last, from there */
    unsigned n;
    bool overflow;       /* there were more, or they did not come in order */
    uint16_t note[NOTES_MAX];
};

void notes_start(struct notes *notes, uint8_t *start);
/* at: from the unit's start on, rising. */
void notes_add(struct notes *notes, uint32_t at, enum note_kind kind);

struct notes_move {
    int64_t host, guest, exit;
};
/* Changes n bytes of code as the notes say. False: a field is too small for its new value, or notes are outside of the code. */
bool notes_apply(uint8_t *code, uint32_t n, const uint16_t *note, unsigned n_notes, const struct notes_move *move);
