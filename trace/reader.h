/* SPDX-License-Identifier: ISC */
/* Reads a trace from its start. What it reads may be anything: a bad frame ends it with a reason. One thread. */
#pragma once

#include "trace/format.h"

#include <stdbool.h>
#include <stddef.h>

struct trace_reader;

/* Whether a file begins as a trace does. */
bool trace_is(const char *path);
/* Reads the facts. Returns NULL with one line in why. */
struct trace_reader *trace_reader_open(const char *path, char *why, size_t size);
void trace_reader_free(struct trace_reader *reader);

/* The i-th value of that name among the facts, or what the end says once it was reached; NULL: there are no more. */
const char *trace_reader_fact(const struct trace_reader *reader, const char *name, unsigned i);
const char *trace_reader_end_fact(const struct trace_reader *reader, const char *name);

/* The next frame of the log; the one before is gone. Returns false at the end, and when no whole frame is left. */
bool trace_reader_next_log(struct trace_reader *reader, const uint8_t **bytes, size_t *n);
/* All frames from the first one on, the facts too: instead of the log. */
bool trace_reader_next_frame(struct trace_reader *reader, enum trace_frame_type *type, const uint8_t **bytes, size_t *n);
/* Whether the end of a finished recording was reached; why no frame is left otherwise. */
bool trace_reader_ended(const struct trace_reader *reader);
const char *trace_reader_why(const struct trace_reader *reader);

/* A piece that came before in the trace; lives until the next call. Returns false when there is none. */
bool trace_reader_content(struct trace_reader *reader, const struct trace_key *key, const uint8_t **bytes, size_t *n);

struct trace_totals {
    uint64_t frames[TRACE_FRAME_TYPES], raw[TRACE_FRAME_TYPES], stored[TRACE_FRAME_TYPES];
};
/* Of what was read so far. at, size: bytes of the file. */
void trace_reader_totals(const struct trace_reader *reader, struct trace_totals *out);
void trace_reader_position(const struct trace_reader *reader, uint64_t *at, uint64_t *size);
