/* SPDX-License-Identifier: ISC */
/* Options as facts of a trace and back; the session of a machine from its beginning to its end. */
#include "machine/session.h"

#include "base/bits.h"
#include "base/error.h"
#include "replay/session.h"
#include "trace/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names and values with their zeros. */
struct facts {
    char *bytes; /* owned */
    size_t n, room;
    bool failed;
};

static void put(struct facts *facts, const char *text) {
    const size_t n = strlen(text) + 1;
    if (facts->n + n > facts->room) {
        char *grown = realloc(facts->bytes, facts->room = 2 * (facts->n + n));
        facts->failed |= !grown;
        if (!grown) return;
        facts->bytes = grown;
    }
    memcpy(facts->bytes + facts->n, text, n);
    facts->n += n;
}

static void fact(struct facts *facts, const char *name, const char *value) {
    if (!value || facts->failed) return;
    put(facts, name);
    put(facts, value);
}

static void fact_number(struct facts *facts, const char *name, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    fact(facts, name, text);
}

static void facts_of(struct facts *facts, const struct lockstep_options *options, unsigned points) {
    fact(facts, "lockstep", lockstep_version());
    for (char *const *arg = options->record_argv; arg && *arg; arg++) fact(facts, "arg", *arg);
    for (char *const *env = options->record_envp; env && *env; env++) fact(facts, "env", *env);
    fact(facts, "cpu", options->cpu);
    fact(facts, "net", options->net);
    fact(facts, "rootfs", options->rootfs);
    fact(facts, "user", options->user);
    fact_number(facts, "seed", options->seed);
    fact_number(facts, "fixed-addresses", options->fixed_addresses);
    fact_number(facts, "inherit-descriptors", options->inherit_descriptors);
    fact_number(facts, "forward-signals", options->forward_signals);
    fact_number(facts, "points", points);
}

static int record(struct lockstep_machine *machine, const struct lockstep_options *options, struct lockstep_error *error) {
    struct facts facts = {.n = 0};
    int err = -ENOMEM;
    facts_of(&facts, options, machine->chosen->points);
    if (!facts.failed) machine->session = session_record(options->record, facts.bytes, facts.n, &err);
    free(facts.bytes);
    if (machine->session) return 0;
    return machine_fail(error, LOCKSTEP_UNAVAILABLE, err, "cannot record to %.150s: %s", options->record, error_text(err));
}

static int replay(struct lockstep_machine *machine, const struct lockstep_options *options, struct lockstep_error *error) {
    struct lockstep_trace *trace = options->replay;
    struct trace_reader *reader = trace->reader;
    trace->reader = NULL;
    machine->chosen->points = trace->points;
    if (reader) machine->session = session_replay(reader, !options->quiet);
    if (machine->session) session_show_once(machine->session, options->shown);
    return machine->session ? 0 : machine_fail(error, LOCKSTEP_NO_RESOURCE, -ENOMEM, "no memory for the machine, or the trace was replayed before");
}

int machine_make_session(struct lockstep_machine *machine, const struct lockstep_options *options, struct lockstep_error *error) {
    if (!options->record && !options->replay) return 0;
    if (options->record && options->replay) return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "a replay cannot be recorded");
    if (options->explain_crash) return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "--explain-crash does not go with a recording");
    if (options->record ? record(machine, options, error) : replay(machine, options, error)) return -1;
    machine_show_progress(machine, options);
    host_door_set(session_door(machine->session));
    return 0;
}

struct strategy *machine_session_strategy(struct lockstep_machine *machine, struct strategy *inner) {
    return machine->session ? session_strategy(machine->session, inner) : inner;
}

void machine_end_session(struct lockstep_machine *machine) {
    host_door_set(NULL);
    if (!machine->session) return;
    if (!machine->ended) {
        session_free(machine->session);
        return;
    }
    const int err = session_end(machine->session, machine->status);
    if (err) log_error(&machine->log, "the recording is cut off: %s", error_text(err));
}
