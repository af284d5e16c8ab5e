/* SPDX-License-Identifier: ISC */
/* The explored program's files: its output and its errors go to memory, which copies of the process share and each run empties; its input is
 * empty. So runs differ in their schedules only. Private to explore/. */
#pragma once

#include <stdint.h>

struct capture {
    int out, err;                 /* descriptors of this process */
    int64_t out_start, err_start; /* what was there before the runs part */
};

/* Takes the place of our own descriptors 0, 1 and 2. Returns 0 or -E. */
int capture_begin(struct capture *capture);
/* Everything so far stays in every run. */
void capture_mark(struct capture *capture);
/* Back to the mark. */
void capture_clear(const struct capture *capture);
