/* SPDX-License-Identifier: ISC */
/* fcntl(2) record locks: random requests of three owners on 64 bytes, against an array that says who holds which. */
#include "syscall/linux/fs/lock.h"
#include "tests/syscall/fs_world.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { OWNERS = 3, BYTES = 64 };

static char held[OWNERS][BYTES]; /* 0 nothing, 1 read, 2 write */

static bool in_the_way(int owner, int type, int start, int end) {
    for (int other = 0; other < OWNERS; other++) {
        for (int i = start; i <= end && other != owner; i++) {
            if (held[other][i] == 2 || (held[other][i] && type == F_WRLCK)) return true;
        }
    }
    return false;
}

Test(lock_ranges, random_against_model) {
    struct vfs *vfs = world_vfs(NULL);
    struct fs_context *fs = fs_context_new(vfs, "/");
    const struct vfs_caller caller = {.fs = fs};
    struct file *file;
    cr_assert_eq(vfs_open(&caller, AT_FDCWD, "/dev/null", O_RDWR, 0, &file), 0);
    const int owners[OWNERS] = {0};
    srand(11);
    for (int step = 0; step < 50000; step++) {
        const int owner = rand() % OWNERS, a = rand() % BYTES, b = rand() % BYTES, type = rand() % 3;
        const int start = a < b ? a : b, end = a < b ? b : a;
        struct lock_request request = {
            .family = LOCK_RECORD, .owner = &owners[owner], .pid = owner, .type = type, .start = start, .end = end,
        };
        const bool blocked = type != F_UNLCK && in_the_way(owner, type, start, end);
        struct lock_request probe = request;
        if (type != F_UNLCK) {
            cr_assert_eq(lock_test(file, &probe), 0);
            cr_assert_eq(probe.type != F_UNLCK, blocked);
            if (blocked) cr_assert(held[probe.pid][probe.start] && held[probe.pid][probe.end]);
        }
        cr_assert_eq(lock_set(file, &request, false, NULL), blocked ? -EAGAIN : 0);
        for (int i = start; i <= end && !blocked; i++) held[owner][i] = (char)(type == F_UNLCK ? 0 : type + 1);
    }
    for (int owner = 0; owner < OWNERS; owner++) {
        const struct lock_request all = {
            .family = LOCK_RECORD, .owner = &owners[owner], .type = F_UNLCK, .end = INT64_MAX,
        };
        cr_assert_eq(lock_set(file, &all, false, NULL), 0);
    }
    file_put(file);
    fs_context_put(fs);
    vfs_free(vfs);
}
