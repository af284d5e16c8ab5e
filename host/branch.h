/* SPDX-License-Identifier: ISC */
/* Copies of our own process, made by the thread that calls and holding only that thread: every run of an exploration is one. What they
 * have in common is memory from host_branch_shared and the pipes that were there before. Knows nothing of guests. */
#pragma once

#include "host/poll.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns 0 in the copy, its id in the original, or -E. die: the copy ends when the thread that made it does. */
int64_t host_branch(bool die);
/* Ends this process at once: nothing is flushed, nobody told. */
_Noreturn void host_branch_end(int status);
/* Waits for a copy's end. Returns its exit status, 128 plus the signal that ended it, or -E. */
int host_branch_wait(int64_t id);
/* Ends a copy. */
void host_branch_kill(int64_t id);

/* Zeroed memory that copies made later share. NULL without memory. */
void *host_branch_shared(size_t size);
/* A pipe, close-on-exec; what is written at once stays together up to HOST_BRANCH_MESSAGE bytes. Returns 0 or -E. */
enum { HOST_BRANCH_MESSAGE = 4096 };
int host_branch_pipe(int fds[2]);
/* Makes the descriptor `to` another name of what fd is. Returns 0 or -E. */
int host_branch_redirect(int fd, int to);
/* An interrupt or termination signal sets *flag (atomic) to 1 instead of ending this process. */
void host_branch_note_interrupts(_Atomic uint32_t *flag);

/* --- Copies that live on when the copy that made them has ended --- */
/* Our own id. */
int64_t host_branch_self(void);
/* Copies made by our copies become ours when those end. */
void host_branch_adopt(void);
/* We are a copy of `parent`, or have become one: we end when it does, at once if it has. */
void host_branch_follow(int64_t parent);
/* Forgets a copy that has ended, and returns its id; 0: there is none. */
int64_t host_branch_reap(void);
/* Bytes of memory that a copy holds; a page that n processes share counts 1/n. 0: not known. */
uint64_t host_branch_memory(int64_t id);
/* What this copy writes into shared memory with a descriptor (host_file_memory, host_backing_new_memory) is from now on not seen by other
 * copies, nor theirs by it. Returns 0, or -E: then some may be. */
int host_branch_unshare(void);
