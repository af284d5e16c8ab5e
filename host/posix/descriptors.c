/* SPDX-License-Identifier: ISC */
/* Lists our own descriptors through /dev/fd, which Linux, macOS and the BSDs have; tries numbers where it is missing. */
#include "host/descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { TRIED = 256 };

static bool is_inherited(int fd) {
    const int flags = fcntl(fd, F_GETFD);
    return flags >= 0 && !(flags & FD_CLOEXEC);
}

static int next_by_trying(int from) {
    for (int fd = from; fd < TRIED; fd++) {
        if (is_inherited(fd)) return fd;
    }
    return -1;
}

int host_descriptor_next_inherited(int from) {
    DIR *dir = opendir("/dev/fd");
    if (!dir) return next_by_trying(from);
    int best = INT_MAX;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        char *end;
        const long fd = strtol(entry->d_name, &end, 10);
        if (*end == '\0' && fd >= from && fd < best && is_inherited((int)fd)) best = (int)fd;
    }
    closedir(dir);
    return best == INT_MAX ? -1 : best;
}

void host_descriptor_blank(int fd) {
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return;
    dup2(null, fd);
    close(null);
}
