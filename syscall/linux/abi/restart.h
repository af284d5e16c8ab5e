/* SPDX-License-Identifier: ISC */
/* Results that ask run.c to restart the call (or to turn it into -EINTR); they never reach the guest.
 * Any handler and any file system may return them, negated. Source: linux 6.1 signal delivery on x86-64. */
#pragma once

enum restart_number {
    ERESTARTSYS = 512,           /* a signal came: restart if the handler has SA_RESTART (or there is none), else -EINTR */
    ERESTARTNOINTR = 513,        /* always restart */
    ERESTARTNOHAND = 514,        /* restart only if no handler runs, else -EINTR */
    ERESTART_RESTARTBLOCK = 516, /* as NOHAND, but restart through restart_syscall(2) and task->restart */
};
