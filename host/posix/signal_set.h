/* SPDX-License-Identifier: ISC */
/* Which host signals are blocked where, and their Linux numbers. For host/posix/ only. */
#pragma once

#include <signal.h>
#include <stdint.h>

/* SIGURG: ignored by default and sent by nobody in ordinary life, on every POSIX system. A stray one is harmless:
 * whoever is kicked looks whether there is a reason and goes on. */
#define HOST_KICK_SIGNAL SIGURG

/* Everything but the kick and the signals that a fault of our own code raises. */
void host_signal_set_blocked(sigset_t *out);
/* Linux's number of a host signal, 0 when Linux has none. */
int host_signal_to_linux(int number);
/* Sets bit n - 1 of Linux's number n, if there is one. */
void host_signal_add_bit(uint64_t *bits, int host_number);
