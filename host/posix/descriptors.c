/* SPDX-License-Identifier: ISC */
/* Lists our own descriptors through /dev/fd, which Linux, macOS and the BSDs have; tries numbers where it is missing. */
#include "host/descriptors.h"
#include "host/os.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { TRIED = 256 };

static bool is_inherited(int fd) {
    const int flags = fcntl(fd, F_GETFD);
    return flags >= 0 && !(flags & FD_CLOEXEC);
}

static int add(int *fds, int n, int max, int fd) {
    if (n < max && is_inherited(fd)) fds[n++] = fd;
    return n;
}

static int list_by_trying(int *fds, int max) {
    int n = 0;
    for (int fd = 0; fd < TRIED; fd++) n = add(fds, n, max, fd);
    return n;
}

static int compare(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

int os_descriptors_inherited(int *fds, int max) {
    DIR *dir = opendir("/dev/fd");
    int n = 0;
    if (!dir) return list_by_trying(fds, max);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        char *end;
        const long fd = strtol(entry->d_name, &end, 10);
        if (*end == '\0' && fd != dirfd(dir)) n = add(fds, n, max, (int)fd);
    }
    closedir(dir);
    qsort(fds, (size_t)n, sizeof *fds, compare);
    return n;
}

void os_descriptor_blank(int fd) {
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return;
    dup2(null, fd);
    close(null);
}

void host_descriptor_point(int fd, int at) {
    dup2(at, fd);
}
