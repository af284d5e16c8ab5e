/* SPDX-License-Identifier: ISC */
/* Memory objects: what a mapping is backed by when it is not private anonymous memory. Counted; shared by
 * address spaces. A file object duplicates the host descriptor it is made from, so the guest may close its own.
 * Two objects of the same file (equal dev and ino, not both 0) share their pages once they are mapped. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct mem_object;
struct frame_pool;

/* An object over a host file (host descriptor fd; duplicated). writable: shared mappings may be written, so the
 * descriptor is open for reading and writing. name: path shown in /proc/self/maps, copied. dev, ino: identity for maps
 * and for futex keys; both 0: a file of its own. Returns NULL when there is no memory. */
struct mem_object *mem_object_new_file(int host_fd, bool writable, const char *name, uint64_t dev, uint64_t ino);
/* Zero-filled memory shared by whoever maps the object (MAP_SHARED|MAP_ANONYMOUS, memfd, shm). */
struct mem_object *mem_object_new_anonymous(const char *name);
/* A handle of the same memory that cannot be written through. Returns NULL without memory. */
struct mem_object *mem_object_new_read_only(struct mem_object *object, const char *name);
struct mem_object *mem_object_get(struct mem_object *object);
void mem_object_put(struct mem_object *object);
/* Who wants to know when mappings of an object go (System V shared memory). Set before the object is first mapped; embedded in the
 * owner, which lives until `gone`. */
struct mem_object_owner {
    /* A mapping, or a piece of one, went; `left` remain. Runs with the locks of a space held. */
    void (*unmapped)(struct mem_object_owner *owner, uint32_t left);
    /* The object's memory has been freed. */
    void (*gone)(struct mem_object_owner *owner);
};
void mem_object_set_owner(struct mem_object *object, struct mem_object_owner *owner);
/* How many regions of all spaces map it, through any handle. */
uint32_t mem_object_mappings(struct mem_object *object);
/* After a file was cut (ftruncate, O_TRUNC): takes the pages past its new size out of every space that maps it, so
 * that access there is SIGBUS. Locks: takes the spaces' locks one by one. */
void mem_file_truncated(struct frame_pool *pool, uint64_t dev, uint64_t ino, uint64_t size);
/* After the file was written otherwise than by a mapping (write(2)): tells those who took code from the pages of
 * [offset, offset + size), and waits until none of them runs the old bytes. Returns at once when nobody did. Locks: its own only;
 * the caller's TLB is outside the engine. */
void mem_file_written(struct frame_pool *pool, uint64_t dev, uint64_t ino, uint64_t offset, uint64_t size);
