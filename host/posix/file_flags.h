/* SPDX-License-Identifier: ISC */
/* Between Linux's x86-64 numbers, which host/file.h speaks, and the host's own. For host/posix/ only. */
#pragma once

/* open(2) flags; unknown bits are dropped. */
int host_native_open_flags(int flags);
int host_linux_open_flags(int native);
