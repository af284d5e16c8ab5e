/* SPDX-License-Identifier: ISC */
/* Gives a copy of the process memory of its own in place of what fork(2) shares: each memfd that is mapped shared gets a twin, which takes
 * its place in the mappings, at the same addresses, and behind the descriptors. The process has one thread. Source: proc(5), maps. */
#include "host/branch.h"

#include "base/error.h"
#include "host/posix/error.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef F_GET_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#define F_SEAL_WRITE 8
#endif

enum { PIECE = 1 << 16 };

struct shared_map {
    char *start, *end;
    int prot;
    uint64_t offset, inode;
};

struct shared_maps {
    struct shared_map *map; /* owned */
    size_t n, room;
};

static int prot_of(const char rights[4]) {
    return (rights[0] == 'r' ? PROT_READ : 0) | (rights[1] == 'w' ? PROT_WRITE : 0) | (rights[2] == 'x' ? PROT_EXEC : 0);
}

static bool add_map(struct shared_maps *maps, const struct shared_map *map) {
    if (maps->n == maps->room) {
        const size_t room = maps->room ? 2 * maps->room : 16;
        struct shared_map *grown = realloc(maps->map, room * sizeof *grown);
        if (!grown) return false;
        maps->map = grown;
        maps->room = room;
    }
    maps->map[maps->n++] = *map;
    return true;
}

/* Takes the line if it is a shared mapping of a memfd. Returns 0 or -ENOMEM. */
static int take_line(struct shared_maps *maps, const char *line) {
    unsigned long long start, end, offset, inode;
    char rights[8], name[16];
    if (sscanf(line, "%llx-%llx %7s %llx %*s %llu %15s", &start, &end, rights, &offset, &inode, name) != 6) return 0;
    if (strlen(rights) != 4 || rights[3] != 's' || strncmp(name, "/memfd:", 7) != 0) return 0;
    const struct shared_map map = {(char *)(uintptr_t)start, (char *)(uintptr_t)end, prot_of(rights), offset, inode};
    return add_map(maps, &map) ? 0 : -ENOMEM;
}

static int find_maps(struct shared_maps *maps) {
    FILE *file = fopen("/proc/self/maps", "re");
    char *line = NULL;
    size_t size = 0;
    int r = file ? 0 : host_error_last();
    while (r == 0 && getline(&line, &size, file) >= 0) r = take_line(maps, line);
    if (file) fclose(file);
    free(line);
    return r;
}

static bool is_of(int fd, uint64_t inode) {
    struct stat info;
    return fstat(fd, &info) == 0 && info.st_ino == inode && S_ISREG(info.st_mode) && fcntl(fd, F_GET_SEALS) >= 0;
}

/* Calls fn for each descriptor of the memfd until it returns non-zero, which is returned. */
static int each_descriptor(uint64_t inode, int (*fn)(int fd, int arg), int arg) {
    DIR *dir = opendir("/proc/self/fd");
    int r = 0;
    if (!dir) return host_error_last();
    for (struct dirent *entry; r == 0 && (entry = readdir(dir));) {
        const int fd = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && fd != dirfd(dir) && fd != arg && is_of(fd, inode)) r = fn(fd, arg);
    }
    closedir(dir);
    return r;
}

/* Plus one: 0 is for none. */
static int take_first(int fd, int arg) {
    return fd + 1;
}

static int replace(int fd, int by) {
    return dup3(by, fd, O_CLOEXEC) < 0 ? host_error_last() : 0;
}

static int copy_range(int from, int to, off_t at, off_t end, char *piece) {
    while (at < end) {
        const ssize_t n = pread(from, piece, end - at < PIECE ? (size_t)(end - at) : PIECE, at);
        if (n <= 0 || pwrite(to, piece, (size_t)n, at) != n) return -EIO;
        at += n;
    }
    return 0;
}

/* Holes stay holes. */
static int copy_contents(int from, int to) {
    struct stat info;
    char *piece = malloc(PIECE);
    int r = !piece ? -ENOMEM : fstat(from, &info) < 0 || ftruncate(to, info.st_size) < 0 ? host_error_last() : 0;
    for (off_t at = 0, end; r == 0 && (at = lseek(from, at, SEEK_DATA)) >= 0; at = end) {
        end = lseek(from, at, SEEK_HOLE);
        r = end < 0 ? host_error_last() : copy_range(from, to, at, end, piece);
    }
    free(piece);
    return r;
}

static int map_twin(const struct shared_maps *maps, uint64_t inode, int twin) {
    for (size_t i = 0; i < maps->n; i++) {
        const struct shared_map *map = &maps->map[i];
        if (map->inode != inode) continue;
        void *got = mmap(map->start, (size_t)(map->end - map->start), map->prot, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, twin, (off_t)map->offset);
        if (got == MAP_FAILED) return host_error_last();
    }
    return 0;
}

static int unshare_one(const struct shared_maps *maps, uint64_t inode) {
    const int from = each_descriptor(inode, take_first, -1) - 1;
    if (from < 0) return from == -1 ? -EOPNOTSUPP : from + 1;
    const int seals = fcntl(from, F_GET_SEALS);
    if (seals & F_SEAL_WRITE) return 0; /* nobody writes */
    const int twin = memfd_create("lockstep copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (twin < 0) return host_error_last();
    int r = copy_contents(from, twin);
    if (r == 0) r = map_twin(maps, inode, twin);
    if (r == 0 && seals > 0) fcntl(twin, F_ADD_SEALS, seals);
    if (r == 0) r = each_descriptor(inode, replace, twin);
    close(twin);
    return r;
}

static bool is_first_of(const struct shared_maps *maps, size_t i) {
    for (size_t j = 0; j < i; j++) {
        if (maps->map[j].inode == maps->map[i].inode) return false;
    }
    return true;
}

int host_branch_unshare(void) {
    struct shared_maps maps = {.n = 0};
    int r = find_maps(&maps);
    for (size_t i = 0; r == 0 && i < maps.n; i++) {
        if (is_first_of(&maps, i)) r = unshare_one(&maps, maps.map[i].inode);
    }
    free(maps.map);
    return r;
}
