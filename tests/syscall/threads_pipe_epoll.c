/* SPDX-License-Identifier: ISC */
/* pipe(7), epoll(7) under threads: four writers on four pipes, one reader that waits by edge-triggered epoll; every byte
 * arrives, no wake-up is lost, and ends that go away are noticed. */
#include "host/clock.h"
#include "syscall/linux/fs/epoll.h"
#include "syscall/linux/fs/pipe.h"
#include "tests/syscall/fs_world.h"

#include <stdio.h>
#include <stdlib.h>

enum { PIPES = 4, BYTES = 2000000 };

#define CHECK(x)                                                      \
    do {                                                              \
        if (!(x)) {                                                   \
            fprintf(stderr, "line %d: %s\n", __LINE__, #x);           \
            exit(1);                                                  \
        }                                                             \
    } while (0)

struct writer {
    struct file *file; /* counted, put by the thread */
    unsigned seed;
    _Atomic int *n_done;
};

static void write_all(void *arg) {
    struct writer *writer = arg;
    struct sched_thread self;
    unsigned char buf[5000];
    sched_thread_init(&self, NULL);
    for (unsigned at = 0; at < BYTES;) {
        unsigned n = (writer->seed = writer->seed * 1103515245 + 12345) >> 16 & 4095;
        n = n + 1 < BYTES - at ? n + 1 : BYTES - at;
        for (unsigned i = 0; i < n; i++) buf[i] = (unsigned char)((at + i) * 7 >> 2);
        CHECK(world_write(writer->file, buf, n, &self) == (int64_t)n);
        at += n;
    }
    file_put(writer->file);
    sched_thread_fini(&self);
    atomic_fetch_add(writer->n_done, 1);
}

/* Reads until nothing is left. Returns false at the end of the pipe. */
static bool drain(struct file *file, unsigned *at) {
    unsigned char buf[3000];
    for (;;) {
        const int64_t n = world_read(file, buf, sizeof buf, NULL);
        if (n == -EAGAIN) return true;
        CHECK(n >= 0);
        if (n == 0) return false;
        for (int64_t i = 0; i < n; i++) CHECK(buf[i] == (unsigned char)((*at + (unsigned)i) * 7 >> 2));
        *at += (unsigned)n;
    }
}

int main(void) {
    struct vfs *vfs = world_vfs(NULL);
    struct file *epoll, *ends[PIPES][2];
    struct writer writers[PIPES];
    struct sched_thread self;
    unsigned at[PIPES] = {0};
    _Atomic int n_done = 0;
    int open = PIPES;
    sched_thread_init(&self, NULL);
    CHECK(epoll_file_new(vfs, &epoll) == 0);
    for (int i = 0; i < PIPES; i++) {
        CHECK(pipe_open_pair(vfs, 0, ends[i]) == 0);
        const struct linux_epoll_event event = {.events = POLLIN | EPOLLET, .data = (uint64_t)i};
        CHECK(epoll_control(epoll, EPOLL_CTL_ADD, ends[i][0], i, &event) == 0);
        writers[i] = (struct writer){ends[i][1], (unsigned)i, &n_done};
        CHECK(host_thread_start(write_all, &writers[i]) == 0);
    }
    while (open) {
        struct linux_epoll_event events[2];
        const int n = epoll_wait_events(epoll, events, 2, host_clock_monotonic_ns() + 20000000000, &self);
        CHECK(n > 0);
        for (int k = 0; k < n; k++) {
            const int i = (int)events[k].data;
            if (drain(ends[i][0], &at[i])) continue;
            CHECK(at[i] == BYTES);
            file_put(ends[i][0]);
            open--;
        }
    }
    while (atomic_load(&n_done) < PIPES) host_thread_yield();
    file_put(epoll);
    vfs_free(vfs);
    sched_thread_fini(&self);
    puts("threads_pipe_epoll: ok");
    return 0;
}
