/* SPDX-License-Identifier: ISC */
/* Writing notes about code, and moving code as they say. */
#include "cpu/jit/x86_64/notes.h"

#include <string.h>

void notes_start(struct notes *notes, uint8_t *start) {
    notes->start = start;
    notes->last = 0;
    notes->n = 0;
    notes->overflow = false;
}

static void put(struct notes *notes, uint32_t distance, enum note_kind kind) {
    if (notes->n == NOTES_MAX) {
        notes->overflow = true;
        return;
    }
    notes->note[notes->n++] = (uint16_t)(distance << 4 | kind);
}

void notes_add(struct notes *notes, uint32_t at, enum note_kind kind) {
    if (at < notes->last) {
        notes->overflow = true;
        return;
    }
    uint32_t distance = at - notes->last;
    notes->last = at;
    for (; distance > NOTE_DISTANCE_MAX; distance -= NOTE_DISTANCE_MAX) put(notes, NOTE_DISTANCE_MAX, NOTE_NONE);
    put(notes, distance, kind);
}

static int64_t change_of(enum note_kind kind, const struct notes_move *move) {
    switch (kind) {
    case NOTE_FIXED: return -move->host;
    case NOTE_OPERAND: return move->guest - move->host;
    case NOTE_GUEST32: case NOTE_GUEST64: return move->guest;
    case NOTE_MINUS_GUEST32: case NOTE_MINUS_GUEST64: return -move->guest;
    case NOTE_EXIT: return move->exit;
    case NOTE_SOURCE: return move->host;
    default: return 0;
    }
}

static bool has_no_sign(enum note_kind kind) {
    return kind == NOTE_GUEST32 || kind == NOTE_EXIT || kind == NOTE_SOURCE;
}

static bool change32(uint8_t *at, enum note_kind kind, int64_t by) {
    int32_t value;
    memcpy(&value, at, 4);
    const int64_t sum = (has_no_sign(kind) ? (int64_t)(uint32_t)value : (int64_t)value) + by;
    value = (int32_t)sum;
    memcpy(at, &value, 4);
    return value == sum && (value >= 0 || !has_no_sign(kind));
}

static void change64(uint8_t *at, int64_t by) {
    uint64_t value;
    memcpy(&value, at, 8);
    value += (uint64_t)by;
    memcpy(at, &value, 8);
}

bool notes_apply(uint8_t *code, uint32_t n, const uint16_t *note, unsigned n_notes, const struct notes_move *move) {
    uint32_t at = 0;
    for (unsigned i = 0; i < n_notes; i++) {
        const enum note_kind kind = (enum note_kind)(note[i] & 15);
        const bool is_wide = kind == NOTE_GUEST64 || kind == NOTE_MINUS_GUEST64;
        at += note[i] >> 4;
        if (at + (is_wide ? 8 : 4) > n) return false;
        if (kind == NOTE_NONE) continue;
        const int64_t by = change_of(kind, move);
        if (is_wide) change64(code + at, by);
        else if (!change32(code + at, kind, by)) return false;
    }
    return true;
}
