/* SPDX-License-Identifier: ISC */
/* The first line of a script. Pure. For loader/ only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { SCRIPT_LINE_MAX = 256 };

struct script {
    const char *interpreter; /* both point into the line that was parsed */
    const char *argument;    /* NULL when there is none; may contain spaces */
};

static inline bool script_is(const char line[SCRIPT_LINE_MAX]) {
    return line[0] == '#' && line[1] == '!';
}

/* Splits a line that script_is accepts: the first SCRIPT_LINE_MAX bytes of the file, zeros after its end. Writes
 * zeros into it. Returns false when there is no interpreter or its name may be cut off (ENOEXEC). */
bool script_parse(char line[SCRIPT_LINE_MAX], struct script *out);
