/* SPDX-License-Identifier: ISC */
/* One run that is recorded, or replayed from its recording. A recording holds the answers of the host (by a door), of the strategy, when
 * posts were taken, and what the registers were at each system call. A replay gives the same answers in the same order; at the first
 * difference, or where a recording that was cut off ends, it says so in one line and ends the process with SESSION_STATUS.
 * Belongs to whoever makes the machine, then to its carrier. */
#pragma once

#include "cpu/state.h"
#include "host/door.h"
#include "sched/strategy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;
struct trace_reader;

enum { SESSION_STATUS = 125 };

/* facts: names and values, each with its zero (trace/format.h). Returns NULL and *err (-E). */
struct session *session_record(const char *path, const char *facts, size_t n, int *err);
/* reader: moves. shows: what the guest wrote to the process's standard output and error is written again. Returns NULL without memory. */
struct session *session_replay(struct trace_reader *reader, bool shows);

struct host_door *session_door(struct session *session);
/* Of a replay: shows only what comes later in the trace than the event *shown, and moves that. */
void session_show_once(struct session *session, uint64_t *shown);
/* Of a replay: tells from time to time how many of the trace's bytes have been read. */
void session_on_progress(struct session *session, void (*fn)(void *arg, uint64_t at, uint64_t size), void *arg);
/* The strategy of the run: inner with its answers recorded; or the recorded answers, when inner is not used. */
struct strategy *session_strategy(struct session *session, struct strategy *inner);
/* A thread that retired so many instructions makes a system call. arg: the session. */
void session_at_call(void *arg, const struct cpu_state *state, uint64_t retired);
/* The run is over and nobody uses the door any more. status: any number that says how. Frees the session. Returns 0, or -E when the
 * recording could not be written to its end. */
int session_end(struct session *session, int status);
/* Frees it; a recording stays without an end. */
void session_free(struct session *session);
