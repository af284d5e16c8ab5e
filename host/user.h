/* SPDX-License-Identifier: ISC */
/* Who runs us, as the host counts users. */
#pragma once

#include <stdint.h>

struct host_user {
    uint32_t uid, gid; /* effective: what decides about files */
};

struct host_user host_user_self(void);
