/* SPDX-License-Identifier: ISC */
/* Shared by guest tests: stop at the first thing that is not as the manual says. */
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(x)                                                                        \
    do {                                                                                \
        if (!(x)) {                                                                     \
            printf("%s:%d: %s: errno %d\n", __FILE__, __LINE__, #x, errno);             \
            exit(1);                                                                    \
        }                                                                               \
    } while (0)
/* The call must fail with that errno. */
#define CHECK_ERROR(x, e)                                                                        \
    do {                                                                                         \
        errno = 0;                                                                               \
        const long result_ = (long)(x);                                                          \
        if (result_ != -1 || errno != (e)) {                                                     \
            printf("%s:%d: %s: %ld, errno %d, not %d\n", __FILE__, __LINE__, #x, result_, errno, e); \
            exit(1);                                                                             \
        }                                                                                        \
    } while (0)

/* Waits for a child that must exit with 0. */
static inline void wait_ok(pid_t child) {
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A number that no other test has while this one runs: its directory's. Process ids are small and alike in every machine, and abstract
 * sockets are the whole host's. */
static inline unsigned long number_of_test(void) {
    struct stat here;
    CHECK(stat(".", &here) == 0);
    return here.st_ino;
}
