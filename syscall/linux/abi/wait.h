/* SPDX-License-Identifier: ISC */
/* wait4(2) and waitid(2): options and the encoding of a status. Names differ from the C library's macros. */
#pragma once

#include <stdint.h>

#define WAIT_NOHANG 0x1u
#define WAIT_STOPPED 0x2u /* WUNTRACED, WSTOPPED */
#define WAIT_EXITED 0x4u
#define WAIT_CONTINUED 0x8u
#define WAIT_NOWAIT 0x1000000u
#define WAIT_NOTHREAD 0x20000000u
#define WAIT_ALL 0x40000000u
#define WAIT_CLONE 0x80000000u

enum waitid_type { WAIT_P_ALL, WAIT_P_PID, WAIT_P_PGID, WAIT_P_PIDFD };

#define WAIT_CORE_FLAG 0x80
#define WAIT_STATUS_CONTINUED 0xffff

static inline int wait_status_exited(int code) {
    return (code & 0xff) << 8;
}
static inline int wait_status_stopped(int signo) {
    return signo << 8 | 0x7f;
}
