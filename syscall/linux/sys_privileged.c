/* SPDX-License-Identifier: ISC */
/* Calls that change the whole system or its hardware. The machine has none of that to change, and nobody in it, not even user 0,
 * has the right: as in a container without capabilities. */
#include "base/error.h"
#include "syscall/linux/handlers.h"

enum { PORTS = 65536, LEVEL_MAX = 3 };

int64_t sys_eperm(struct task *task, const uint64_t arg[6]) {
    return -EPERM;
}

int64_t sys_iopl(struct task *task, const uint64_t arg[6]) {
    const uint32_t level = (uint32_t)arg[0];
    if (level > LEVEL_MAX) return -EINVAL;
    return level ? -EPERM : 0;
}

/* Nobody has access to ports, so taking it away is done. */
int64_t sys_ioperm(struct task *task, const uint64_t arg[6]) {
    if (arg[0] + arg[1] <= arg[0] || arg[0] + arg[1] > PORTS) return -EINVAL;
    return (int)arg[2] ? -EPERM : 0;
}
