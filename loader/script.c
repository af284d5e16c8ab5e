/* SPDX-License-Identifier: ISC */
/* "#!" lines: "#! interpreter [argument]". Blanks around both are dropped, the argument keeps blanks inside.
 * Source: execve(2) "Interpreter scripts"; a line cut at 255 bytes is good if the interpreter's name is whole. */
#include "loader/script.h"

#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static char *skip_blanks(char *at, const char *end) {
    while (at < end && is_blank(*at)) at++;
    return at;
}

/* The first blank, zero or end. */
static char *skip_word(char *at, const char *end) {
    while (at < end && !is_blank(*at) && *at != '\0') at++;
    return at;
}

bool script_parse(char line[SCRIPT_LINE_MAX], struct script *out) {
    char *end = memchr(line, '\n', SCRIPT_LINE_MAX);
    const bool cut = !end;
    if (cut) end = line + SCRIPT_LINE_MAX - 1;
    char *name = skip_blanks(line + 2, end);
    if (cut) {
        const char *name_end = skip_word(name, end);
        if (name_end == end && !is_blank(*end) && *end != '\0') return false;
    }
    while (end > name && is_blank(end[-1])) end--;
    if (name >= end || *name == '\0') return false;
    char *name_end = skip_word(name, end);
    char *argument = name_end < end && is_blank(*name_end) ? skip_blanks(name_end, end) : end;
    *end = '\0';
    *name_end = '\0';
    out->interpreter = name;
    out->argument = *argument ? argument : NULL;
    return true;
}
