/* SPDX-License-Identifier: ISC */
/* Going back in place: heap, stack, data, descriptors and their positions are as they were, as often as wanted; memory that is left alone
 * is not; and a process whose mappings have changed is told so. Each in a copy of the test's process, which has one thread. */
#include "host/restore.h"

#include "base/error.h"
#include "host/branch.h"
#include "host/file.h"
#include "syscall/linux/abi/fcntl.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, TIMES = 50, BYTES = 100000 };

static int data = 7;
static char zeros[8 * PAGE];

/* Runs fn in a copy; its result is the copy's status. */
static int in_copy(int (*fn)(int *shared)) {
    int *shared = host_branch_shared(PAGE);
    const int64_t id = host_branch(true);
    if (id == 0) {
        host_restore_prepare();
        host_branch_end(fn(shared));
    }
    return host_branch_wait(id);
}

static struct host_restore *make(int *shared) {
    const struct host_range left_alone = {(char *)shared, (char *)shared + PAGE};
    return host_restore_new(&left_alone, 1);
}

static bool is_as_it_was(const char *bytes, int own) {
    if (data != 7 || own != 3 || zeros[5 * PAGE] != 0) return false;
    for (int i = 0; i < BYTES; i++) {
        if (bytes[i] != 'a') return false;
    }
    return true;
}

static int change_memory(int *shared) {
    volatile int own = 3;
    char *bytes = malloc(BYTES);
    memset(bytes, 'a', BYTES);
    struct host_restore *restore = make(shared);
    if (!restore || host_restore_keep(restore) < 0) return 1;
    if (!is_as_it_was(bytes, own)) return 2;
    if (++*shared == TIMES) return 0;
    own = data = *shared;
    memset(bytes + *shared * PAGE % BYTES / 2, *shared, PAGE);
    zeros[5 * PAGE] = 1;
    memset(malloc(BYTES), 'b', BYTES);
    free(bytes);
    host_restore_back(restore);
    return 3;
}

Test(restore, memory_is_as_it_was_each_time) {
    cr_assert_eq(in_copy(change_memory), 0);
}

static int change_descriptors(int *shared) {
    const int file = host_file_memory("test", 0);
    host_file_write(file, "abcdef", 6);
    host_file_seek(file, 2, 0);
    struct host_restore *restore = make(shared);
    if (!restore || host_restore_keep(restore) < 0) return 1;
    if (host_file_seek(file, 0, 1) != 2) return 2;
    if (shared[1] && host_file_seek(shared[1], 0, 1) != -EBADF) return 4;
    if (++*shared == TIMES) return 0;
    host_file_seek(file, *shared, 0);
    shared[1] = host_file_open_at(HOST_CWD, "/dev/null", O_RDONLY, 0);
    host_restore_back(restore);
    return 3;
}

Test(restore, descriptors_and_positions_are_as_they_were) {
    cr_assert_eq(in_copy(change_descriptors), 0);
}

static int change_mappings(int *shared) {
    struct host_restore *restore = make(shared);
    if (!restore || host_restore_keep(restore) < 0) return 1;
    if ((*shared)++) return 2;
    data = 8;
    if (!host_memory_map(PAGE, HOST_PROT_READ, 0)) return 4;
    if (host_restore_back(restore) >= 0) return 3;
    return data == 8 ? 0 : 5;
}

Test(restore, other_mappings_are_told_and_nothing_is_put_back) {
    cr_assert_eq(in_copy(change_mappings), 0);
}

static int close_one(int *shared) {
    const int file = host_file_memory("test", 0);
    struct host_restore *restore = make(shared);
    if (!restore || host_restore_keep(restore) < 0) return 1;
    if ((*shared)++) return 2;
    host_file_close(file);
    return host_restore_back(restore) < 0 ? 0 : 3;
}

Test(restore, a_closed_descriptor_is_told) {
    cr_assert_eq(in_copy(close_one), 0);
}
