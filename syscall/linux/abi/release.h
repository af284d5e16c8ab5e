/* SPDX-License-Identifier: ISC */
/* The kernel that uname(2) and /proc/version say we are. */
#pragma once

#define KERNEL_RELEASE "6.1.0-lockstep"
