/* SPDX-License-Identifier: ISC */
/* All pages of writable memory that hold something are copied once; to go back, each is compared with its copy. That costs no page
 * fault and no protection, which are what is dear. Pages that appear later were zeros. Both is done on a stack of our own, while
 * the one to go back to has its registers on top, so it is as good as new when its memory is. */
#include "host/posix/linux/restore_private.h"

#include "base/error.h"
#include "host/posix/fiber.h"

#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SPARE = 8 << 20, MMAP_NEVER = 32 << 20, TRIM_NEVER = 1 << 30, FOUND = 32 };

static bool overlaps(const struct host_range *a, const struct host_range *b) {
    return a->start < b->end && b->start < a->end;
}

static bool is_left_alone(const struct host_restore *restore, const struct host_range *range) {
    for (unsigned i = 0; i < restore->n_left_alone; i++) {
        if (overlaps(&restore->left_alone[i], range)) return true;
    }
    return false;
}

/* Memory that has a file's name but is none. */
static bool is_memory(const char *path) {
    return *path != '/' || strncmp(path, "/memfd:", 7) == 0 || strncmp(path, "/dev/zero", 9) == 0;
}

static void add_page(struct host_restore *restore, const struct restore_range *range, char *at, bool is_zero) {
    const size_t bit = range->first + (size_t)(at - range->range.start) / RESTORE_PAGE;
    if (restore->known[bit / 64] >> bit % 64 & 1 || restore->n_pages == RESTORE_PAGES) return;
    restore->known[bit / 64] |= UINT64_C(1) << bit % 64;
    char *copy = is_zero ? restore->zeros : restore->copies[restore->n_copies++];
    if (!is_zero) memcpy(copy, at, RESTORE_PAGE);
    restore->pages[restore->n_pages++] = (struct restore_page){at, copy};
}

static void add_found(struct host_restore *restore, const struct restore_range *range, bool are_zero) {
    struct host_range found[FOUND];
    for (char *at = range->range.start; at < range->range.end;) {
        const size_t n = host_memory_private_pages(&at, range->range.end, found, FOUND);
        for (size_t i = 0; i < n; i++) {
            for (char *page = found[i].start; page < found[i].end; page += RESTORE_PAGE) add_page(restore, range, page, are_zero);
        }
    }
}

/* Pages of a file that are not written yet would later seem to have been zeros. */
static void own(const struct host_range *range) {
    for (volatile char *at = range->start; at < range->end; at += RESTORE_PAGE) *at = *at;
}

/* One line of the maps. Returns how many pages it may add, or -E. */
static int64_t add_range(struct host_restore *restore, const char *line, size_t span) {
    uint64_t start, end, inode;
    char rights[5];
    int used = 0;
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*x:%*x %" SCNu64 " %n", &start, &end, rights, &inode, &used) != 4) return -EINVAL;
    const struct host_range range = {(char *)(uintptr_t)start, (char *)(uintptr_t)end};
    const bool is_shared = rights[3] == 's', has_file = inode && !is_memory(line + used);
    if (rights[1] != 'w' || is_left_alone(restore, &range) || (is_shared && has_file)) return 0;
    const size_t n = (end - start) / RESTORE_PAGE;
    if (restore->n_ranges == RESTORE_RANGES || span + n > RESTORE_SPAN) return -E2BIG;
    if ((is_shared || inode) && n > RESTORE_PAGES) return -E2BIG;
    if (is_shared || inode) own(&range);
    restore->ranges[restore->n_ranges++] = (struct restore_range){range, (uint32_t)span, is_shared};
    return (int64_t)n;
}

static int find_ranges(struct host_restore *restore) {
    size_t span = 0;
    restore->maps[restore->n_maps] = '\0';
    for (const char *line = restore->maps; *line; line = strchr(line, '\n') + 1) {
        const int64_t n = add_range(restore, line, span);
        if (n < 0) return (int)n;
        span += (size_t)n;
    }
    return 0;
}

