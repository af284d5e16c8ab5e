/* SPDX-License-Identifier: ISC */
/* The host's error codes become Linux's numbers, negated; unknown ones become -EIO. */
#include "host/posix/error.h"

#include "base/error.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

Test(errors, of_a_failed_call) {
    cr_assert_eq(open("/nonexistent/file", O_RDONLY), -1);
    cr_expect_eq(host_error_last(), -ENOENT);
    cr_assert_eq(close(-1), -1);
    cr_expect_eq(host_error_last(), -EBADF);
}

Test(errors, by_value) {
    cr_expect_eq(host_error_from(0), 0);
    cr_expect_eq(host_error_from(99999), -EIO);
}

#ifdef __linux__
Test(errors, every_row_is_itself_on_linux) {
    static const int numbers[] = {
#define E(name, number, text) number,
#include "base/error.def"
#undef E
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        cr_expect_eq(host_error_from(numbers[i]), -numbers[i], "%s", error_name(numbers[i]));
    }
}
#endif
