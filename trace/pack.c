/* SPDX-License-Identifier: ISC */
/* Frame by frame through a reader and a writer. A trace is one file from the start; packing it only makes it smaller. */
#include "trace/pack.h"

#include "base/error.h"
#include "trace/reader.h"
#include "trace/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKED_LEVEL = 19 };

static int copy_frames(struct trace_reader *reader, struct trace_writer *writer) {
    enum trace_frame_type type;
    const uint8_t *bytes;
    size_t n;
    while (trace_reader_next_frame(reader, &type, &bytes, &n)) {
        void *copy = malloc(n + 1);
        if (!copy) return -ENOMEM;
        memcpy(copy, bytes, n);
        trace_writer_put(writer, type, copy, n);
    }
    return 0;
}

int trace_pack(const char *path, const char *to, char *why, size_t size) {
    int err;
    struct trace_reader *reader = trace_reader_open(path, why, size);
    if (!reader) return -1;
    struct trace_writer *writer = trace_writer_new(to, PACKED_LEVEL, &err);
    if (writer) {
        err = copy_frames(reader, writer);
        const int written = trace_writer_free(writer);
        if (!err) err = written;
    }
    trace_reader_free(reader);
    if (err) snprintf(why, size, "cannot write the trace %.150s: %s", to, error_text(err));
    return err ? -1 : 0;
}
