/* SPDX-License-Identifier: ISC */
/* From a line to a row of commands.def. */
#include "terminal/session.h"

#include "base/bits.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct row {
    const char *name, *short_name;
    void (*run)(struct session *s, const char *arguments);
    const char *arguments, *help;
} rows[] = {
#define COMMAND(name, short_name, function, arguments, help) {name, short_name, function, arguments, help},
#include "terminal/commands.def"
#undef COMMAND
};

void do_help(struct session *s, const char *arguments) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        text_printf(&s->out, "%-16s %-4s %-18s %s\n", row->name, row->short_name, row->arguments, row->help);
    }
}

const char *command_name(const char *prefix, unsigned n) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strncmp(rows[i].name, prefix, strlen(prefix)) == 0 && n-- == 0) return rows[i].name;
    }
    return NULL;
}

static bool is_word(const char *word, const char *line, size_t n) {
    return strlen(word) == n && memcmp(word, line, n) == 0;
}

/* The row named by n characters; NULL: none, or *n_fit of them. */
static const struct row *find(const char *line, size_t n, size_t *n_fit) {
    const struct row *found = NULL;
    *n_fit = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (is_word(rows[i].name, line, n) || (*rows[i].short_name && is_word(rows[i].short_name, line, n))) {
            *n_fit = 1;
            return &rows[i];
        }
        if (strncmp(rows[i].name, line, n) != 0) continue;
        found = &rows[i];
        ++*n_fit;
    }
    return *n_fit == 1 ? found : NULL;
}

static const char *skip_spaces(const char *text) {
    while (isspace((unsigned char)*text)) text++;
    return text;
}

void session_do(struct session *s, const char *line) {
    size_t n = 0, n_fit;
    line = skip_spaces(line);
    s->has_failed = false;
    if (*line == '#') return;
    if (!*line) line = s->last_line;
    else snprintf(s->last_line, sizeof s->last_line, "%s", line);
    while (islower((unsigned char)line[n]) || (n && line[n] == '-' && islower((unsigned char)line[n + 1]))) n++;
    if (!n && !*line) return;
    const struct row *row = n ? find(line, n, &n_fit) : NULL;
    if (row) row->run(s, skip_spaces(line + n));
    else if (n && n_fit) session_fail(s, "\"%.*s\" is the beginning of %zu commands; see help", (int)n, line, n_fit);
    else session_fail(s, "\"%.40s\" is not a command; see help", line);
}
