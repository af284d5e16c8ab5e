/* SPDX-License-Identifier: ISC */
/* A bounded queue of bytes. Its user's lock guards it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct byte_ring {
    unsigned char *bytes; /* owned */
    uint32_t size, head, used; /* head: next byte to read */
};

static inline bool byte_ring_init(struct byte_ring *ring, uint32_t size) {
    *ring = (struct byte_ring){.bytes = malloc(size), .size = size};
    return ring->bytes != NULL;
}

static inline void byte_ring_fini(struct byte_ring *ring) {
    free(ring->bytes);
}

static inline uint32_t byte_ring_room(const struct byte_ring *ring) {
    return ring->size - ring->used;
}

static inline void byte_ring_clear(struct byte_ring *ring) {
    ring->head = ring->used = 0;
}

/* False: it is full. */
static inline bool byte_ring_put(struct byte_ring *ring, unsigned char byte) {
    if (ring->used == ring->size) return false;
    ring->bytes[(ring->head + ring->used++) % ring->size] = byte;
    return true;
}

/* What can be read in one piece from the head. */
static inline uint32_t byte_ring_front(const struct byte_ring *ring, unsigned char **at) {
    const uint32_t room = ring->size - ring->head;
    *at = ring->bytes + ring->head;
    return ring->used < room ? ring->used : room;
}

/* Where bytes can be added in one piece. */
static inline uint32_t byte_ring_back(const struct byte_ring *ring, unsigned char **at) {
    const uint32_t tail = (ring->head + ring->used) % ring->size;
    const uint32_t room = ring->size - tail, free_bytes = byte_ring_room(ring);
    *at = ring->bytes + tail;
    return free_bytes < room ? free_bytes : room;
}

static inline void byte_ring_take(struct byte_ring *ring, uint32_t n) {
    ring->head = (ring->head + n) % ring->size;
    ring->used -= n;
}
