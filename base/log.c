/* SPDX-License-Identifier: ISC */
/* Formats a line into a local buffer and hands it to stderr in one piece. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static void print_line(const char *fmt, va_list ap) {
    char line[1024];
    const int n = vsnprintf(line, sizeof line, fmt, ap);
    if (n < 0) return;
    fprintf(stderr, "lockstep: %s\n", line);
}

void log_error(const struct log *log, const char *fmt, ...) {
    (void)log;
    va_list ap;
    va_start(ap, fmt);
    print_line(fmt, ap);
    va_end(ap);
}

void log_verbose(const struct log *log, const char *fmt, ...) {
    if (!log || !log->verbose) return;
    va_list ap;
    va_start(ap, fmt);
    print_line(fmt, ap);
    va_end(ap);
}
