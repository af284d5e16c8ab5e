/* SPDX-License-Identifier: ISC */
/* Writes a trace again with a few bytes of its log changed, and right checks: mutate TRACE TO SEED. */
#include "base/random.h"
#include "trace/reader.h"
#include "trace/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void change(struct random_stream *random, uint8_t *bytes, size_t n) {
    for (unsigned i = random_below(random, 4) + 1; n && i > 0; i--) {
        uint8_t *at = &bytes[random_below(random, (unsigned)n)];
        if (random_below(random, 2)) *at ^= (uint8_t)(1u << random_below(random, 8));
        else *at = (uint8_t)random_below(random, 256);
    }
}

int main(int argc, char **argv) {
    char why[200];
    int err = 0;
    struct random_stream random = {argc > 3 ? strtoull(argv[3], NULL, 10) : 0};
    struct trace_reader *reader = argc > 3 ? trace_reader_open(argv[1], why, sizeof why) : NULL;
    struct trace_writer *writer = reader ? trace_writer_new(argv[2], TRACE_FAST, &err) : NULL;
    enum trace_frame_type type;
    const uint8_t *bytes;
    size_t n;
    if (!writer) return 2;
    while (trace_reader_next_frame(reader, &type, &bytes, &n)) {
        uint8_t *copy = malloc(n + 1);
        if (!copy) return 2;
        memcpy(copy, bytes, n);
        if (type == TRACE_LOG) change(&random, copy, n);
        trace_writer_put(writer, type, copy, n);
    }
    trace_reader_free(reader);
    return trace_writer_free(writer) ? 2 : 0;
}
