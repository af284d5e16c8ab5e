/* SPDX-License-Identifier: ISC */
/* What the runs have shown: counts, each failure once, a line that lives while it goes on, and JSON lines in the directory. The JSON is
 * flat and written here: the program is linked statically, and the JSON libraries of the hosts are not there for that. */
#include "explore/shared.h"

#include "base/bits.h"
#include "host/clock.h"
#include "host/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096, FAILURES_MAX = 256, STANDARD_ERROR = 2 };
#define NS_PER_SECOND 1e9

static const char *const kind_names[] = {"ok", "signal", "exit", "output", "deadlock", "hang", "broken"};

struct failure {
    uint64_t key, n;
    struct explore_report first;
};

struct explore_tally {
    const struct explore_options *options;
    FILE *json;              /* NULL: none */
    bool is_live;
    int64_t began_ns, ended_ns; /* of the search; ended_ns 0: it goes on */
    uint64_t runs, n_failed;
    uint64_t *behaviours;    /* owned, sorted by nothing: open addressing, 0: free */
    size_t n_behaviours, room;
    struct failure *failures; /* owned */
    unsigned n_failures;
};

struct explore_tally *explore_tally_new(const struct explore_options *options) {
    struct explore_tally *tally = calloc(1, sizeof *tally);
    struct host_winsize size;
    if (!tally) return NULL;
    tally->options = options;
    tally->began_ns = host_clock_monotonic_ns();
    tally->room = 1 << 12;
    tally->behaviours = calloc(tally->room, sizeof *tally->behaviours);
    tally->failures = calloc(FAILURES_MAX, sizeof *tally->failures);
    tally->is_live = !options->quiet && host_terminal_get_size(STANDARD_ERROR, &size) == 0;
    if (tally->behaviours && tally->failures) return tally;
    explore_tally_free(tally);
    return NULL;
}

void explore_tally_free(struct explore_tally *tally) {
    if (!tally) return;
    if (tally->json) fclose(tally->json);
    free(tally->behaviours);
    free(tally->failures);
    free(tally);
}

static void insert(uint64_t *table, size_t room, uint64_t value) {
    size_t i = value % room;
    while (table[i] && table[i] != value) i = (i + 1) % room;
    table[i] = value;
}

static bool is_known(const struct explore_tally *tally, uint64_t value) {
    size_t i = value % tally->room;
    while (tally->behaviours[i] && tally->behaviours[i] != value) i = (i + 1) % tally->room;
    return tally->behaviours[i] == value;
}

static void add_behaviour(struct explore_tally *tally, uint64_t value) {
    value |= 1;
    if (is_known(tally, value)) return;
    if (2 * tally->n_behaviours >= tally->room) {
        uint64_t *grown = calloc(2 * tally->room, sizeof *grown);
        if (!grown) return;
        for (size_t i = 0; i < tally->room; i++) {
            if (tally->behaviours[i]) insert(grown, 2 * tally->room, tally->behaviours[i]);
        }
        free(tally->behaviours);
        tally->behaviours = grown;
        tally->room *= 2;
    }
    insert(tally->behaviours, tally->room, value);
    tally->n_behaviours++;
}

static void put_string(FILE *out, const char *name, const char *text) {
    fprintf(out, "\"%s\":\"", name);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '"' || *at == '\\') fprintf(out, "\\%c", *at);
        else if (*at < 0x20 || *at >= 0x7f) fprintf(out, "\\u%04x", *at);
        else putc(*at, out);
    }
    putc('"', out);
}

/* The command that does it again. */
static void reproduce(const struct explore_tally *tally, char *out, size_t size, uint64_t key) {
    const struct explore_options *options = tally->options;
    char path[PATH_SIZE];
    explore_failure_path(path, sizeof path, options, key, "schedule");
    size_t used = (size_t)snprintf(out, size, "lockstep run --deterministic --seed %" PRIu64 " --schedule %s --", options->machine.seed, path);
    for (int i = 0; options->argv[i] && used < size; i++) used += (size_t)snprintf(out + used, size - used, " %s", options->argv[i]);
    if (used < size) snprintf(out + used, size - used, " </dev/null 2>&1 | cat");
}

static FILE *json_of(struct explore_tally *tally) {
    char path[PATH_SIZE];
    if (tally->json || !tally->options->directory) return tally->json;
    snprintf(path, sizeof path, "%s/results.jsonl", tally->options->directory);
    tally->json = fopen(path, "a");
    return tally->json;
}

static void write_failure(struct explore_tally *tally, const struct explore_report *report) {
    char command[PATH_SIZE];
    FILE *out = json_of(tally);
    if (!out) return;
    reproduce(tally, command, sizeof command, report->key);
    fprintf(out, "{\"type\":\"failure\",\"run\":%" PRIu64 ",\"kind\":\"%s\",\"code\":%d,\"key\":\"%016" PRIx64 "\",\"instructions\":%" PRIu64 ",",
            report->run, kind_names[report->kind], report->code, report->key, report->retired);
    put_string(out, "strategy", report->strategy);
    fprintf(out, ",\"seed\":%" PRIu64 ",", explore_seed(tally->options, report->run));
    put_string(out, "text", report->text);
    putc(',', out);
    put_string(out, "reproduce", command);
    fputs("}\n", out);
    fflush(out);
}

