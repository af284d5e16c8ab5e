/* SPDX-License-Identifier: ISC */
/* The file format of a trace: a start (what it is, which version), then frames. A frame is whole or it is not there: its check covers its
 * head and what is stored, so a trace that was cut off anywhere is good up to its last whole frame. Numbers are little-endian. Knows no
 * Linux and no CPU: what is in a frame is its writer's. */
#pragma once

#include <stdint.h>

#define TRACE_MAGIC "lockstep trace\n"
enum { TRACE_VERSION = 1, TRACE_MAGIC_SIZE = 16 };

struct trace_start {
    char magic[TRACE_MAGIC_SIZE]; /* with its zero */
    uint32_t version, reserved;
};

enum trace_frame_type {
    TRACE_FACTS = 1, /* the first frame: what was recorded, as names and values, each with its zero */
    TRACE_LOG,       /* entries, whole ones */
    TRACE_CONTENT,   /* a piece of a file: its key, then its bytes */
    TRACE_END,       /* as TRACE_FACTS: how it ended; the last frame of a trace that was not cut off */
    TRACE_FRAME_TYPES
};

struct trace_frame {
    uint32_t type;
    uint32_t raw;    /* bytes of the frame as its writer gave it */
    uint32_t stored; /* bytes that follow; compressed by zstd unless they are as many as raw */
    uint32_t reserved;
    uint64_t check;  /* xxh64 of the fields above, as the seed of that of the bytes that follow */
};

enum { TRACE_RAW_MAX = 4 << 20, TRACE_PIECE = 1 << 20 };

/* The xxh3-128 of a piece's bytes. */
struct trace_key {
    uint64_t low, high;
};

uint64_t trace_check(const struct trace_frame *frame, const void *stored);
struct trace_key trace_key_of(const void *bytes, uint32_t n);
