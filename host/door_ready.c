/* SPDX-License-Identifier: ISC */
/* Readiness sets through a door. What a set says of a descriptor (often an address of ours) differs from run to run, so the system and the
 * recording keep a number in its place: the count of the descriptors that were put into sets before. */
#include "host/door_private.h"

#include "base/error.h"
#include "host/readiness.h"

#include <stdlib.h>
#include <string.h>

#define UTHASH_NO_STDIO 1
#include <uthash.h>

struct ready_place {
    int set, fd;
};

struct host_door_ready {
    struct ready_place place;
    uint64_t number, data;
    UT_hash_handle by_place, by_number;
};

static struct host_door_ready *find(struct host_door *door, int set, int fd) {
    const struct ready_place place = {set, fd};
    struct host_door_ready *found;
    HASH_FIND(by_place, door->ready_by_place, &place, sizeof place, found);
    return found;
}

/* NULL without memory. */
static struct host_door_ready *make(struct host_door *door, int set, int fd) {
    struct host_door_ready *made = find(door, set, fd);
    if (made) return made;
    made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->place = (struct ready_place){set, fd};
    made->number = door->n_ready++;
    HASH_ADD(by_place, door->ready_by_place, place, sizeof made->place, made);
    HASH_ADD(by_number, door->ready_by_number, number, sizeof made->number, made);
    return made;
}

int host_ready_new(void) {
    struct host_door *const door = host_door_current;
    if (!door) return os_ready_new();
    return (int)door_result(door, HOST_CALL_ready_new, door->replays ? 0 : door_descriptor(os_ready_new()));
}

int host_ready_add(int set, int fd, uint32_t events, uint64_t data) {
    struct host_door *const door = host_door_current;
    if (!door) return os_ready_add(set, fd, events, data);
    struct host_door_ready *entry = make(door, set, fd);
    if (!entry) return -ENOMEM;
    entry->data = data;
    const int r = door->replays ? 0 : os_ready_add(host_door_native(set), host_door_native(fd), events, entry->number);
    return (int)door_result(door, HOST_CALL_ready_add, r);
}

int host_ready_change(int set, int fd, uint32_t events, uint64_t data) {
    struct host_door *const door = host_door_current;
    if (!door) return os_ready_change(set, fd, events, data);
    struct host_door_ready *entry = make(door, set, fd);
    if (!entry) return -ENOMEM;
    entry->data = data;
    const int r = door->replays ? 0 : os_ready_change(host_door_native(set), host_door_native(fd), events, entry->number);
    return (int)door_result(door, HOST_CALL_ready_change, r);
}

/* Events of a number that nobody knows (a bad recording) are left out. */
static int64_t name_data(struct host_door *door, struct host_ready *out, int64_t n) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        struct host_door_ready *entry;
        HASH_FIND(by_number, door->ready_by_number, &out[i].data, sizeof out[i].data, entry);
        if (entry) out[kept++] = (struct host_ready){out[i].events, entry->data};
    }
    return kept;
}

int host_ready_get(int set, struct host_ready *out, int max) {
    struct host_door *const door = host_door_current;
    if (!door) return os_ready_get(set, out, max);
    if (!door->replays) memset(out, 0, (size_t)max * sizeof *out);
    int64_t r = door_result(door, HOST_CALL_ready_get, door->replays ? 0 : os_ready_get(host_door_native(set), out, max));
    if (r > max) r = max;
    if (r <= 0) return (int)r;
    door_filled(door, out, r * (int64_t)sizeof *out);
    return (int)name_data(door, out, r);
}

void host_door_fini(struct host_door *door) {
    struct host_door_ready *entry, *next;
    HASH_ITER(by_place, door->ready_by_place, entry, next) {
        HASH_DELETE(by_place, door->ready_by_place, entry);
        HASH_DELETE(by_number, door->ready_by_number, entry);
        free(entry);
    }
}
