/* SPDX-License-Identifier: ISC */
/* The player's parts: the log as it is read, and memory in place of files. For replay/ only. */
#pragma once

#include "replay/private.h"
#include "trace/reader.h"

#define UTHASH_NO_STDIO 1
#include <uthash.h>

struct player_file {
    uint64_t number;
    int fd; /* owned: memory with the file's contents */
    UT_hash_handle hh;
};

/* A descriptor that was the process's standard output or error. */
struct player_output {
    int fd, number;
    UT_hash_handle hh;
};

struct player {
    struct session session;
    struct trace_reader *reader;     /* owned */
    const uint8_t *at, *end;         /* of the log's frame that is read */
    bool shows;
    struct player_file *files;
    struct player_output *outputs;
};

/* The kind of the next entry, ENTRY_NONE when there is none. */
unsigned play_peek(struct player *player);
/* Takes the next entry, which must be of that kind, then its parts. What is not there ends the replay. */
void play_take(struct player *player, unsigned kind);
uint64_t play_number(struct player *player);
int64_t play_signed(struct player *player);
const void *play_bytes(struct player *player, size_t n);
/* Ends the replay with a line. */
_Noreturn void play_fail(struct player *player, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Calls in between are of our own, not of the machine. */
static inline void player_aside(void) {
    host_door_set(NULL);
}

static inline void player_back(struct player *player) {
    host_door_set(&player->session.door);
}

/* Ops of the door that are about files. */
void player_wrote(struct host_door *door, int fd, const void *bytes, int64_t n, int64_t offset);
void player_changed(struct host_door *door, int fd);
void player_duplicated(struct host_door *door, int fd, int of);
void player_closed(struct host_door *door, int fd);
int player_backing(struct host_door *door, int fd);
void player_free_files(struct player *player);
