/* SPDX-License-Identifier: ISC */
/* What lies in the pages of our own mappings, by /proc/self/pagemap: the scan of newer kernels, else entry by entry, else every page
 * that is there. Source: linux 6.7 admin-guide/mm/pagemap. */
#include "host/memory.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u

enum { CATEGORY_FILE = 4, CATEGORY_PRESENT = 8, CATEGORY_SWAPPED = 16, CATEGORY_ZERO = 32 };

struct scan {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

struct scan_range {
    uint64_t start, end, categories;
};

#define SCAN _IOWR('f', 16, struct scan)
enum { ENTRIES = 512, SCAN_RANGES = 32 };

struct wanted {
    bool also_files; /* pages of files and zero pages count too */
};

/* Returns the number of ranges, or -1 when the kernel has no scan. */
static int scan(int fd, char **at, char *end, struct host_range *out, size_t n, struct wanted wanted) {
    struct scan_range range[SCAN_RANGES];
    const uint64_t not = wanted.also_files ? 0 : CATEGORY_FILE | CATEGORY_ZERO;
    struct scan arg = {.size = sizeof arg, .start = (uintptr_t)*at, .end = (uintptr_t)end, .vec = (uintptr_t)range,
                       .vec_len = n < SCAN_RANGES ? n : SCAN_RANGES, .category_inverted = not, .category_mask = not,
                       .category_anyof_mask = CATEGORY_PRESENT | CATEGORY_SWAPPED};
    const int found = ioctl(fd, SCAN, &arg);
    if (found < 0) return -1;
    for (int i = 0; i < found; i++) {
        out[i] = (struct host_range){(char *)(uintptr_t)range[i].start, (char *)(uintptr_t)range[i].end};
    }
    *at = (char *)(uintptr_t)arg.walk_end;
    return found;
}

static bool is_wanted(uint64_t entry, struct wanted wanted) {
    const bool there = (entry >> 62) != 0, of_file = (entry >> 61) & 1;
    return there && (wanted.also_files || !of_file);
}

/* Says of up to ENTRIES pages whether each is wanted; without a pagemap, whether it is there at all. */
static void look(int fd, char *at, size_t count, struct wanted wanted, uint8_t *out) {
    uint64_t entry[ENTRIES];
    const bool known = fd >= 0 && pread(fd, entry, count * 8, (off_t)((uintptr_t)at / PAGE * 8)) == (ssize_t)(count * 8);
    if (!known && mincore(at, count * PAGE, out) != 0) memset(out, 1, count);
    for (size_t i = 0; known && i < count; i++) out[i] = is_wanted(entry[i], wanted);
}

/* Adds a page to the ranges. Returns the new number of ranges, or 0 when there is no room. */
static size_t add_page(struct host_range *out, size_t n_out, size_t n, char *page) {
    if (n_out && out[n_out - 1].end == page) {
        out[n_out - 1].end += PAGE;
        return n_out;
    }
    if (n_out == n) return 0;
    out[n_out] = (struct host_range){page, page + PAGE};
    return n_out + 1;
}

static size_t go_through(int fd, char **at, char *end, struct host_range *out, size_t n, struct wanted wanted) {
    size_t n_out = 0;
    uint8_t page[ENTRIES];
    while (*at < end) {
        size_t count = (size_t)(end - *at) / PAGE;
        if (count > ENTRIES) count = ENTRIES;
        look(fd, *at, count, wanted, page);
        for (size_t i = 0; i < count; i++, *at += PAGE) {
            if (!(page[i] & 1)) continue;
            const size_t now = add_page(out, n_out, n, *at);
            if (!now) return n_out;
            n_out = now;
        }
    }
    return n_out;
}

static size_t find(char **at, char *end, struct host_range *out, size_t n, struct wanted wanted) {
    const int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    const int found = fd >= 0 ? scan(fd, at, end, out, n, wanted) : -1;
    const size_t result = found >= 0 ? (size_t)found : go_through(fd, at, end, out, n, wanted);
    if (fd >= 0) close(fd);
    return result;
}

size_t host_memory_private_pages(char **at, char *end, struct host_range *out, size_t n) {
    return find(at, end, out, n, (struct wanted){false});
}

size_t host_memory_present_pages(char **at, char *end, struct host_range *out, size_t n) {
    return find(at, end, out, n, (struct wanted){true});
}
