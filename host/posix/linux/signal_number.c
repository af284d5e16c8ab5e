/* SPDX-License-Identifier: ISC */
/* On a Linux host the numbers are the guest's own: x86-64 and aarch64 share them. */
#include "host/posix/signal_set.h"

int host_signal_to_linux(int number) {
    return number;
}
