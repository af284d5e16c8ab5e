/* SPDX-License-Identifier: ISC */
/* What a process is beside its memory: mappings, descriptors, threads. Sources: proc(5), close_range(2). */
#include "host/posix/linux/restore_private.h"

#include "base/error.h"
#include "host/posix/error.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory, its parent, and one thread. */
enum { TASK_LINKS = 3 };

int64_t restore_read_maps(struct host_restore *restore, char *out) {
    int64_t used = 0;
    while (used < RESTORE_MAPS) {
        const ssize_t n = pread(restore->maps_fd, out + used, (size_t)(RESTORE_MAPS - used), used);
        if (n <= 0) return n < 0 ? host_error_last() : used;
        used += n;
    }
    return -E2BIG;
}

static int highest_descriptor(void) {
    DIR *directory = opendir("/proc/self/fd");
    int highest = -1;
    if (!directory) return -1;
    for (struct dirent *entry; (entry = readdir(directory));) {
        const int fd = atoi(entry->d_name);
        if (fd > highest && fd != dirfd(directory)) highest = fd;
    }
    closedir(directory);
    return highest;
}

static struct restore_descriptor look_at(int fd) {
    struct stat stat;
    if (fstat(fd, &stat) != 0) return (struct restore_descriptor){.fd = -1};
    return (struct restore_descriptor){fd, stat.st_dev, stat.st_ino, S_ISREG(stat.st_mode) ? lseek(fd, 0, SEEK_CUR) : -1};
}

static void note_descriptor(struct host_restore *restore, int fd) {
    const struct restore_descriptor found = look_at(fd);
    if (found.fd >= 0) restore->descriptor[restore->n_descriptors++] = found;
}

int restore_keep_descriptors(struct host_restore *restore) {
    const int highest = highest_descriptor();
    if (highest < 0) return -EMFILE;
    for (int fd = 0; fd <= highest; fd++) {
        if (restore->n_descriptors == RESTORE_DESCRIPTORS) return -EMFILE;
        note_descriptor(restore, fd);
    }
    return 0;
}

static bool has_one_thread(void) {
    struct stat stat_of_tasks;
    return stat("/proc/self/task", &stat_of_tasks) == 0 && stat_of_tasks.st_nlink == TASK_LINKS;
}

bool restore_is_same(struct host_restore *restore) {
    for (unsigned i = 0; i < restore->n_descriptors; i++) {
        const struct restore_descriptor was = restore->descriptor[i], is = look_at(was.fd);
        if (is.fd < 0 || is.device != was.device || is.inode != was.inode) return false;
    }
    const int64_t n = restore_read_maps(restore, restore->now);
    return n == (int64_t)restore->n_maps && memcmp(restore->now, restore->maps, restore->n_maps) == 0 && has_one_thread();
}

void restore_undo_descriptors(struct host_restore *restore) {
    unsigned next = 0;
    for (unsigned i = 0; i < restore->n_descriptors; i++) {
        const struct restore_descriptor *was = &restore->descriptor[i];
        const unsigned fd = (unsigned)was->fd;
        if (fd > next) close_range(next, fd - 1, 0);
        if (was->offset >= 0) lseek(was->fd, was->offset, SEEK_SET);
        next = fd + 1;
    }
    close_range(next, ~0u, 0);
}
