/* SPDX-License-Identifier: ISC */
/* execve and execveat: copies path, arguments and environment out of the memory that is going to vanish. */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/exec.h"

#include "loader/loader.h"
#include "syscall/linux/abi/fcntl.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096, FIRST_POINTERS = 32 };

/* A NULL-terminated list of strings, all owned. */
struct strings {
    char **list;
    size_t n, capacity;
};

static void strings_fini(struct strings *strings) {
    for (size_t i = 0; i < strings->n; i++) free(strings->list[i]);
    free(strings->list);
}

static int strings_add(struct strings *strings, char *text) {
    if (strings->n + 1 >= strings->capacity) {
        const size_t capacity = strings->capacity ? strings->capacity * 2 : FIRST_POINTERS;
        char **list = realloc(strings->list, capacity * sizeof *list);
        if (!list) return -ENOMEM;
        strings->list = list;
        strings->capacity = capacity;
    }
    if (text) strings->list[strings->n++] = text;
    strings->list[strings->n] = NULL;
    return 0;
}

/* buf: LOADER_STRING_MAX bytes. left: what all strings may still take. */
static int copy_one(struct task *task, struct strings *strings, uint64_t gva, char *buf, int64_t *left) {
    const int64_t n = copy_string_from_guest(task, buf, gva, LOADER_STRING_MAX);
    if (n < 0) return n == -ENAMETOOLONG ? -E2BIG : -EFAULT;
    *left -= n + 1 + (int64_t)sizeof(uint64_t);
    if (*left < 0) return -E2BIG;
    char *text = malloc((size_t)n + 1);
    if (!text) return -ENOMEM;
    memcpy(text, buf, (size_t)n + 1);
    const int r = strings_add(strings, text);
    if (r < 0) free(text);
    return r;
}

/* A null pointer for the whole list is an empty one, as Linux allows. */
static int copy_strings(struct task *task, struct strings *strings, uint64_t gva, char *buf, int64_t *left) {
    int r = strings_add(strings, NULL);
    for (; r == 0 && gva; gva += sizeof(uint64_t)) {
        uint64_t text;
        if (copy_from_guest(task, &text, gva, sizeof text) < 0) return -EFAULT;
        if (!text) break;
        r = copy_one(task, strings, text, buf, left);
    }
    return r;
}

static int64_t exec(struct task *task, int dirfd, uint64_t path, uint64_t argv, uint64_t envp, int at_flags) {
    struct strings args = {0}, env = {0};
    int64_t left = LOADER_STRINGS_MAX;
    char *buf = malloc(LOADER_STRING_MAX + PATH_SIZE);
    if (!buf) return -ENOMEM;
    char *name = buf + LOADER_STRING_MAX;
    int64_t r = copy_string_from_guest(task, name, path, PATH_SIZE);
    if (r == 0 && !(at_flags & AT_EMPTY_PATH)) r = -ENOENT;
    if (r >= 0) r = copy_strings(task, &args, argv, buf, &left);
    if (r == 0) r = copy_strings(task, &env, envp, buf, &left);
    if (r == 0) {
        const struct exec_request request = {
            .dirfd = dirfd, .path = name, .at_flags = at_flags, .argv = (const char *const *)args.list,
            .envp = (const char *const *)env.list};
        r = exec_program(task, &request);
    }
    strings_fini(&args);
    strings_fini(&env);
    free(buf);
    return r;
}

int64_t sys_execve(struct task *task, const uint64_t args[6]) {
    return exec(task, AT_FDCWD, args[0], args[1], args[2], 0);
}

int64_t sys_execveat(struct task *task, const uint64_t args[6]) {
    const int flags = (int)args[4];
    if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) return -EINVAL;
    return exec(task, (int)args[0], args[1], args[2], args[3], flags);
}
