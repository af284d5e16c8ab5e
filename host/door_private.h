/* SPDX-License-Identifier: ISC */
/* What the calls that pass a door have in common. For host/door*.c only. */
#pragma once

#include "base/bits.h"
#include "host/door.h"
#include "host/os.h"

extern _Thread_local struct host_door *host_door_current;

/* The machine's number of a descriptor that the system made; errors stay. */
static inline int door_descriptor(int native) {
    return native < 0 ? native : native + HOST_DOOR_DESCRIPTORS;
}

static inline int64_t door_result(struct host_door *door, enum host_call call, int64_t r) {
    return door->ops->result(door, call, r);
}

static inline void door_filled(struct host_door *door, void *at, int64_t n) {
    if (n > 0) door->ops->filled(door, at, (size_t)n);
}
