/* SPDX-License-Identifier: ISC */
/* Opens traces for those who replay them. */
#include "machine/session.h"

#include "base/error.h"
#include "trace/reader.h"

#include <stdlib.h>
#include <string.h>

static void free_list(char **list) {
    for (char **at = list; at && *at; at++) free(*at);
    free(list);
}

/* All values of a name. Returns NULL without memory. */
static char **list_of(const struct trace_reader *reader, const char *name) {
    unsigned n = 0;
    while (trace_reader_fact(reader, name, n)) n++;
    char **list = calloc(n + 1, sizeof *list);
    for (unsigned i = 0; list && i < n; i++) {
        list[i] = strdup(trace_reader_fact(reader, name, i));
        if (list[i]) continue;
        free_list(list);
        return NULL;
    }
    return list;
}

static uint64_t number_of(const struct trace_reader *reader, const char *name) {
    const char *text = trace_reader_fact(reader, name, 0);
    return text ? strtoull(text, NULL, 10) : 0;
}

static char *text_of(const struct trace_reader *reader, const char *name) {
    const char *text = trace_reader_fact(reader, name, 0);
    return text ? strdup(text) : NULL;
}

static void take_facts(struct lockstep_trace *trace) {
    const struct trace_reader *reader = trace->reader;
    trace->argv = list_of(reader, "arg");
    trace->envp = list_of(reader, "env");
    trace->cpu = text_of(reader, "cpu");
    trace->net = text_of(reader, "net");
    trace->rootfs = text_of(reader, "rootfs");
    trace->user = text_of(reader, "user");
    trace->points = (unsigned)number_of(reader, "points");
    trace->options.seed = number_of(reader, "seed");
    trace->options.fixed_addresses = number_of(reader, "fixed-addresses");
    trace->options.inherit_descriptors = number_of(reader, "inherit-descriptors");
    trace->options.forward_signals = number_of(reader, "forward-signals");
}

bool lockstep_trace_is(const char *path) {
    return trace_is(path);
}

int lockstep_trace_open(const char *path, struct lockstep_trace **trace, struct lockstep_error *error) {
    struct lockstep_trace *made = calloc(1, sizeof *made);
    *trace = NULL;
    if (!made) return machine_fail(error, LOCKSTEP_NO_RESOURCE, -ENOMEM, "no memory for the trace");
    char why[sizeof error->text];
    made->reader = trace_reader_open(path, why, sizeof why);
    if (!made->reader) {
        free(made);
        return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "%s", why);
    }
    take_facts(made);
    if (!made->argv || !made->argv[0] || !made->envp) {
        lockstep_trace_close(made);
        return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "cannot use the trace %.150s: it does not say what was run", path);
    }
    *trace = made;
    return 0;
}

void lockstep_trace_close(struct lockstep_trace *trace) {
    if (!trace) return;
    trace_reader_free(trace->reader);
    free_list(trace->argv);
    free_list(trace->envp);
    free(trace->cpu);
    free(trace->net);
    free(trace->rootfs);
    free(trace->user);
    free(trace);
}

void lockstep_trace_apply(struct lockstep_trace *trace, struct lockstep_options *options) {
    options->cpu = trace->cpu;
    options->net = trace->net;
    options->rootfs = trace->rootfs;
    options->user = trace->user;
    options->seed = trace->options.seed;
    options->fixed_addresses = trace->options.fixed_addresses;
    options->inherit_descriptors = trace->options.inherit_descriptors;
    options->forward_signals = trace->options.forward_signals;
    options->deterministic = true;
    options->replay = trace;
}

char *const *lockstep_trace_argv(const struct lockstep_trace *trace) {
    return trace->argv;
}

char *const *lockstep_trace_envp(const struct lockstep_trace *trace) {
    return trace->envp;
}
