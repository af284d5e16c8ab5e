/* SPDX-License-Identifier: ISC */
/* How far a replay is, on the terminal behind standard error, when what the program prints does not go to a terminal. Called on the carrier,
 * aside from its door. */
#include "machine/session.h"

#include "replay/session.h"

#include <stdio.h>

enum { STANDARD_OUTPUT = 1, STANDARD_ERROR = 2 };
#define FIRST_NS INT64_C(2000000000)
#define EVERY_NS INT64_C(200000000)

static bool is_terminal(int fd) {
    struct host_termios attributes;
    return host_terminal_get(fd, &attributes) == 0;
}

static void show(void *arg, uint64_t at, uint64_t size) {
    struct lockstep_machine *machine = arg;
    struct machine_progress *progress = &machine->progress;
    if (!progress->base) progress->base = at; /* files that it began with take no time */
    const int64_t now = host_clock_monotonic_ns(), spent = now - progress->start_ns;
    const bool is_over = at >= size;
    if (now < progress->next_ns || at == 0 || size == 0 || (is_over && !progress->is_shown)) return;
    progress->next_ns = now + EVERY_NS;
    progress->is_shown = !is_over;
    if (is_over) {
        fprintf(stderr, "\r\033[K");
    } else {
        const double part = (double)(at - progress->base + 1) / (double)(size - progress->base + 1);
        fprintf(stderr, "\rreplay: %3.0f %%, %.0f s left\033[K", 100 * part, (double)spent / 1e9 * (1 - part) / part);
    }
    fflush(stderr);
}

void machine_show_progress(struct lockstep_machine *machine, const struct lockstep_options *options) {
    if (!options->replay || !options->progress || !is_terminal(STANDARD_ERROR)) return;
    if (!options->quiet && is_terminal(STANDARD_OUTPUT)) return;
    machine->progress.start_ns = host_clock_monotonic_ns();
    machine->progress.next_ns = machine->progress.start_ns + FIRST_NS;
    session_on_progress(machine->session, show, machine);
}
