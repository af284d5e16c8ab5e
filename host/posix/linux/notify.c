/* SPDX-License-Identifier: ISC */
/* Watches by inotify(7). What is watched is named by its descriptor, so no path is walked twice. */
#include "host/notify.h"
#include "host/os.h"

#include "host/posix/error.h"

#include <stdio.h>
#include <sys/inotify.h>

static int result(int r) {
    return r < 0 ? host_error_last() : r;
}

int os_notify_new(void) {
    return result(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
}

int os_notify_add(int notify, int fd, uint32_t mask) {
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return result(inotify_add_watch(notify, name, mask & ~(uint32_t)IN_DONT_FOLLOW));
}

int os_notify_remove(int notify, int watch) {
    return result(inotify_rm_watch(notify, watch));
}