static int keep_pages(struct host_restore *restore) {
    for (unsigned i = 0; i < restore->n_ranges; i++) {
        const struct restore_range *range = &restore->ranges[i];
        if (!range->is_shared) add_found(restore, range, false);
        else {
            for (char *at = range->range.start; at < range->range.end; at += RESTORE_PAGE) add_page(restore, range, at, false);
        }
    }
    return restore->n_pages == RESTORE_PAGES ? -E2BIG : 0;
}

static int keep(struct host_restore *restore) {
    const int64_t n = restore_read_maps(restore, restore->maps);
    restore->n_maps = n < 0 ? 0 : (size_t)n;
    int r = n < 0 ? (int)n : n == RESTORE_MAPS ? -E2BIG : find_ranges(restore);
    if (r == 0 && !restore_is_same(restore)) r = -EBUSY;
    return r == 0 ? keep_pages(restore) : r;
}

static void keep_and_return(void *arg) {
    struct host_restore *restore = arg;
    restore->result = keep(restore);
    fiber_switch(&restore->own, restore->kept);
}

static int put_back(struct host_restore *restore) {
    if (!restore_is_same(restore)) return -EBUSY;
    for (unsigned i = 0; i < restore->n_ranges; i++) {
        if (!restore->ranges[i].is_shared) add_found(restore, &restore->ranges[i], true);
    }
    if (restore->n_pages == RESTORE_PAGES) return -E2BIG;
    restore_undo_descriptors(restore);
    for (size_t i = 0; i < restore->n_pages; i++) {
        const struct restore_page *page = &restore->pages[i];
        if (memcmp(page->at, page->was, RESTORE_PAGE) != 0) memcpy(page->at, page->was, RESTORE_PAGE);
    }
    return 1;
}

static void put_back_and_go(void *arg) {
    struct host_restore *restore = arg;
    restore->result = put_back(restore);
    fiber_switch(&restore->own, restore->result == 1 ? restore->kept : restore->here);
}

static void run_beside(struct host_restore *restore, void **from, void (*fn)(void *arg)) {
    fiber_switch(from, fiber_prepare(restore->stack + RESTORE_STACK, fn, restore));
}

void host_restore_prepare(void) {
    mallopt(M_MMAP_THRESHOLD, MMAP_NEVER);
    mallopt(M_TRIM_THRESHOLD, TRIM_NEVER);
}

/* The heap is to grow within what is mapped. */
static void enlarge_heap(void) {
    void *volatile spare = malloc(SPARE); /* else the compiler knows better */
    free(spare);
}

/* Between pages without rights, so that no other mapping becomes one with it. */
static void *map_apart(size_t size) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    size = (size + RESTORE_PAGE - 1) & ~(size_t)(RESTORE_PAGE - 1);
    char *at = mmap(NULL, size + 2 * RESTORE_PAGE, PROT_NONE, flags, -1, 0);
    if (at == MAP_FAILED) return NULL;
    if (mprotect(at + RESTORE_PAGE, size, PROT_READ | PROT_WRITE) == 0) return at + RESTORE_PAGE;
    munmap(at, size + 2 * RESTORE_PAGE);
    return NULL;
}

struct host_restore *host_restore_new(const struct host_range *left_alone, unsigned n) {
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    return NULL; /* its shadow of the stacks would have to be told */
#endif
    enlarge_heap();
    struct host_restore *restore = map_apart(sizeof *restore);
    if (!restore) return NULL;
    restore->maps_fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    for (unsigned i = 0; i < n && i < RESTORE_LEFT_ALONE - 1; i++) restore->left_alone[restore->n_left_alone++] = left_alone[i];
    restore->left_alone[restore->n_left_alone++] = (struct host_range){(char *)restore, (char *)restore + sizeof *restore};
    if (restore->maps_fd >= 0 && restore_keep_descriptors(restore) == 0) return restore;
    munmap(restore, sizeof *restore);
    return NULL;
}

int host_restore_keep(struct host_restore *restore) {
    run_beside(restore, &restore->kept, keep_and_return);
    return restore->result;
}

int host_restore_back(struct host_restore *restore) {
    run_beside(restore, &restore->here, put_back_and_go);
    return restore->result;
}
