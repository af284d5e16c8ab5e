/* SPDX-License-Identifier: ISC */
/* Inherited descriptors are those without close-on-exec; a blanked one lets its object go and stays taken. */
#include "host/descriptors.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

Test(descriptors, only_inherited_ones_are_listed) {
    int fds[64], n;
    const int kept = fcntl(0, F_DUPFD, 100);
    const int closed = fcntl(0, F_DUPFD_CLOEXEC, 101);
    cr_assert_eq(kept, 100);
    cr_assert_eq(closed, 101);
    cr_assert_gt(n = host_descriptors_inherited(fds, 64), 0);
    int seen = 0;
    for (int i = 0; i < n; i++) {
        cr_expect(i == 0 || fds[i - 1] < fds[i]);
        cr_expect_neq(fds[i], closed);
        seen += fds[i] == kept;
    }
    cr_expect_eq(seen, 1);
    cr_expect_eq(host_descriptors_inherited(fds, 1), 1);
}

Test(descriptors, blanked_pipe_is_at_its_end) {
    int ends[2];
    char byte;
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    host_descriptor_blank(ends[1]);
    cr_expect_eq(read(ends[0], &byte, 1), 0);
    cr_expect_eq(write(ends[1], "x", 1), 1);
}
