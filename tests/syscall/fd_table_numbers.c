/* SPDX-License-Identifier: ISC */
/* dup(2), fcntl(2): the lowest free number, the limit, copies, close-on-exec, against a plain array. */
#include "syscall/linux/fs/event.h"
#include "tests/syscall/fs_world.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { LIMIT = 300 };

Test(fd_table_numbers, random_against_model) {
    struct vfs *vfs = world_vfs(NULL);
    struct file *file = event_file_new(vfs, 0, 0);
    struct fd_table *table = fd_table_new();
    fd_table_set_limit(table, LIMIT);
    char used[LIMIT] = {0};
    srand(3);
    for (int step = 0; step < 30000; step++) {
        const int fd = rand() % (LIMIT + 2), cloexec = rand() % 2;
        switch (rand() % 5) {
        case 0:
        case 1: {
            const int min = rand() % 3 ? 0 : fd;
            int want = min;
            while (want < LIMIT && used[want]) want++;
            const int r = fd_table_install(table, file_get(file), min, cloexec);
            cr_assert_eq(r, min >= LIMIT ? -EINVAL : want >= LIMIT ? -EMFILE : want);
            if (r >= 0) used[r] = (char)(1 + cloexec);
            break;
        }
        case 2:
            cr_assert_eq(fd_table_close(table, fd), fd < LIMIT && used[fd] ? 0 : -EBADF);
            if (fd < LIMIT) used[fd] = 0;
            break;
        case 3:
            cr_assert_eq(fd_table_install_at(table, file_get(file), fd, cloexec), fd < LIMIT ? fd : -EBADF);
            if (fd < LIMIT) used[fd] = (char)(1 + cloexec);
            break;
        default:
            cr_assert_eq(fd_table_get_cloexec(table, fd), fd < LIMIT && used[fd] ? used[fd] - 1 : -EBADF);
        }
    }
    struct fd_table *copy = fd_table_copy(table);
    fd_table_exec(copy);
    fd_table_close_range(table, 10, 20, false);
    for (int fd = 0; fd < LIMIT; fd++) {
        cr_assert_eq(fd_table_get_cloexec(copy, fd), used[fd] == 1 ? 0 : -EBADF);
        cr_assert_eq(fd_table_get_cloexec(table, fd), used[fd] && (fd < 10 || fd > 20) ? used[fd] - 1 : -EBADF);
    }
    fd_table_put(copy);
    fd_table_put(table);
    cr_assert_eq(atomic_load(&file->count), 1);
    file_put(file);
    vfs_free(vfs);
}
