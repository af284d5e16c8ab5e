/* SPDX-License-Identifier: ISC */
/* What is wrong, in one line, and the exit status that says so. */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

void complain(const char *fmt, ...) {
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    fprintf(stderr, "lockstep: %s\n", line);
}

static int status_of(const struct lockstep_error *error) {
    switch (error->kind) {
    case LOCKSTEP_NOT_FOUND: return STATUS_NOT_FOUND;
    case LOCKSTEP_NOT_RUNNABLE: return STATUS_NOT_RUNNABLE;
    default: return STATUS_BAD_USE;
    }
}

int report_error(const struct lockstep_error *error) {
    complain("%s", error->text);
    return status_of(error);
}
