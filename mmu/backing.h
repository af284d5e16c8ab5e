/* SPDX-License-Identifier: ISC */
/* The pages behind memory objects: one backing for each file or piece of shared memory, however many objects name it.
 * A file's pages are the host's, through mappings of VIEW_SIZE made on demand that stay as long as the backing. Shared
 * memory is frames by page number. Private to mmu/. */
#pragma once

#include "host/thread.h"
#include "mmu/fault.h"
#include "mmu/object.h"
#include "mmu/page_table.h"

#include <stdatomic.h>

#define UTHASH_NO_STDIO 1
#include <uthash.h>

struct backing_view;
struct code_watch;

#define BACKING_MEMORY_SIZE (1ull << 48) /* of shared memory without a file */

enum backing_kind { BACKING_ANONYMOUS, BACKING_FILE };

struct backing_id {
    uint64_t dev, ino;
};

struct backing {
    _Atomic uint32_t refs;   /* atomic: objects */
    enum backing_kind kind;  /* immutable once mapped */
    struct backing_id id;    /* immutable after init */
    bool is_memory;          /* immutable once mapped: no file, but the host holds it in one */
    struct mem_object_owner *owner; /* immutable once mapped; borrowed until its `gone`; may be NULL */
    struct frame_pool *pool; /* set when first mapped; guarded by pool->backings_lock until then, then immutable */
    bool is_listed;          /* guarded by pool->backings_lock: in pool->backings */
    UT_hash_handle hh;       /* guarded by pool->backings_lock */

    struct host_mutex lock;
    /* guarded by lock */
    int read_fd, write_fd;   /* owned; -1 = none */
    struct backing_view *views; /* owned; sorted by (number, writable) */
    uint32_t n_views;
    bool is_probed[2];          /* it is known that the host can map it: for reading, shared for writing */
    struct page_table frames;   /* each entry holds a count: PTE_FRAME */
    struct list regions;        /* struct region.in_backing */
    struct code_watch *watches; /* hash by page number */
    _Atomic uint32_t n_watches; /* atomic: written with the lock; read without it after an epoch step orders both */
};

struct mem_object {
    _Atomic uint32_t refs; /* atomic */
    struct backing *backing; /* counted; replaced by an equal one when first mapped, then immutable */
    bool writable;         /* immutable after init */
    char name[];           /* immutable after init */
};

/* Joins an object about to be mapped with the backing of the same file that others mapped before. */
/* Memory of a machine with windows becomes the host's, so that windows can map it. Returns 0 or -E of the host. */
int mem_object_join(struct mem_object *object, struct frame_pool *pool);
void backing_put(struct backing *backing);
/* The counted backing of a file that is mapped now, or NULL. */
struct backing *backing_find(struct frame_pool *pool, uint64_t dev, uint64_t ino);

/* Where pool->code_files counts the watches of a file. */
_Atomic uint32_t *backing_slot(struct frame_pool *pool, uint64_t dev, uint64_t ino);

/* Checks that a file can be mapped by the host. Returns 0 or -E. */
int backing_probe(struct backing *backing, uint64_t offset, bool writable);
/* The host descriptor to map a file by; it stays the backing's. */
int backing_descriptor(struct backing *backing, bool writable);
/* Where the last page of the file ends as it is now; and whether an offset is before that. Take no lock. */
uint64_t backing_end(const struct backing *backing);
bool backing_is_inside(const struct backing *backing, uint64_t offset);
/* Finds the page of the object at an offset. writable: for a shared mapping with write access. *pte gets the page
 * with PTE_FRAME where a count was taken for the caller. Returns MEM_OK, MEM_FAULT_BUS, MEM_FAULT_NO_MEMORY. */
enum mem_fault_kind backing_page(struct backing *backing, uint64_t offset, bool writable, uint64_t *pte);
/* True when the page is in memory: a frame exists, or it lies inside the file. */
bool backing_has_page(struct backing *backing, uint64_t offset);
int backing_sync(struct backing *backing, uint64_t offset, uint64_t size, bool wait, bool invalidate);
/* MADV_REMOVE: the range reads as zeros from now on. Frames cut out of shared memory go to release. */
int backing_punch(struct backing *backing, uint64_t offset, uint64_t size);
