/* SPDX-License-Identifier: ISC */
/* What was put into a trace comes out of it; pieces of files are there once; cut off or damaged anywhere, it gives whole frames and then a
 * reason, never other bytes. */
#include "trace/pack.h"
#include "trace/reader.h"
#include "trace/writer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRAMES = 5, FRAME_SIZE = 700 };

static char path[] = "/tmp/lockstep-trace-XXXXXX", other[] = "/tmp/lockstep-trace-XXXXXX";
static uint8_t *file;
static size_t size;

static void fill(uint8_t *bytes, int frame) {
    for (int i = 0; i < FRAME_SIZE; i++) bytes[i] = (uint8_t)(frame % 2 ? frame : i * 7919 >> 3 ^ frame * i);
}

static void put(struct trace_writer *writer, enum trace_frame_type type, const void *bytes, size_t n) {
    void *copy = malloc(n);
    memcpy(copy, bytes, n);
    trace_writer_put(writer, type, copy, n);
}

static void save(const void *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    cr_assert_eq(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void setup(void) {
    static const char facts[] = "arg\0one\0arg\0two\0seed\0007", end[] = "status\0003";
    uint8_t bytes[FRAME_SIZE];
    struct trace_key key, again;
    int err;
    close(mkstemp(path));
    close(mkstemp(other));
    struct trace_writer *writer = trace_writer_new(path, TRACE_FAST, &err);
    cr_assert(writer, "%d", err);
    put(writer, TRACE_FACTS, facts, sizeof facts);
    for (int i = 0; i < FRAMES; i++) {
        fill(bytes, i);
        put(writer, TRACE_LOG, bytes, sizeof bytes);
        cr_assert_eq(trace_writer_content(writer, bytes, sizeof bytes, &key), 0);
        cr_assert_eq(trace_writer_content(writer, bytes, sizeof bytes, &again), 0);
        cr_assert_eq(memcmp(&key, &again, sizeof key), 0);
    }
    put(writer, TRACE_END, end, sizeof end);
    cr_assert_eq(trace_writer_free(writer), 0);
    FILE *f = fopen(path, "rb");
    file = malloc(1 << 16);
    size = fread(file, 1, 1 << 16, f);
    fclose(f);
}

static void teardown(void) {
    unlink(path);
    unlink(other);
    free(file);
}

TestSuite(frames, .init = setup, .fini = teardown);

/* Reads the log; every frame of it must be the one that was written. Returns how many; -1: it could not be opened. */
static int read_log(const char *name, bool *ended) {
    char why[200];
    uint8_t expected[FRAME_SIZE];
    const uint8_t *bytes;
    size_t n;
    int frames = 0;
    struct trace_reader *reader = trace_reader_open(name, why, sizeof why);
    *ended = false;
    if (!reader) return -1;
    for (; trace_reader_next_log(reader, &bytes, &n); frames++) {
        fill(expected, frames);
        cr_assert(n == sizeof expected && memcmp(bytes, expected, n) == 0, "frame %d", frames);
    }
    *ended = trace_reader_ended(reader);
    trace_reader_free(reader);
    return frames;
}

Test(frames, come_out_as_they_were_put) {
    char why[200];
    bool ended;
    cr_assert_eq(read_log(path, &ended), FRAMES);
    cr_assert(ended);
    struct trace_reader *reader = trace_reader_open(path, why, sizeof why);
    cr_assert_str_eq(trace_reader_fact(reader, "arg", 1), "two");
    cr_assert_null(trace_reader_fact(reader, "arg", 2));
    cr_assert_null(trace_reader_fact(reader, "one", 0), "a value is not a name");
    trace_reader_free(reader);
}

Test(frames, pieces_are_there_once) {
    char why[200];
    uint8_t expected[FRAME_SIZE];
    const uint8_t *bytes;
    size_t n;
    struct trace_totals totals;
    struct trace_reader *reader = trace_reader_open(path, why, sizeof why);
    while (trace_reader_next_log(reader, &bytes, &n)) continue;
    trace_reader_totals(reader, &totals);
    cr_assert_eq(totals.frames[TRACE_CONTENT], FRAMES);
    for (int i = 0; i < FRAMES; i++) {
        fill(expected, i);
        const struct trace_key key = trace_key_of(expected, sizeof expected);
        cr_assert(trace_reader_content(reader, &key, &bytes, &n));
        cr_assert(n == sizeof expected && memcmp(bytes, expected, n) == 0);
    }
    const struct trace_key none = {1, 2};
    cr_assert_not(trace_reader_content(reader, &none, &bytes, &n));
    trace_reader_free(reader);
}

Test(frames, cut_off_anywhere) {
    bool ended;
    int last = -1;
    for (size_t n = 0; n < size; n += 3) {
        save(file, n);
        const int frames = read_log(path, &ended);
        cr_assert(!ended && frames >= last, "%zu", n);
        last = frames;
    }
    cr_assert_eq(last, FRAMES);
}

Test(frames, damaged_anywhere) {
    bool ended;
    for (size_t at = 0; at < size; at++) {
        if (at >= 20 && at < 24) continue; /* reserved */
        file[at] ^= 0x10;
        save(file, size);
        read_log(path, &ended);
        cr_assert_not(ended, "byte %zu", at);
        file[at] ^= 0x10;
    }
}

Test(frames, packed) {
    char why[200];
    bool ended;
    cr_assert_eq(trace_pack(path, other, why, sizeof why), 0, "%s", why);
    cr_assert_eq(read_log(other, &ended), FRAMES);
    cr_assert(ended);
}
