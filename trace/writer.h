/* SPDX-License-Identifier: ISC */
/* Writes a trace. Frames are compressed and written by a host thread of the writer's own, in the order in which they were put. All calls
 * come from one thread at a time, save where it says otherwise. */
#pragma once

#include "trace/format.h"

#include <stddef.h>

struct trace_writer;

/* A new file; what is there is replaced. level: zstd's. Returns NULL and *err (-E). */
enum { TRACE_FAST = 1 };
struct trace_writer *trace_writer_new(const char *path, int level, int *err);
/* bytes: malloc'ed, at most TRACE_RAW_MAX; they move to the writer. Waits while the thread is far behind. From any thread. */
void trace_writer_put(struct trace_writer *writer, enum trace_frame_type type, void *bytes, size_t n);
/* Puts a piece of a file unless the trace has it already; at most TRACE_PIECE bytes. Returns 0 with its key, or -ENOMEM. */
int trace_writer_content(struct trace_writer *writer, const void *bytes, uint32_t n, struct trace_key *key);
/* The first error that writing met, 0 or -E; what was put after it is lost. From any thread. */
int trace_writer_error(struct trace_writer *writer);
/* Called every second or so by the writer's thread, from the start until stop returns. */
void trace_writer_on_second(struct trace_writer *writer, void (*fn)(void *arg), void *arg);
/* Writes what was put, ends the thread and frees the writer. Returns the first error. */
int trace_writer_free(struct trace_writer *writer);
