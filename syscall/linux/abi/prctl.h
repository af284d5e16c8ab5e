/* SPDX-License-Identifier: ISC */
/* prctl(2), arch_prctl(2), membarrier(2) and getrandom(2): numbers. The options of prctl are prctl.def. */
#pragma once

enum prctl_option {
#define PRCTL(number, name, handler) PR_##name = number,
#include "syscall/linux/abi/prctl.def"
#undef PRCTL
};
#define PR_SET_VMA_ANON_NAME 0

enum arch_prctl_code {
    ARCH_SET_GS = 0x1001, ARCH_SET_FS = 0x1002, ARCH_GET_FS = 0x1003, ARCH_GET_GS = 0x1004,
    ARCH_GET_CPUID = 0x1011, ARCH_SET_CPUID = 0x1012,
};

enum membarrier_command {
    MEMBARRIER_CMD_QUERY = 0,
    MEMBARRIER_CMD_GLOBAL = 1,
    MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2,
    MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 4,
    MEMBARRIER_CMD_PRIVATE_EXPEDITED = 8,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 16,
    MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 32,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64,
};

enum getrandom_flag { GRND_NONBLOCK = 1, GRND_RANDOM = 2, GRND_INSECURE = 4 };
