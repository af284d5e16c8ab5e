/* SPDX-License-Identifier: ISC */
/* Runs a command a number of times and writes one line a run: status, user, system and wall seconds, peak RSS in KiB.
 *   measure REPORT SECONDS TIMES OUTPUT ERRORS COMMAND...
 * The times are those of the command and of all descendants that were waited for (wait4). The command is spawned without
 * copying this small static process, so that neither its memory nor its page faults are counted. A run ends after SECONDS
 * with status -1; whatever is left in its process group is killed. A signal's status is 128 + its number. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { TOO_LATE = -1 };

static void require(int holds, const char *what) {
    if (holds) return;
    perror(what);
    exit(125);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static double seconds(struct timeval t) {
    return t.tv_sec + t.tv_usec / 1e6;
}

/* In a process group of its own, with all signals at their defaults, reading nothing. */
static pid_t spawn(const char *output, const char *errors, char **command) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    pid_t pid;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_addopen(&files, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    require(posix_spawnp(&pid, command[0], &files, &how, command, environ) == 0, command[0]);
    return pid;
}

/* Waits until the child ends, or kills it at the deadline; returns its status as a shell would. */
static int wait_until(pid_t pid, double deadline, const sigset_t *ends, struct rusage *usage) {
    int status, late = 0;
    while (wait4(pid, &status, WNOHANG, usage) == 0) {
        const double left = deadline - now();
        if (left <= 0 && !late++) kill(-pid, SIGKILL);
        const double sleep = late ? 1 : left;
        const struct timespec t = {(time_t)sleep, (long)((sleep - (time_t)sleep) * 1e9)};
        const int signal = sigtimedwait(ends, NULL, &t);
        if (signal > 0 && signal != SIGCHLD) {
            kill(-pid, SIGKILL);
            exit(128 + signal);
        }
    }
    if (late) return TOO_LATE;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv) {
    if (argc < 7) {
        fprintf(stderr, "usage: measure REPORT SECONDS TIMES OUTPUT ERRORS COMMAND...\n");
        return 125;
    }
    const double limit = atof(argv[2]);
    FILE *report = fopen(argv[1], "w");
    require(report != NULL, argv[1]);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    for (int times = atoi(argv[3]); times > 0; times--) {
        struct rusage usage;
        const double start = now();
        const pid_t pid = spawn(argv[4], argv[5], argv + 6);
        const int status = wait_until(pid, start + limit, &ends, &usage);
        const double end = now();
        kill(-pid, SIGKILL);
        fprintf(report, "%d %.6f %.6f %.6f %ld\n", status, seconds(usage.ru_utime), seconds(usage.ru_stime), end - start,
                usage.ru_maxrss);
        if (status == TOO_LATE) break;
    }
    return fclose(report) == 0 ? 0 : 125;
}
