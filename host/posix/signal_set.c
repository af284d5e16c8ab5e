/* SPDX-License-Identifier: ISC */
/* The one list of host signals that stay unblocked. */
#include "host/posix/signal_set.h"

void host_signal_add_bit(uint64_t *bits, int host_number) {
    const int number = host_signal_to_linux(host_number);
    if (number >= 1 && number <= 64) *bits |= 1ull << (number - 1);
}

void host_signal_set_blocked(sigset_t *out) {
    static const int open[] = {HOST_KICK_SIGNAL, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
    sigfillset(out);
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) sigdelset(out, open[i]);
}
