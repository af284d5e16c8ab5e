/* SPDX-License-Identifier: ISC */
/* Moves our own descriptors into the first process's table under the same numbers. The guest's files own duplicates;
 * ours are let go, so that a pipe's other end sees the guest's last close. Ours for standard error stays: messages. */
#include "machine/machine.h"

#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/net/net.h"
#include "syscall/linux/process/kernel.h"

enum { STANDARD_ERROR = 2, MAX_INHERITED = 1024 };

static int adopt(struct lockstep_machine *machine, struct fd_table *table, int fd) {
    struct file *file;
    const int err = net_adopt(machine->kernel->net, fd, &file);
    if (err) return err;
    const int r = fd_table_install_at(table, file, fd, false);
    return r < 0 ? r : 0;
}

struct fd_table *machine_make_descriptors(struct lockstep_machine *machine) {
    struct fd_table *table = fd_table_new();
    if (!table) return NULL;
    int fds[MAX_INHERITED];
    const int n = host_descriptors_inherited(fds, MAX_INHERITED);
    const int last = machine->inherit_descriptors ? INT32_MAX : STANDARD_ERROR;
    for (int i = 0; i < n && fds[i] <= last; i++) {
        const int fd = fds[i];
        const int err = adopt(machine, table, fd);
        if (err) log_verbose(&machine->log, "descriptor %d is not passed on: error %d", fd, -err);
        else if (machine->inherit_descriptors && fd != STANDARD_ERROR) host_descriptor_blank(fd);
    }
    return table;
}
