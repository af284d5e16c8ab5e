/* SPDX-License-Identifier: ISC */
/* A list of "VAR=VAL" strings with at most one entry changed per variable. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static int find(char *const *entries, const char *name, size_t n) {
    for (int i = 0; entries[i]; i++) {
        if (strncmp(entries[i], name, n) == 0 && entries[i][n] == '=') return i;
    }
    return -1;
}

static bool append(struct environment *environment, char *entry) {
    if (environment->n + 1 >= environment->capacity) {
        const int capacity = environment->capacity * 2 + 16;
        char **entries = realloc(environment->entries, (size_t)capacity * sizeof *entries);
        if (!entries) return false;
        environment->entries = entries;
        environment->capacity = capacity;
    }
    environment->entries[environment->n++] = entry;
    environment->entries[environment->n] = NULL;
    return true;
}

bool environment_init(struct environment *environment, char **envp) {
    *environment = (struct environment){.n = 0};
    environment->entries = calloc(1, sizeof *environment->entries);
    environment->capacity = 1;
    bool ok = environment->entries != NULL;
    for (; ok && *envp; envp++) ok = append(environment, *envp);
    return ok;
}

void environment_fini(struct environment *environment) {
    free(environment->entries);
}

bool environment_change(struct environment *environment, char *assignment) {
    const char *equals = strchr(assignment, '=');
    const size_t n = equals ? (size_t)(equals - assignment) : strlen(assignment);
    const int at = find(environment->entries, assignment, n);
    if (at >= 0 && equals) {
        environment->entries[at] = assignment;
    } else if (at >= 0) {
        environment->entries[at] = environment->entries[--environment->n];
        environment->entries[environment->n] = NULL;
    } else if (equals) {
        return append(environment, assignment);
    }
    return true;
}

const char *environment_get(char *const *entries, const char *name) {
    const size_t n = strlen(name);
    const int at = find(entries, name, n);
    return at < 0 ? NULL : entries[at] + n + 1;
}
