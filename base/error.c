/* SPDX-License-Identifier: ISC */
/* Names and texts of the error space, straight from its rows. */
#include "base/error.h"

#include <stddef.h>

struct error_row {
    int number;
    const char *name;
    const char *text;
};

static const struct error_row rows[] = {
#define E(name, number, text) {number, #name, text},
#include "base/error.def"
#undef E
};

static const struct error_row *find(int err) {
    const int number = err < 0 ? -err : err;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].number == number) return &rows[i];
    }
    return NULL;
}

const char *error_name(int err) {
    const struct error_row *row = find(err);
    return row ? row->name : "E?";
}

const char *error_text(int err) {
    const struct error_row *row = find(err);
    return row ? row->text : "Unknown error";
}
