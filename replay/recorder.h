/* SPDX-License-Identifier: ISC */
/* The recorder's parts: the log and what it knows of files. For replay/ only. */
#pragma once

#include "replay/private.h"
#include "trace/writer.h"

#define UTHASH_NO_STDIO 1
#include <uthash.h>

enum recorder_pause { RECORDER_RUNS, RECORDER_WAITS, RECORDER_FLUSHES };

struct recorder_file_id {
    uint64_t dev, ino;
};

/* A file that the guest mapped. Held open, so that its number is not given to another one. */
struct recorder_file {
    struct recorder_file_id id;
    uint64_t number;
    int fd;                     /* owned, the process's own */
    int64_t size, changed_ns;   /* when its contents were last put into the trace */
    UT_hash_handle hh;
};

struct recorder_descriptor {
    struct recorder_file *file; /* borrowed; NULL: none that was mapped */
    uint64_t looked;            /* n_files + 1 when that was found out; 0: never */
    bool is_open;
};

struct recorder {
    struct session session;
    struct trace_writer *writer;
    uint8_t *log;               /* owned */
    size_t n, room;
    _Atomic uint32_t pause;     /* atomic: enum recorder_pause; who may touch the log */
    _Atomic bool flush_asked;   /* atomic: the writer's thread wants to see the log */
    struct recorder_file *files;
    uint64_t n_files;
    struct recorder_descriptor *descriptors; /* owned; by number from HOST_DOOR_DESCRIPTORS on */
    int n_descriptors;
};

/* Room for an entry of so many bytes and some numbers; then its parts. */
void log_begin(struct recorder *recorder, unsigned kind, size_t bytes);
void log_number(struct recorder *recorder, uint64_t number);
void log_signed(struct recorder *recorder, int64_t number);
void log_bytes(struct recorder *recorder, const void *bytes, size_t n);
void log_flush(struct recorder *recorder);

/* Ops of the door that are about files. */
void recorder_wrote(struct host_door *door, int fd, const void *bytes, int64_t n, int64_t offset);
void recorder_changed(struct host_door *door, int fd);
void recorder_duplicated(struct host_door *door, int fd, int of);
void recorder_closed(struct host_door *door, int fd);
int recorder_backing(struct host_door *door, int fd);
/* A descriptor came through the door. */
void recorder_opened(struct recorder *recorder, int fd);
void recorder_free_files(struct recorder *recorder);
