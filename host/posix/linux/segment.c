/* SPDX-License-Identifier: ISC */
/* The GS base by arch_prctl(2), which exists on x86-64 only. */
#include "host/segment.h"

#include "base/error.h"
#include "host/posix/error.h"

#include <sys/syscall.h>
#include <unistd.h>

int host_thread_set_gs_base(uint64_t base) {
#if defined(SYS_arch_prctl) && defined(__x86_64__)
    enum { SET_GS = 0x1001 };
    return syscall(SYS_arch_prctl, SET_GS, base) == 0 ? 0 : host_error_last();
#else
    return -ENOSYS;
#endif
}
