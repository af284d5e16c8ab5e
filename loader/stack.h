/* SPDX-License-Identifier: ISC */
/* The first stack of a program: strings, pointers and auxiliary vector. For loader/ only. */
#pragma once

#include "loader/image.h"
#include "loader/load.h"

/* Checks the sizes against execve's limits (E2BIG) and makes the stack's region with all strings in it.
 * argv: NULL-terminated host strings. On success the stack is ready but for stack_write_vectors. */
struct stack {
    const char *const *argv;
    const char *const *envp;
    uint64_t n_args, n_envs;
    uint64_t top;                 /* end of the region */
    uint64_t path, strings;       /* gva of the executed path; gva of the lowest string, argv[0] */
    uint64_t env_strings;         /* gva of envp[0] */
    uint64_t pointer;             /* the first rsp */
    uint64_t random, platform;    /* gva of AT_RANDOM's bytes and AT_PLATFORM's text */
};

int stack_measure(struct load *load, struct stack *stack, const char *const *argv);
/* Maps the region. */
int stack_map(struct load *load, const struct stack *stack, bool executable);
/* Writes everything. interpreter: NULL when there is none. */
int stack_write(struct load *load, const struct stack *stack, const struct image *program,
                const struct image *interpreter);
