/* SPDX-License-Identifier: ISC */
/* CPU exceptions become signals of the thread that made them. */
#pragma once

#include "syscall/linux/process/task.h"

/* Forces the signal for cpu->exception and notes the trap for its frame. Owner thread. */
void exception_raise(struct task *task);
