/* SPDX-License-Identifier: ISC */
/* Whose files are whose: the host's user and group under which the machine runs are one user and one group of the guest, as in a user
 * namespace with one of each. Where they have the same numbers (`differs` is false) every id stays as it is. Source: user_namespaces(7). */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { ID_OVERFLOW = 65534 }; /* what nobody's ids look like: kernel.overflowuid */

struct id_map {
    uint32_t host_uid, host_gid, uid, gid;
    bool differs;
};

static inline uint32_t id_map_uid(const struct id_map *map, uint32_t host) {
    return !map->differs ? host : host == map->host_uid ? map->uid : ID_OVERFLOW;
}

static inline uint32_t id_map_gid(const struct id_map *map, uint32_t host) {
    return !map->differs ? host : host == map->host_gid ? map->gid : ID_OVERFLOW;
}

/* The host's ids of an owner that chown(2) names; UINT32_MAX (as it is) stays. Returns 0 or -EINVAL: nobody of the host is that. */
static inline int id_map_to_host(const struct id_map *map, uint32_t *uid, uint32_t *gid) {
    if (!map->differs) return 0;
    if ((*uid != UINT32_MAX && *uid != map->uid) || (*gid != UINT32_MAX && *gid != map->gid)) return -EINVAL;
    if (*uid != UINT32_MAX) *uid = map->host_uid;
    if (*gid != UINT32_MAX) *gid = map->host_gid;
    return 0;
}
