/* SPDX-License-Identifier: ISC */
/* Frame by frame; only where the pieces of files lie is kept. Reads by offset, so that a forked process may go on by itself. */
#include "trace/reader.h"

#include "base/error.h"
#include "host/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#define UTHASH_NO_STDIO 1
#include <uthash.h>

struct piece {
    struct trace_key key;
    uint64_t at; /* of its frame */
    UT_hash_handle hh;
};

/* A frame as it was given to the writer. */
struct loaded {
    enum trace_frame_type type;
    uint8_t *bytes; /* owned */
    uint32_t n, stored;
};

struct trace_reader {
    int fd;
    uint64_t at, size;
    bool ended;
    const char *why;
    struct loaded facts, end, log, content;
    struct piece *pieces;
    struct trace_totals totals;
};

static bool read_all(int fd, void *out, size_t n, uint64_t at) {
    for (size_t done = 0; done < n;) {
        const int64_t got = host_file_read_at(fd, (char *)out + done, n - done, (int64_t)(at + done));
        if (got == -EINTR) continue;
        if (got <= 0) return false;
        done += (size_t)got;
    }
    return true;
}

static bool unpack(const struct trace_frame *frame, uint8_t *stored, uint8_t **out) {
    *out = stored;
    if (frame->stored == frame->raw) return true;
    *out = malloc(frame->raw + 1);
    const size_t n = *out ? ZSTD_decompress(*out, frame->raw, stored, frame->stored) : 0;
    free(stored);
    if (*out && n == frame->raw) return true;
    free(*out);
    return false;
}

/* Returns NULL, or why there is no whole frame. */
static const char *load(struct trace_reader *reader, uint64_t at, struct loaded *out) {
    struct trace_frame frame;
    free(out->bytes);
    *out = (struct loaded){.bytes = NULL};
    if (at >= reader->size) return "it was cut off";
    if (!read_all(reader->fd, &frame, sizeof frame, at)) return "its last frame is cut off";
    if (frame.raw > TRACE_RAW_MAX || frame.stored > frame.raw || frame.type == 0 || frame.type >= TRACE_FRAME_TYPES) return "a frame is damaged";
    uint8_t *stored = malloc(frame.stored + 1), *bytes = NULL;
    if (!stored || !read_all(reader->fd, stored, frame.stored, at + sizeof frame)) {
        free(stored);
        return stored ? "its last frame is cut off" : "there is no memory";
    }
    if (trace_check(&frame, stored) != frame.check) {
        free(stored);
        return "a frame is damaged";
    }
    if (!unpack(&frame, stored, &bytes)) return "a frame is damaged";
    *out = (struct loaded){(enum trace_frame_type)frame.type, bytes, frame.raw, frame.stored};
    return NULL;
}

static void count(struct trace_reader *reader, const struct loaded *frame) {
    reader->totals.frames[frame->type]++;
    reader->totals.raw[frame->type] += frame->n;
    reader->totals.stored[frame->type] += frame->stored;
}

static bool note_piece(struct trace_reader *reader, const struct loaded *frame, uint64_t at) {
    struct piece *piece = frame->n >= sizeof piece->key ? malloc(sizeof *piece) : NULL, *known;
    if (!piece) return false;
    memcpy(&piece->key, frame->bytes, sizeof piece->key);
    piece->at = at;
    HASH_FIND(hh, reader->pieces, &piece->key, sizeof piece->key, known);
    if (known) free(piece);
    else HASH_ADD(hh, reader->pieces, key, sizeof piece->key, piece);
    return true;
}

/* Loads the frame at the position and moves on. */
static bool step(struct trace_reader *reader, struct loaded *out) {
    const uint64_t at = reader->at;
    reader->why = load(reader, at, out);
    if (reader->why) return false;
    reader->at += sizeof(struct trace_frame) + out->stored;
    count(reader, out);
    if (out->type == TRACE_CONTENT && !note_piece(reader, out, at)) reader->why = "a frame is damaged";
    return !reader->why;
}

bool trace_reader_next_log(struct trace_reader *reader, const uint8_t **bytes, size_t *n) {
    while (!reader->ended && step(reader, &reader->log)) {
        if (reader->log.type == TRACE_LOG) {
            *bytes = reader->log.bytes;
            *n = reader->log.n;
            return true;
        }
        if (reader->log.type != TRACE_END) continue;
        reader->end = reader->log;
        reader->log = (struct loaded){.bytes = NULL};
        reader->ended = true;
    }
    return false;
}

