/* SPDX-License-Identifier: ISC */
/* Instance and result lie in shared memory; a byte through a pipe says whose turn it is. */
#include "tests/jit/oracle.h"

#include "tests/differential/host_run.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct oracle {
    struct instance instance;
    struct result result;
    int ask[2], answer[2];
    pid_t child;
};

static void serve(struct oracle *o) {
    char turn;
    close(o->ask[1]);
    turn = host_run_init() ? 'n' : 'y';
    if (write(o->answer[1], &turn, 1) != 1) _exit(1);
    while (read(o->ask[0], &turn, 1) == 1) {
        memset(&o->result, 0, sizeof o->result);
        host_run(&o->instance, &o->result);
        if (write(o->answer[1], &turn, 1) != 1) break;
    }
    _exit(0);
}

struct oracle *oracle_new(void) {
    struct oracle *o = mmap(NULL, sizeof *o, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (o == MAP_FAILED || pipe(o->ask) || pipe(o->answer)) return NULL;
    o->child = fork();
    if (o->child == 0) serve(o);
    close(o->ask[0]);
    close(o->answer[1]);
    char ready = 'n';
    if (o->child > 0 && read(o->answer[0], &ready, 1) == 1 && ready == 'y') return o;
    oracle_free(o);
    return NULL;
}

void oracle_free(struct oracle *o) {
    close(o->ask[1]);
    close(o->answer[0]);
    if (o->child > 0) waitpid(o->child, NULL, 0);
    munmap(o, sizeof *o);
}

struct instance *oracle_instance(struct oracle *o) {
    return &o->instance;
}

const struct result *oracle_run(struct oracle *o) {
    char turn = 'r';
    if (write(o->ask[1], &turn, 1) != 1 || read(o->answer[0], &turn, 1) != 1) return NULL;
    return &o->result;
}

const struct result *oracle_last(const struct oracle *o) {
    return &o->result;
}