static void clear_line(const struct explore_tally *tally) {
    if (tally->is_live) fputs("\r\033[K", stderr);
}

static void print_failure(const struct explore_tally *tally, const struct explore_report *report) {
    char command[PATH_SIZE];
    clear_line(tally);
    printf("schedule %" PRIu64 " (%s): %s", report->run + 1, report->strategy, kind_names[report->kind]);
    if (report->kind == EXPLORE_SIGNAL || report->kind == EXPLORE_EXIT) printf(" %d", report->code);
    putchar('\n');
    for (const char *line = report->text; *line;) {
        const size_t n = strcspn(line, "\n");
        printf("    %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
    if (tally->options->directory) {
        reproduce(tally, command, sizeof command, report->key);
        printf("    again: %s\n", command);
    }
    fflush(stdout);
}

static struct failure *find_failure(struct explore_tally *tally, const struct explore_report *report) {
    for (unsigned i = 0; i < tally->n_failures; i++) {
        if (tally->failures[i].key == report->key) return &tally->failures[i];
    }
    if (tally->n_failures == FAILURES_MAX) return NULL;
    struct failure *made = &tally->failures[tally->n_failures++];
    *made = (struct failure){.key = report->key, .first = *report};
    print_failure(tally, report);
    return made;
}

void explore_tally_add(struct explore_tally *tally, const struct explore_report *report) {
    tally->runs++;
    add_behaviour(tally, report->behaviour);
    if (report->kind == EXPLORE_OK) return;
    tally->n_failed++;
    struct failure *failure = find_failure(tally, report);
    if (failure) failure->n++;
    if (failure && failure->n == 1) write_failure(tally, report);
}

static void record_failure(struct explore_tally *tally, const struct explore_report *report) {
    char path[PATH_SIZE];
    FILE *out = json_of(tally);
    if (!out || !explore_record(tally->options, report->key, report->kind)) return;
    explore_failure_path(path, sizeof path, tally->options, report->key, "trace");
    printf("schedule %" PRIu64 ": for lockstep replay or debug: %s\n", report->run + 1, path);
    fprintf(out, "{\"type\":\"trace\",\"key\":\"%016" PRIx64 "\",", report->key);
    put_string(out, "path", path);
    fputs("}\n", out);
    fflush(out);
}

void explore_tally_record(struct explore_tally *tally) {
    tally->ended_ns = host_clock_monotonic_ns();
    if (!tally->options->directory) return;
    clear_line(tally);
    fflush(stdout);
    for (unsigned i = 0; i < tally->n_failures; i++) record_failure(tally, &tally->failures[i].first);
}

static double seconds_of(const struct explore_tally *tally) {
    const int64_t now = tally->ended_ns ? tally->ended_ns : host_clock_monotonic_ns();
    return (double)(now - tally->began_ns) / NS_PER_SECOND;
}

static void print_counts(const struct explore_tally *tally, FILE *out) {
    const double seconds = seconds_of(tally);
    fprintf(out, "%" PRIu64 " schedules in %.1f s (%.0f/s), %zu behaviours, %" PRIu64 " failed, %u distinct", tally->runs, seconds,
            seconds > 0 ? (double)tally->runs / seconds : 0.0, tally->n_behaviours, tally->n_failed, tally->n_failures);
}

static void print_time_left(const struct explore_tally *tally) {
    const struct explore_options *options = tally->options;
    const double seconds = seconds_of(tally);
    double left = tally->runs ? seconds / (double)tally->runs * (double)(options->runs - tally->runs) : 0;
    if (options->seconds && (double)options->seconds - seconds < left) left = (double)options->seconds - seconds;
    if (left > 0 && options->runs != UINT64_MAX) fprintf(stderr, ", %.0f s left", left);
}

static void write_summary(struct explore_tally *tally) {
    FILE *out = json_of(tally);
    if (!out) return;
    fprintf(out, "{\"type\":\"summary\",\"schedules\":%" PRIu64 ",\"seconds\":%.3f,\"behaviours\":%zu,\"failed\":%" PRIu64 ",\"distinct\":%u}\n",
            tally->runs, seconds_of(tally), tally->n_behaviours, tally->n_failed, tally->n_failures);
    fflush(out);
}

void explore_tally_show(struct explore_tally *tally, bool is_last) {
    if (!is_last && !tally->is_live) return;
    clear_line(tally);
    if (is_last) {
        print_counts(tally, stdout);
        putchar('\n');
        write_summary(tally);
        return;
    }
    print_counts(tally, stderr);
    print_time_left(tally);
    fflush(stderr);
}

uint64_t explore_tally_runs(const struct explore_tally *tally) {
    return tally->runs;
}

uint64_t explore_tally_failures(const struct explore_tally *tally) {
    return tally->n_failed;
}
