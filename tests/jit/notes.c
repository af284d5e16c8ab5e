/* SPDX-License-Identifier: ISC */
/* Code that was moved as its notes say, and back, is the same; what does not fit its field is refused. */
#include "cpu/jit/x86_64/notes.h"

#include <criterion/criterion.h>
#include <string.h>

static uint8_t code[20000];
static struct notes notes;

static void put32(uint32_t at, int32_t value, enum note_kind kind) {
    memcpy(code + at, &value, 4);
    notes_add(&notes, at, kind);
}

static int32_t get32(uint32_t at) {
    int32_t value;
    memcpy(&value, code + at, 4);
    return value;
}

static uint64_t get64(uint32_t at) {
    uint64_t value;
    memcpy(&value, code + at, 8);
    return value;
}

static void start(void) {
    memset(code, 0, sizeof code);
    notes_start(&notes, code);
}

static bool apply(int64_t host, int64_t guest, int64_t exit) {
    return notes_apply(code, sizeof code, notes.note, notes.n, &(struct notes_move){host, guest, exit});
}

Test(notes, each_kind_moves_by_what_it_depends_on) {
    const uint64_t wide = 0x7fff12345678;
    start();
    put32(3, -1000, NOTE_FIXED);
    put32(7, -2000, NOTE_OPERAND);
    put32(40, 0x400000, NOTE_GUEST32);
    memcpy(code + 50, &wide, 8);
    notes_add(&notes, 50, NOTE_GUEST64);
    put32(9000, 1 - 0x400000, NOTE_MINUS_GUEST32); /* further away than one note reaches */
    memcpy(code + 9010, &wide, 8);
    notes_add(&notes, 9010, NOTE_MINUS_GUEST64);
    put32(19000, 77, NOTE_EXIT);
    put32(19996, 0x5000, NOTE_SOURCE);
    cr_assert_not(notes.overflow);
    cr_assert(apply(0x100, 0x3000, 5));
    cr_assert_eq(get32(3), -1000 - 0x100);
    cr_assert_eq(get32(7), -2000 + 0x3000 - 0x100);
    cr_assert_eq(get32(40), 0x403000);
    cr_assert_eq(get64(50), wide + 0x3000);
    cr_assert_eq(get32(9000), 1 - 0x403000);
    cr_assert_eq(get64(9010), wide - 0x3000);
    cr_assert_eq(get32(19000), 82);
    cr_assert_eq(get32(19996), 0x5100);
    cr_assert(apply(-0x100, -0x3000, -5));
    cr_assert_eq(get32(7), -2000);
    cr_assert_eq(get64(50), wide);
    cr_assert_eq(get32(19996), 0x5000);
}

Test(notes, what_does_not_fit_is_refused) {
    start();
    put32(0, 0x400000, NOTE_GUEST32);
    cr_assert_not(apply(0, 0x7fc00000, 0)); /* an address of 2 GiB has another encoding */
    start();
    put32(0, 0x400000, NOTE_GUEST32);
    cr_assert_not(apply(0, -0x400001, 0));
    start();
    put32(0, INT32_MAX - 10, NOTE_OPERAND);
    cr_assert_not(apply(-11, 0, 0));
    start();
    put32(0, INT32_MIN + 10, NOTE_FIXED);
    cr_assert_not(apply(11, 0, 0));
}

Test(notes, outside_of_the_code_is_refused) {
    start();
    put32(100, 1, NOTE_EXIT);
    const struct notes_move move = {0, 0, 1};
    cr_assert(notes_apply(code, 104, notes.note, notes.n, &move));
    cr_assert_not(notes_apply(code, 103, notes.note, notes.n, &move));
}

Test(notes, too_many_or_out_of_order_is_said) {
    start();
    for (uint32_t i = 0; i <= NOTES_MAX; i++) notes_add(&notes, i * 4, NOTE_FIXED);
    cr_assert(notes.overflow);
    start();
    notes_add(&notes, 8, NOTE_FIXED);
    notes_add(&notes, 4, NOTE_FIXED);
    cr_assert(notes.overflow);
}
