/* SPDX-License-Identifier: ISC */
/* struct process_usage as the guest's rusage. */
#pragma once

#include "syscall/linux/abi/resource.h"
#include "syscall/linux/process/process.h"

struct guest_rusage usage_to_guest(const struct process_usage *usage);
