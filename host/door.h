/* SPDX-License-Identifier: ISC */
/* The door between a machine and the outside. A thread without one calls the operating system; with one, every call that brings
 * something from outside passes its ops, which record the answer or give it from a recording, when the system is never asked.
 * Descriptors that come through a door have numbers from HOST_DOOR_DESCRIPTORS on, so that they mean the same in both; smaller ones are
 * the process's own. Only the serial scheduler's carrier, and whoever makes its machine, has a door. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOST_DOOR_DESCRIPTORS = 1 << 20 };

enum host_call {
    HOST_CALL_NONE,
#define OUTSIDE(ret, name, after, ...) HOST_CALL_##name,
#define OUTSIDE_FD(name, after, ...) HOST_CALL_##name,
#define OUTSIDE_VOID(name, ...) HOST_CALL_##name,
#include "host/outside.def"
#undef OUTSIDE
#undef OUTSIDE_FD
#undef OUTSIDE_VOID
#define OUTSIDE_MORE(name) HOST_CALL_##name,
#include "host/outside_more.def"
#undef OUTSIDE_MORE
    HOST_CALLS
};

struct host_door;

struct host_door_ops {
    /* Records r as the call's result and returns it; or returns the recorded one. */
    int64_t (*result)(struct host_door *door, enum host_call call, int64_t r);
    /* What the call filled: recorded, or filled from the recording. */
    void (*filled)(struct host_door *door, void *at, size_t n);
    /* After a write of n bytes (-E: none): at offset, -1 where the descriptor stood. */
    void (*wrote)(struct host_door *door, int fd, const void *bytes, int64_t n, int64_t offset);
    /* The size or contents of a file were changed otherwise. */
    void (*changed)(struct host_door *door, int fd);
    /* fd is a second descriptor of what `of` refers to; it is closed. */
    void (*duplicated)(struct host_door *door, int fd, int of);
    void (*closed)(struct host_door *door, int fd);
    /* A descriptor of the process's own to map the file by, or -E. */
    int (*backing)(struct host_door *door, int fd);
    /* The call that follows may wait; it is over. */
    void (*waits)(struct host_door *door, bool waits);
    /* Asked whenever posts are taken: has_post says that there is one with *value. Returns whether one is to be taken now. */
    bool (*post)(struct host_door *door, bool has_post, int *value);
};

struct host_door {
    const struct host_door_ops *ops;
    bool replays;
    struct host_door_ready *ready_by_place, *ready_by_number; /* owned; door_ready.c: what readiness sets say of their descriptors */
    uint64_t n_ready;
};

/* The operating system's number of a descriptor: for what names it to the system in a text. */
static inline int host_door_native(int fd) {
    return fd >= HOST_DOOR_DESCRIPTORS ? fd - HOST_DOOR_DESCRIPTORS : fd;
}

/* The calling thread's; NULL: none. The door outlives its use. */
void host_door_set(struct host_door *door);
struct host_door *host_door_get(void);
/* Frees what the calls keep in the door, not the door itself. */
void host_door_fini(struct host_door *door);
const char *host_call_name(enum host_call call);
