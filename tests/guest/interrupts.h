/* SPDX-License-Identifier: ISC */
/* Calls that block, each once with and once without SA_RESTART. A child for each blocks, all at the same time, and gets signals until it
 * has returned or was restarted often enough; what came of it is printed. */
#pragma once

#include "check.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum { SIGNALS = 8, PERIOD_US = 60000 };

static char buf[65536];
static int nothing[2], full[2], pair[2]; /* pipes: empty, full; a socket pair */

struct row {
    const char *name;
    long (*call)(void);
};
#define ROW(name) {#name, do_##name},

struct outcome {
    volatile int ready, handled, returned, error;
};

static struct outcome *mine;

static void on_signal(int signo) {
    mine->handled++;
}

static void block(const struct row *row, struct outcome *outcome, int flags) {
    char dir[16];
    mine = outcome;
    setpgid(0, 0);
    snprintf(dir, sizeof dir, "d%d", (int)getpid());
    CHECK(mkdir(dir, 0700) == 0 && chdir(dir) == 0);
    CHECK(pipe(nothing) == 0 && pipe2(full, O_NONBLOCK) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    while (write(full[1], buf, sizeof buf) > 0) continue;
    CHECK(fcntl(full[1], F_SETFL, 0) == 0);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigaction(SIGUSR1, &action, 0);
    errno = 0;
    outcome->ready = 1;
    const long r = row->call();
    outcome->error = r < 0 ? errno : 0;
    outcome->returned = 1;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
    for (;;) pause();
}

static void interrupt_all(const struct row *rows, int n_rows) {
    struct outcome *outcomes = mmap(0, 2 * (size_t)n_rows * sizeof *outcomes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t *child = calloc(2 * (size_t)n_rows, sizeof *child);
    for (int i = 0; i < 2 * n_rows; i++) {
        if ((child[i] = fork()) == 0) block(&rows[i / 2], &outcomes[i], i % 2 ? SA_RESTART : 0);
        CHECK(child[i] > 0);
    }
    for (int i = 0; i < 2 * n_rows; i++) {
        while (!outcomes[i].ready) usleep(1000);
    }
    for (int n = 0; n < SIGNALS; n++) {
        for (int i = 0; i < 2 * n_rows; i++) kill(child[i], SIGUSR1);
        usleep(PERIOD_US);
    }
    for (int i = 0; i < 2 * n_rows; i++) {
        const struct outcome *o = &outcomes[i];
        printf("%s%s: %s\n", rows[i / 2].name, i % 2 ? ", SA_RESTART" : "",
               !o->handled ? "no signal" : !o->returned ? "restarted" : o->error ? strerror(o->error) : "no error");
        kill(-child[i], SIGKILL);
        waitpid(child[i], 0, 0);
    }
    free(child);
}
