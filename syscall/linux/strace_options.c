/* SPDX-License-Identifier: ISC */
/* What is traced and where it goes; the table of --strace-count. */
#include "syscall/linux/strace_options.h"
#include "syscall/linux/dispatch.h"

#include "base/bits.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Classes of table.def by the names that a filter uses. */
static const struct class_name {
    const char *name;
    enum syscall_class class;
} classes[] = {
    {"file", SYSCALL_FILE},     {"network", SYSCALL_NET}, {"net", SYSCALL_NET},     {"memory", SYSCALL_MEMORY},
    {"process", SYSCALL_PROCESS}, {"signal", SYSCALL_SIGNAL}, {"futex", SYSCALL_FUTEX}, {"time", SYSCALL_TIME},
    {"sched", SYSCALL_SCHED},   {"creds", SYSCALL_IDS},   {"ipc", SYSCALL_IPC},     {"system", SYSCALL_SYSTEM},
};

static bool matches(const struct syscall_row *row, const char *item, size_t n) {
    if (*item != '%') return strlen(row->name) == n && strncmp(row->name, item, n) == 0;
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        if (strlen(classes[i].name) == n - 1 && strncmp(classes[i].name, item + 1, n - 1) == 0) return row->class == classes[i].class;
    }
    return false;
}

/* Takes the calls of one item in or out; false: there are none. */
static bool apply(struct strace *strace, const char *item, size_t n) {
    const bool in = *item != '!';
    bool found = false;
    if (!in) {
        item++;
        n--;
    }
    for (uint64_t number = 0; number < STRACE_NUMBERS; number++) {
        const struct syscall_row *row = syscall_row(number);
        if (!row || !n || !matches(row, item, n)) continue;
        strace->wanted[number] = in;
        found = true;
    }
    return found;
}

/* A filter that begins with an exclusion begins with everything. */
static bool set_filter(struct strace *strace, const char *filter, char *reason, size_t size) {
    strace->filtered = filter != NULL;
    for (int i = 0; i < STRACE_NUMBERS; i++) strace->wanted[i] = !filter || *filter == '!';
    while (filter && *filter) {
        const size_t n = strcspn(filter, ",");
        if (!apply(strace, filter, n)) {
            snprintf(reason, size, "there is no system call or class %.*s", n < 60 ? (int)n : 60, filter);
            return false;
        }
        filter += n + (filter[n] == ',');
    }
    return true;
}

static bool open_output(struct strace *strace, const char *file, char *reason, size_t size) {
    /* "e": not the guest's to inherit. */
    strace->out = file ? fopen(file, "we") : stderr;
    if (!strace->out) {
        snprintf(reason, size, "cannot write %.200s", file);
        return false;
    }
    if (file) setvbuf(strace->out, NULL, _IOLBF, 8192);
    return true;
}

struct strace *strace_new(const struct strace_options *options, char *reason, size_t size) {
    struct strace *strace = calloc(1, sizeof *strace);
    if (!strace) {
        snprintf(reason, size, "no memory");
        return NULL;
    }
    strace->lines = options->lines;
    strace->count = options->count;
    strace->clock = options->clock;
    strace->relative = options->relative;
    strace->duration = options->duration;
    if (!set_filter(strace, options->filter, reason, size) || !open_output(strace, options->file, reason, size)) {
        free(strace);
        return NULL;
    }
    host_mutex_init(&strace->lock);
    return strace;
}

struct total {
    uint64_t calls, errors;
    int64_t cpu_ns;
};

/* By time, then by calls, then by number. */
static bool goes_before(const struct strace *strace, int a, int b) {
    const int64_t x = atomic_load(&strace->sums[a].cpu_ns), y = atomic_load(&strace->sums[b].cpu_ns);
    const uint64_t n = atomic_load(&strace->sums[a].calls), m = atomic_load(&strace->sums[b].calls);
    return x != y ? x > y : n != m ? n > m : a < b;
}

/* Numbers that were called, in the order to show; returns how many. */
static int sort(const struct strace *strace, int order[STRACE_NUMBERS]) {
    int n = 0;
    for (int number = 0; number < STRACE_NUMBERS; number++) {
        if (!atomic_load(&strace->sums[number].calls)) continue;
        int at = n++;
        for (; at > 0 && goes_before(strace, number, order[at - 1]); at--) order[at] = order[at - 1];
        order[at] = number;
    }
    return n;
}

static void print_row(FILE *out, const struct total *t, const struct total *all, const char *name) {
    const double percent = all->cpu_ns ? 100.0 * (double)t->cpu_ns / (double)all->cpu_ns : 0;
    fprintf(out, "%6.2f %11.6f %11" PRIu64 " %9" PRIu64 " ", percent, (double)t->cpu_ns / 1e9,
            t->calls ? (uint64_t)t->cpu_ns / 1000 / t->calls : 0, t->calls);
    if (t->errors) fprintf(out, "%9" PRIu64 " %s\n", t->errors, name);
    else fprintf(out, "%9s %s\n", "", name);
}

static void print_table(struct strace *strace) {
    static const char rule[] = "------ ----------- ----------- --------- --------- ----------------\n";
    int order[STRACE_NUMBERS];
    struct total all = {0};
    const int n = sort(strace, order);
    for (int i = 0; i < n; i++) {
        all.calls += atomic_load(&strace->sums[order[i]].calls);
        all.errors += atomic_load(&strace->sums[order[i]].errors);
        all.cpu_ns += atomic_load(&strace->sums[order[i]].cpu_ns);
    }
    fprintf(strace->out, "%% time     seconds  usecs/call     calls    errors syscall\n%s", rule);
    for (int i = 0; i < n; i++) {
        const struct strace_sum *sum = &strace->sums[order[i]];
        const struct syscall_row *row = syscall_row((uint64_t)order[i]);
        const struct total one = {atomic_load(&sum->calls), atomic_load(&sum->errors), atomic_load(&sum->cpu_ns)};
        print_row(strace->out, &one, &all, row ? row->name : "unknown");
    }
    fputs(rule, strace->out);
    print_row(strace->out, &all, &all, "total");
}

void strace_free(struct strace *strace) {
    if (!strace) return;
    if (strace->count) print_table(strace);
    if (strace->out != stderr) fclose(strace->out);
    host_mutex_fini(&strace->lock);
    free(strace);
}
