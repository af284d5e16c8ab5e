/* SPDX-License-Identifier: ISC */
/* Breakpoints of a session. */
#pragma once

#include "terminal/session.h"

struct terminal_break *breaks_add(struct session *s, uint64_t address, bool is_temporary);
void breaks_remove(struct session *s, struct terminal_break *b);
/* At a stop at a breakpoint: whether one of ours wants it; it counts, and a temporary one is gone. */
bool breaks_hit(struct session *s);
/* The parent's are the child's, as the machine has it. */
void breaks_copy(struct session *s, int from_pid, int to_pid);
/* Those of a process that has ended, or runs another program. */
void breaks_forget(struct session *s, int pid);
void print_breaks(struct session *s);
/* WHERE: FUNCTION, FILE:LINE, LINE, *EXPR; *rest is behind it. */
bool place_of(struct session *s, const char *text, const char **rest, uint64_t *address);
