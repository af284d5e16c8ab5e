/* SPDX-License-Identifier: ISC */
/* Faults of our own code. Guest faults are values and never come here. */
#pragma once

enum { HOST_CRASH_STATUS = 125 };

/* Makes a fault of our own (SIGSEGV, SIGBUS, SIGILL, SIGFPE) print one line on stderr and end the process with
 * HOST_CRASH_STATUS. Leaves handlers alone that somebody else installed, such as a sanitizer's. */
void host_crash_init(void);
