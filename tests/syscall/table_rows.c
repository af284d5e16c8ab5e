/* SPDX-License-Identifier: ISC */
/* table.def: every number of Linux 6.1 x86-64 has one row with a name, and rows know how many arguments they take. */
#include "syscall/linux/dispatch.h"
#include "syscall/linux/handlers.h"

#include <criterion/criterion.h>
#include <string.h>

enum { LAST_NUMBER = 450, N_ROWS = 362 };

Test(table_rows, all_numbers_and_names) {
    int n = 0;
    for (uint64_t number = 0; number <= LAST_NUMBER + 100; number++) {
        const struct syscall_row *row = syscall_row(number);
        if (!row) continue;
        n++;
        cr_assert(number <= 334 || number >= 424);
        cr_assert(row->name[0] && row->man[0] && row->n_args <= 6);
        for (uint64_t other = 0; other < number; other++) {
            const struct syscall_row *before = syscall_row(other);
            cr_assert(!before || strcmp(before->name, row->name) != 0);
        }
    }
    cr_assert_eq(n, N_ROWS);
    cr_assert_null(syscall_row(UINT64_MAX));
    cr_assert_null(syscall_row(335));
}

Test(table_rows, known_ones) {
    cr_assert_str_eq(syscall_row(0)->name, "read");
    cr_assert_str_eq(syscall_row(202)->name, "futex");
    cr_assert_eq(syscall_row(202)->n_args, 6);
    cr_assert_eq(syscall_row(231)->handler, sys_exit_group);
    cr_assert_eq(syscall_row(425)->handler, sys_enosys);
    cr_assert_eq(syscall_row(435)->handler, sys_clone3);
}
