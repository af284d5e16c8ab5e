/* SPDX-License-Identifier: ISC */
/* Memory objects: what a mapping is backed by when it is not private anonymous memory. Counted; shared by
 * address spaces. A file object duplicates the host descriptor it is made from, so the guest may close its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct mem_object;

/* An object over a host file (host descriptor fd; duplicated). writable: shared mappings may be written.
 * name: path shown in /proc/self/maps, copied. dev, ino: identity for maps and for futex keys.
 * Returns NULL when there is no memory. */
struct mem_object *mem_object_new_file(int host_fd, bool writable, const char *name, uint64_t dev, uint64_t ino);
/* Zero-filled memory shared by whoever maps the object (MAP_SHARED|MAP_ANONYMOUS, memfd, shm). */
struct mem_object *mem_object_new_anonymous(const char *name);
struct mem_object *mem_object_get(struct mem_object *object);
void mem_object_put(struct mem_object *object);
