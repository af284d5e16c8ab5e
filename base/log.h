/* SPDX-License-Identifier: ISC */
/* Lines for the user on stderr, each beginning with "lockstep: ". One log per machine, no global. */
#pragma once

#include <stdbool.h>

struct log {
    bool verbose; /* immutable after init */
};

/* Prints one line. fmt has no newline. Async-signal-unsafe; one write(2) per line, so lines of threads do not mix. */
void log_error(const struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, only under --verbose. */
void log_verbose(const struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
