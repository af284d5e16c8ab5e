/* SPDX-License-Identifier: ISC */
/* Says what a trace is and holds, and writes it again as small as it goes. */
#include "include/lockstep/trace.h"
#include "machine/machine.h"
#include "replay/dump.h"
#include "trace/pack.h"
#include "trace/reader.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_command(FILE *out, const struct trace_reader *reader) {
    fprintf(out, "program     ");
    for (unsigned i = 0; trace_reader_fact(reader, "arg", i); i++) fprintf(out, "%s%s", i ? " " : "", trace_reader_fact(reader, "arg", i));
    fprintf(out, "\n");
}

static void print_fact(FILE *out, const struct trace_reader *reader, const char *title, const char *name) {
    const char *value = trace_reader_fact(reader, name, 0);
    if (value) fprintf(out, "%-12s%s\n", title, value);
}

static void print_totals(FILE *out, const struct trace_reader *reader) {
    static const char *const names[] = {[TRACE_FACTS] = "facts", [TRACE_LOG] = "log", [TRACE_CONTENT] = "files", [TRACE_END] = "end"};
    struct trace_totals totals;
    trace_reader_totals(reader, &totals);
    for (int i = TRACE_FACTS; i < TRACE_FRAME_TYPES; i++) {
        fprintf(out, "%-12s%" PRIu64 " frames, %" PRIu64 " bytes, %" PRIu64 " stored\n", names[i], totals.frames[i], totals.raw[i], totals.stored[i]);
    }
}

static void print_end(FILE *out, const struct trace_reader *reader) {
    const char *status = trace_reader_end_fact(reader, "status"), *calls = trace_reader_end_fact(reader, "calls");
    const char *entries = trace_reader_end_fact(reader, "entries");
    if (trace_reader_ended(reader)) {
        fprintf(out, "ended       status %s after %s system calls, %s events\n", status ? status : "?", calls ? calls : "?", entries ? entries : "?");
    } else {
        fprintf(out, "ended       no: %s\n", trace_reader_why(reader));
    }
}

int lockstep_trace_describe(const char *path, bool dump, void *out, struct lockstep_error *error) {
    char why[sizeof error->text];
    const uint8_t *bytes;
    size_t n;
    struct trace_reader *reader = trace_reader_open(path, why, sizeof why);
    if (!reader) return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "%s", why);
    print_command(out, reader);
    print_fact(out, reader, "recorded by", "lockstep");
    print_fact(out, reader, "seed", "seed");
    print_fact(out, reader, "network", "net");
    print_fact(out, reader, "root", "rootfs");
    bool good = true;
    while (good && trace_reader_next_log(reader, &bytes, &n)) {
        if (dump) good = replay_dump(bytes, n, out);
    }
    print_totals(out, reader);
    print_end(out, reader);
    const bool whole = good && trace_reader_ended(reader);
    snprintf(why, sizeof why, "%s", good ? trace_reader_why(reader) : "an entry is damaged");
    trace_reader_free(reader);
    return whole ? 0 : machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "the trace %.150s ends here: %s", path, why);
}

int lockstep_trace_pack(const char *path, const char *to, struct lockstep_error *error) {
    char why[sizeof error->text];
    if (trace_pack(path, to, why, sizeof why) == 0) return 0;
    return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "%s", why);
}
