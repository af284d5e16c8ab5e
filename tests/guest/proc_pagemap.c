/* SPDX-License-Identifier: ISC */
/* /proc/PID/pagemap: which pages are present, of oneself and of a child; holes; sizes that are no entries. proc(5). */
#include "check.h"

#include <stdint.h>
#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 8 };

static int is_present(int fd, const char *at) {
    uint64_t entry;
    CHECK(pread(fd, &entry, sizeof entry, (off_t)((uintptr_t)at / PAGE * sizeof entry)) == sizeof entry);
    return (int)(entry >> 63);
}

int main(void) {
    char *at = mmap(NULL, (PAGES + 2) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t entries[PAGES + 2];
    int go[2], ready[2];
    char name[64], byte;
    CHECK(at != MAP_FAILED && munmap(at + PAGES * PAGE, 2 * PAGE) == 0);
    at[0] = at[3 * PAGE] = at[7 * PAGE] = 1;
    const int fd = open("/proc/self/pagemap", O_RDONLY);
    CHECK(fd >= 0);
    for (int i = 0; i < PAGES; i++) CHECK(is_present(fd, at + i * PAGE) == (i == 0 || i == 3 || i == 7));
    /* At once, and into a hole behind. */
    const off_t offset = (off_t)((uintptr_t)at / PAGE * 8);
    CHECK(lseek(fd, offset, SEEK_SET) == offset && read(fd, entries, sizeof entries) == sizeof entries);
    CHECK(lseek(fd, 0, SEEK_CUR) == offset + (off_t)sizeof entries);
    for (int i = 0; i < PAGES; i++) CHECK(entries[i] >> 63 == (i == 0 || i == 3 || i == 7));
    CHECK_ERROR(pread(fd, entries, 12, offset), EINVAL);
    CHECK_ERROR(pread(fd, entries, 8, offset + 4), EINVAL);
    CHECK(madvise(at + 3 * PAGE, PAGE, MADV_DONTNEED) == 0 && !is_present(fd, at + 3 * PAGE) && is_present(fd, at));
    /* A child's is its own. */
    CHECK(pipe(go) == 0 && pipe(ready) == 0);
    const pid_t child = fork();
    if (child == 0) {
        at[5 * PAGE] = 1;
        CHECK(write(ready[1], "x", 1) == 1 && read(go[0], &byte, 1) == 1);
        _exit(0);
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    snprintf(name, sizeof name, "/proc/%d/pagemap", child);
    const int other = open(name, O_RDONLY);
    CHECK(other >= 0 && is_present(other, at + 5 * PAGE) && !is_present(fd, at + 5 * PAGE));
    CHECK(write(go[1], "x", 1) == 1);
    wait_ok(child);
    CHECK(pread(other, entries, 8, offset) == 0);
    puts("pagemap ok");
    return 0;
}
