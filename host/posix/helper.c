/* SPDX-License-Identifier: ISC */
/* Helpers by posix_spawn, which is safe while other threads run. */
#include "host/helper.h"

#include "base/error.h"
#include "host/posix/error.h"
#include "host/posix/self.h"

#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static int find(const char *name, char path[PATH_SIZE]) {
    const int r = host_self_path(path, PATH_SIZE);
    if (r < 0) return r;
    char *end = strrchr(path, '/');
    end = end ? end + 1 : path;
    if ((size_t)(end - path) + strlen(name) >= PATH_SIZE) return -ENAMETOOLONG;
    strcpy(end, name);
    return access(path, X_OK) < 0 ? host_error_last() : 0;
}

int host_helper_self(struct host_stat *out) {
    char path[PATH_SIZE];
    const int r = host_self_path(path, PATH_SIZE);
    return r < 0 ? r : host_file_stat_at(HOST_CWD, path, out);
}

bool host_helper_exists(const char *name) {
    char path[PATH_SIZE];
    return find(name, path) == 0;
}

/* No signal blocked or ignored, whatever our threads have. */
static int prepare(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions, int in, int out) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!r) r = posix_spawnattr_setsigmask(attributes, &none);
    if (!r) r = posix_spawnattr_setsigdefault(attributes, &all);
    if (!r) r = posix_spawn_file_actions_adddup2(actions, in, 0);
    if (!r) r = posix_spawn_file_actions_adddup2(actions, out, 1);
    return r;
}

static int start(const char *path, char *const argv[], int in, int out, pid_t *pid) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    char *const no_environment[] = {NULL};
    int r = posix_spawnattr_init(&attributes);
    if (r) return host_error_from(r);
    r = posix_spawn_file_actions_init(&actions);
    if (!r) {
        r = prepare(&attributes, &actions, in, out);
        if (!r) r = posix_spawn(pid, path, &actions, &attributes, argv, no_environment);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return r ? host_error_from(r) : 0;
}

int host_helper_run(const char *name, char *const argv[], int in, int out) {
    char path[PATH_SIZE];
    pid_t pid;
    int status;
    int r = find(name, path);
    if (r == 0) r = start(path, argv, in, out, &pid);
    if (r < 0) return r;
    do {
        r = waitpid(pid, &status, 0) < 0 ? host_error_last() : 0;
    } while (r == -EINTR);
    if (r < 0) return r;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int host_helper_exec(const char *name, char *const argv[], char *const envp[]) {
    char path[PATH_SIZE];
    const int r = find(name, path);
    if (r < 0) return r;
    execve(path, argv, envp);
    return host_error_last();
}
