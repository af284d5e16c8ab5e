/* SPDX-License-Identifier: ISC */
/* The build-time reader of forms.def: one row's text to struct form_row and struct form_info. A row
 * that makes no sense ends the build with its text and the reason. Part of the generator, not of
 * the library. */
#pragma once

#include "decoder/form_row.h"

#include <stdnoreturn.h>

struct source_row {
    const char *encoding, *operands, *op, *flags, *feature, *facts; /* columns */
};

struct parsed_row {
    const struct source_row *source;
    struct form_row row;   /* row.op is not filled: the output names it */
    struct form_info info; /* the same for text and feature */
    bool vector_length;    /* 128, 256 or LX in the encoding */
};

noreturn void parse_fail(const struct source_row *source, const char *why, const char *what);

/* Takes the next blank-separated token of *text into token[size]; false at the end. */
bool parse_token(const char **text, char *token, size_t size);

/* Each fills its part of out->row and out->info; in this order. */
void parse_encoding(struct parsed_row *out);
void parse_operands(struct parsed_row *out);
void parse_flags(struct parsed_row *out);
void parse_facts(struct parsed_row *out);
