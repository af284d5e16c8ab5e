/* SPDX-License-Identifier: ISC */
/* What the search found, as text: the threads' runs in their order, and at each turn the accesses that explain it: those of the thread that
 * was stopped to places that others accessed meanwhile, and theirs. */
#include "explore/shrink.h"

#include "base/bits.h"
#include "base/error.h"
#include "explore/shared.h"
#include "host/file.h"
#include "host/helper.h"
#include "syscall/linux/abi/fcntl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMER "lockstep-explain"
enum { PLACES_SHOWN = 3, RUNS_SHOWN = 60, LOOK_BACK = 1 << 14 };

struct report {
    const struct shrink_result *result;
    uint64_t n_accesses, n_switches;
    uint8_t *is_shown; /* by access */
    FILE *out;
};

/* --- Which accesses matter --- */

static bool overlap(const struct machine_access *a, const struct machine_access *b) {
    return a->address < b->address + b->size && b->address < a->address + a->size;
}

/* The first access behind `at` that is the thread's (or, !own, is not) to the same place; n: there is none. */
static uint64_t next_of(const struct report *report, uint64_t at, uint64_t end, const struct machine_access *place, bool own, bool write) {
    for (uint64_t i = at; i < end; i++) {
        const struct machine_access *access = &report->result->accesses[i];
        if ((access->thread == place->thread) == own && overlap(access, place) && (access->write || !write)) return i;
    }
    return end;
}

static bool is_seen(const struct machine_access *const *seen, unsigned n, const struct machine_access *place) {
    for (unsigned i = 0; i < n; i++) {
        if (overlap(seen[i], place)) return true;
    }
    return false;
}

/* The thread of accesses[i] is stopped before accesses[at]: have others, before it comes back to that place, done what it would notice? */
static bool mark_place(struct report *report, uint64_t i, uint64_t at) {
    const struct machine_access *place = &report->result->accesses[i];
    const uint64_t n = report->n_accesses, again = next_of(report, at > i ? at : i + 1, n, place, true, false);
    const bool comes_back = again < n && i < at, own_write = place->write || (comes_back && report->result->accesses[again].write);
    const uint64_t end = i < at ? again : i;
    uint64_t other = next_of(report, at, end, place, false, true);
    if (other == end && own_write) other = next_of(report, at, end, place, false, false);
    if (other == end) return false;
    report->is_shown[i] = report->is_shown[other] = 1;
    if (comes_back) report->is_shown[again] = 1;
    return true;
}

/* Around the place where `thread` was stopped: what it had accessed last, latest first, then what it accesses next. */
static void mark_around(struct report *report, uint64_t retired, uint32_t thread) {
    const struct machine_access *seen[PLACES_SHOWN], *all = report->result->accesses;
    unsigned n_seen = 0;
    uint64_t at = 0;
    while (at < report->n_accesses && all[at].retired < retired) at++;
    for (uint64_t i = at; i-- > 0 && at - i < LOOK_BACK && n_seen < PLACES_SHOWN;) {
        if (all[i].thread == thread && !is_seen(seen, n_seen, &all[i]) && mark_place(report, i, at)) seen[n_seen++] = &all[i];
    }
    for (uint64_t i = at; i < report->n_accesses && i - at < LOOK_BACK && n_seen < PLACES_SHOWN; i++) {
        if (all[i].thread == thread && !is_seen(seen, n_seen, &all[i]) && mark_place(report, i, at)) seen[n_seen++] = &all[i];
    }
}

/* --- Text --- */

