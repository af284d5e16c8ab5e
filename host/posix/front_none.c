/* SPDX-License-Identifier: ISC */
/* Where our process stays one. */
#include "host/front.h"

#include "base/error.h"

int host_front_split(struct host_front *front, struct host_signal_watcher *watcher, void *unneeded, size_t size) {
    return -ENOSYS;
}

void host_front_settle(struct host_front *front) {}

void host_front_release(struct host_front *front, int code) {}

void host_front_end(struct host_front *front, int code) {}
