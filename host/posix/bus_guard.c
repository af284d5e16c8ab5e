/* SPDX-License-Identifier: ISC */
/* Survives files that shrink under their mapping: the host raises SIGBUS when one of our own copies or the
 * interpreter touches such a page. The handler puts a page of zeros there and lets execution go on. Only file
 * mappings can raise BUS_ADRERR, so the handler needs no list of ranges and the process no state. */
#include "host/memory.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void put_zero_page(int signo, siginfo_t *info, void *context) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *at = (void *)((uintptr_t)info->si_addr & ~(uintptr_t)(page - 1));
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    if (info->si_code == BUS_ADRERR && mmap(at, page, PROT_READ | PROT_WRITE, flags, -1, 0) == at) return;
    signal(signo, SIG_DFL);
    raise(signo);
}

void host_bus_guard_init(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = put_zero_page;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}
