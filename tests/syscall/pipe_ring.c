/* SPDX-License-Identifier: ISC */
/* pipe(7): the ring against a plain queue under random writes, reads and changes of size; whole small writes. */
#include "syscall/linux/fs/pipe.h"
#include "tests/syscall/fs_world.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(pipe_ring, random_against_model) {
    struct vfs *vfs = world_vfs(NULL);
    struct file *p[2];
    cr_assert_eq(pipe_open_pair(vfs, 0, p), 0);
    static unsigned char out[200000], in[200000];
    uint64_t written = 0, read = 0, size = PIPE_DEFAULT_SIZE;
    srand(7);
    for (int step = 0; step < 20000; step++) {
        const size_t n = (size_t)rand() % (rand() % 8 ? 6000 : sizeof out);
        const int what = rand() % 20;
        if (what < 10) {
            for (size_t i = 0; i < n; i++) out[i] = (unsigned char)((written + i) * 131 >> 3);
            const int64_t r = world_write(p[1], out, n, NULL);
            const uint64_t room = size - (written - read);
            const uint64_t want = n <= PIPE_BUF ? (n <= room ? n : 0) : n < room ? n : room;
            cr_assert_eq(r, n == 0 ? 0 : want ? (int64_t)want : -EAGAIN);
            if (r > 0) written += (uint64_t)r;
        } else if (what < 19) {
            const int64_t r = world_read(p[0], in, n, NULL);
            const uint64_t want = n < written - read ? n : written - read;
            cr_assert_eq(r, n == 0 ? 0 : want ? (int64_t)want : -EAGAIN);
            for (int64_t i = 0; i < r; i++) cr_assert_eq(in[i], (unsigned char)((read + (uint64_t)i) * 131 >> 3));
            if (r > 0) read += (uint64_t)r;
        } else {
            const int r = pipe_set_size(p[0], n);
            cr_assert(r == -EBUSY || r >= PIPE_BUF);
            if (r > 0) size = (uint64_t)r;
            cr_assert_eq(pipe_get_size(p[1]), (int)size);
        }
    }
    file_put(p[1]);
    while (read < written) {
        const int64_t r = world_read(p[0], in, sizeof in, NULL);
        cr_assert_gt(r, 0);
        read += (uint64_t)r;
    }
    cr_assert_eq(world_read(p[0], in, 1, NULL), 0);
    file_put(p[0]);
    vfs_free(vfs);
}

Test(pipe_ring, broken) {
    struct vfs *vfs = world_vfs(NULL);
    struct file *p[2];
    cr_assert_eq(pipe_open_pair(vfs, 0, p), 0);
    file_put(p[0]);
    cr_assert_eq(world_write(p[1], "x", 1, NULL), -EPIPE);
    cr_assert(file_poll(p[1], NULL) & POLLERR);
    file_put(p[1]);
    vfs_free(vfs);
}