static void print_failure(const struct report *report) {
    const struct shrink_run *run = &report->result->last;
    switch (run->kind) {
    case EXPLORE_SIGNAL: fprintf(report->out, "The program ends by signal %d.\n", run->code); break;
    case EXPLORE_EXIT: fprintf(report->out, "The program ends with status %d.\n", run->code); break;
    case EXPLORE_DEADLOCK: fprintf(report->out, "The program is deadlocked.\n"); break;
    default: fprintf(report->out, "The program hangs.\n"); break;
    }
    for (const char *line = run->text; *line;) {
        const size_t n = strcspn(line, "\n");
        fprintf(report->out, "    %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static void print_accesses(const struct report *report, uint64_t *at, uint64_t retired) {
    for (; *at < report->n_accesses && report->result->accesses[*at].retired < retired; ++*at) {
        const struct machine_access *access = &report->result->accesses[*at];
        if (!report->is_shown[*at]) continue;
        fprintf(report->out, "        %s %u bytes at 0x%" PRIx64 ": 0x%" PRIx64 "\n", access->write ? "writes" : "reads", access->size, access->address,
                access->rip);
    }
}

static const char *why(uint32_t reason) {
    static const char *const texts[] = {[STRATEGY_SLICE_END] = "is stopped", [STRATEGY_POINT] = "is stopped", [STRATEGY_SPIN] = "spins",
                                        [STRATEGY_YIELD] = "yields", [STRATEGY_SLEEP] = "waits", [STRATEGY_EXIT] = "ends"};
    return reason < ARRAY_LEN(texts) ? texts[reason] : "stops";
}

static bool is_stop(const struct strategy_switch *s) {
    return s->reason <= STRATEGY_POINT;
}

/* The thread that ran before a switch: whoever the last access before it was made by. */
static uint32_t thread_before(const struct report *report, uint64_t which) {
    const struct strategy_switch *s = &report->result->switches[which];
    uint32_t thread = which ? report->result->switches[which - 1].thread : 0;
    for (uint64_t i = 0; i < report->n_accesses && report->result->accesses[i].retired < s->retired; i++) thread = report->result->accesses[i].thread;
    return thread;
}

static void print_runs(const struct report *report) {
    uint64_t at = 0, began = report->result->began;
    uint32_t thread = 0;
    const uint64_t shown = report->n_switches < RUNS_SHOWN ? report->n_switches : RUNS_SHOWN;
    for (uint64_t i = 0; i <= shown; i++) {
        const struct strategy_switch *next = i < report->n_switches ? &report->result->switches[i] : NULL;
        const uint64_t end = next ? next->retired : report->result->began + report->result->last.retired;
        fprintf(report->out, "    thread %u%s\n", thread, i ? " goes on" : "");
        print_accesses(report, &at, next ? end : UINT64_MAX);
        if (!next) break;
        fprintf(report->out, "        %s after %" PRIu64 " instructions%s\n", why(next->reason), end - began, is_stop(next) ? "  <<<" : "");
        thread = next->thread;
        began = end;
    }
    if (report->n_switches > shown) fprintf(report->out, "    and %" PRIu64 " more switches\n", report->n_switches - shown);
}

static void print_search(const struct report *report) {
    const struct shrink_result *result = report->result;
    uint64_t n_stops = 0;
    for (uint64_t i = 0; i < result->n_turns; i++) n_stops += !result->turns[i].is_forced;
    fprintf(report->out, "It needs %" PRIu64 " of the %" PRIu64 " decisions of its schedule, found in %" PRIu64 " runs%s: threads stopped: %" PRIu64
            ", others than the next one chosen: %" PRIu64 ".\n", result->n_turns, result->first.n_turns, result->n_runs,
            result->is_complete ? "" : " (the search was cut short)", n_stops, result->n_turns - n_stops);
    if (result->passing < 0) return;
    const struct strategy_turn *turn = &result->turns[result->passing];
    fprintf(report->out, "It ends well if thread %u, after %" PRIu64 " instructions of its own, is not %s thread %u.\n", turn->thread, turn->ran,
            turn->is_forced ? "followed by" : "stopped for", turn->next);
}

static void print(struct report *report) {
    for (uint64_t i = 0; i < report->n_switches; i++) {
        const struct strategy_switch *s = &report->result->switches[i];
        if (is_stop(s)) mark_around(report, s->retired, thread_before(report, i));
    }
    print_failure(report);
    print_search(report);
    fprintf(report->out, "From the place on where the program makes its first thread or process:\n");
    print_runs(report);
}

/* --- With names --- */

static int copy(int from, int to) {
    char bytes[4096];
    int64_t n;
    for (int64_t at = 0; (n = host_file_read_at(from, bytes, sizeof bytes, at)) > 0; at += n) {
        for (int64_t done = 0; done < n;) {
            const int64_t r = host_file_write(to, bytes + done, (size_t)(n - done));
            if (r < 0) return (int)r;
            done += r;
        }
    }
    return (int)n;
}

static int show(const struct shrink_result *result, const char *root, const char *text, size_t size, int to) {
    const bool is_named = host_helper_exists(NAMER);
    const int fd = host_file_memory("report", 0);
    if (fd < 0) return fd;
    if (is_named) host_file_write(fd, result->maps, strlen(result->maps));
    if (is_named) host_file_write(fd, "\n", 1);
    host_file_write(fd, text, size);
    host_file_seek(fd, 0, 0);
    char *argv[] = {(char *)(uintptr_t)NAMER, (char *)(uintptr_t)"--names", (char *)(uintptr_t)(root ? root : ""), NULL};
    const int r = is_named ? host_helper_run(NAMER, argv, fd, to) : copy(fd, to);
    host_file_close(fd);
    return r > 0 ? -EIO : r;
}

int shrink_report(const struct shrink_result *result, const char *root, int to) {
    struct report report = {.result = result, .n_accesses = result->last.n_accesses, .n_switches = result->last.n_switches};
    char *text = NULL;
    size_t size = 0;
    if (report.n_accesses > SHRINK_ACCESSES) report.n_accesses = SHRINK_ACCESSES;
    if (report.n_switches > SHRINK_SWITCHES) report.n_switches = SHRINK_SWITCHES;
    report.is_shown = calloc(report.n_accesses + 1, 1);
    report.out = open_memstream(&text, &size);
    int r = report.is_shown && report.out ? 0 : -ENOMEM;
    if (r == 0) print(&report);
    if (report.out && fclose(report.out) != 0) r = -ENOMEM;
    if (r == 0) r = show(result, root, text, size, to);
    free(report.is_shown);
    free(text);
    return r;
}

int shrink_write_schedule(const struct shrink_result *result, const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) return -EACCES;
    fputs("lockstep schedule 1\n", file);
    for (uint64_t i = 0; i < result->last.n_switches && i < SHRINK_SWITCHES; i++) {
        const struct strategy_switch *s = &result->switches[i];
        fprintf(file, "%" PRIu64 " %" PRIu32 " %" PRIu32 "\n", s->retired, s->thread, s->reason);
    }
    const bool failed = ferror(file) != 0;
    return fclose(file) != 0 || failed ? -EIO : 0;
}
