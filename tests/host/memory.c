/* SPDX-License-Identifier: ISC */
/* Host memory: mapped zeroed, discarded to zeros, reserved without access, shared with files. */
#include "host/memory.h"

#include "base/error.h"
#include "host/file.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

Test(memory, discarded_pages_read_as_zeros) {
    const size_t page = host_page_size();
    char *at = host_memory_map(2 * page, HOST_PROT_READ | HOST_PROT_WRITE, 0);
    cr_assert_not_null(at);
    memset(at, 7, 2 * page);
    host_memory_discard(at, page);
    cr_expect_eq(at[0], 0);
    cr_expect_eq(at[page], 7);
    host_memory_unmap(at, 2 * page);
}

Test(memory, reservation_has_no_access, .signal = SIGSEGV) {
    volatile char *at = host_memory_reserve(1ull << 30);
    cr_assert_not_null(at);
    at[4096] = 1;
}

Test(memory, reservation_can_be_opened) {
    const size_t page = host_page_size();
    char *at = host_memory_reserve(16 * page);
    cr_assert_eq(host_memory_protect(at + page, page, HOST_PROT_READ | HOST_PROT_WRITE), 0);
    at[page] = 1;
    cr_expect_eq(at[page], 1);
    host_memory_unmap(at, 16 * page);
}

Test(memory, shared_file_mapping_reaches_the_file) {
    const size_t page = host_page_size();
    char back = 0;
    int err = 0;
    const int fd = host_file_memory("t", 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(host_file_truncate(fd, (int64_t)page), 0);
    char *at = host_memory_map_file(fd, 0, page, HOST_PROT_READ | HOST_PROT_WRITE, 1, &err);
    cr_assert_not_null(at);
    at[5] = 'x';
    cr_expect_eq(host_file_read_at(fd, &back, 1, 5), 1);
    cr_expect_eq(back, 'x');
    host_memory_unmap(at, page);
    host_file_close(fd);
}

Test(memory, bad_descriptor) {
    int err = 0;
    cr_expect_null(host_memory_map_file(-1, 0, 4096, HOST_PROT_READ, 0, &err));
    cr_expect_eq(err, -EBADF);
}
