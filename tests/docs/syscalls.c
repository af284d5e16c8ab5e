/* SPDX-License-Identifier: ISC */
/* Writes docs/syscalls.md to standard output: what table.def says of each call. */
#include "syscall/linux/dispatch.h"
#include "syscall/linux/handlers.h"

#include <stdio.h>

enum { LAST_NUMBER = 511 };

int main(void) {
    int n = 0, supported = 0;
    for (uint64_t number = 0; number <= LAST_NUMBER; number++) {
        const struct syscall_row *row = syscall_row(number);
        n += row != NULL;
        supported += row && row->handler != sys_enosys;
    }
    printf("# System calls\n\n<!-- Made from syscall/linux/table.def: ninja document_syscalls -->\n\n");
    printf("%d of the %d calls of Linux x86-64 are there; the others return ENOSYS. What a call lacks is in "
           "[limits.md](limits.md).\n\n", supported, n);
    printf("| number | name | support | man page |\n|---|---|---|---|\n");
    for (uint64_t number = 0; number <= LAST_NUMBER; number++) {
        const struct syscall_row *row = syscall_row(number);
        if (row) printf("| %d | %s | %s | %s |\n", (int)number, row->name, row->handler == sys_enosys ? "-" : "yes", row->man);
    }
    return 0;
}