bool trace_reader_next_frame(struct trace_reader *reader, enum trace_frame_type *type, const uint8_t **bytes, size_t *n) {
    if (!reader->log.bytes) reader->at = sizeof(struct trace_start); /* the facts were read before */
    if (reader->ended || !step(reader, &reader->log)) return false;
    reader->ended = reader->log.type == TRACE_END;
    *type = reader->log.type;
    *bytes = reader->log.bytes;
    *n = reader->log.n;
    return true;
}

bool trace_reader_content(struct trace_reader *reader, const struct trace_key *key, const uint8_t **bytes, size_t *n) {
    struct piece *piece;
    HASH_FIND(hh, reader->pieces, key, sizeof *key, piece);
    if (!piece || load(reader, piece->at, &reader->content) || reader->content.n < sizeof *key) return false;
    *bytes = reader->content.bytes + sizeof *key;
    *n = reader->content.n - sizeof *key;
    return true;
}

/* The i-th value of that name in names and values with their zeros. */
static const char *find_fact(const struct loaded *facts, const char *name, unsigned i) {
    const char *at = (const char *)facts->bytes, *const end = at + facts->n;
    while (at && at < end) {
        const char *value = memchr(at, 0, (size_t)(end - at));
        const char *stop = value && value + 1 < end ? memchr(value + 1, 0, (size_t)(end - value - 1)) : NULL;
        if (!stop) return NULL;
        if (strcmp(at, name) == 0 && i-- == 0) return value + 1;
        at = stop + 1;
    }
    return NULL;
}

const char *trace_reader_fact(const struct trace_reader *reader, const char *name, unsigned i) {
    return find_fact(&reader->facts, name, i);
}

const char *trace_reader_end_fact(const struct trace_reader *reader, const char *name) {
    return find_fact(&reader->end, name, 0);
}

bool trace_reader_ended(const struct trace_reader *reader) {
    return reader->ended;
}

const char *trace_reader_why(const struct trace_reader *reader) {
    return reader->why ? reader->why : "it is whole";
}

void trace_reader_totals(const struct trace_reader *reader, struct trace_totals *out) {
    *out = reader->totals;
}

void trace_reader_position(const struct trace_reader *reader, uint64_t *at, uint64_t *size) {
    *at = reader->at;
    *size = reader->size;
}

static const char *read_start(struct trace_reader *reader) {
    struct trace_start start;
    if (!read_all(reader->fd, &start, sizeof start, 0) || memcmp(start.magic, TRACE_MAGIC, sizeof TRACE_MAGIC) != 0) return "it is not a trace";
    if (start.version > TRACE_VERSION) return "it was made by a newer version of lockstep, which can replay it";
    if (start.version != TRACE_VERSION) return "it was made by an older version of lockstep, which can replay it";
    reader->at = sizeof start;
    if (!step(reader, &reader->facts)) return reader->why;
    return reader->facts.type == TRACE_FACTS ? NULL : "a frame is damaged";
}

bool trace_is(const char *path) {
    struct trace_start start;
    const int fd = host_file_open_at(HOST_CWD, path, 0, 0);
    const bool is = fd >= 0 && read_all(fd, &start, sizeof start, 0) && memcmp(start.magic, TRACE_MAGIC, sizeof TRACE_MAGIC) == 0;
    if (fd >= 0) host_file_close(fd);
    return is;
}

struct trace_reader *trace_reader_open(const char *path, char *why, size_t size) {
    struct trace_reader *reader = calloc(1, sizeof *reader);
    struct host_stat stat = {0};
    if (reader) reader->fd = host_file_open_at(HOST_CWD, path, 0, 0);
    const int err = !reader ? -ENOMEM : reader->fd < 0 ? reader->fd : host_file_stat(reader->fd, &stat);
    const char *reason = err ? error_text(err) : NULL;
    if (!err) {
        reader->size = (uint64_t)stat.size;
        reason = read_start(reader);
    }
    if (!reason) return reader;
    snprintf(why, size, "cannot use the trace %.150s: %s", path, reason);
    trace_reader_free(reader);
    return NULL;
}

void trace_reader_free(struct trace_reader *reader) {
    struct piece *piece, *next;
    if (!reader) return;
    HASH_ITER(hh, reader->pieces, piece, next) {
        HASH_DEL(reader->pieces, piece);
        free(piece);
    }
    struct loaded *const loaded[] = {&reader->facts, &reader->end, &reader->log, &reader->content};
    for (int i = 0; i < 4; i++) free(loaded[i]->bytes);
    if (reader->fd >= 0) host_file_close(reader->fd);
    free(reader);
}
