/* SPDX-License-Identifier: ISC */
/* How a processor switches stacks: fiber_<processor>.c. For host/posix/ only. */
#pragma once

#include <stddef.h>

/* What a switch keeps of the fiber that is left; on its own stack, at the address that is kept. */
typedef void fiber_entry(void *arg);

/* Prepares a stack (top: its end, aligned to 16) so that the first switch to the returned address calls entry(arg). */
void *fiber_prepare(char *top, fiber_entry *entry, void *arg);
/* Keeps the running fiber at *from and goes on with `to`, an address that fiber_prepare or an earlier switch gave. */
void fiber_switch(void **from, void *to);
