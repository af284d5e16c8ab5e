/* SPDX-License-Identifier: ISC */
/* Copies by fork. The C library makes its own locks good in the copy; ours are held by nobody when a serial machine's carrier forks. */
#include "host/branch.h"

#include "base/error.h"
#include "host/posix/error.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int64_t host_branch(bool die) {
    const pid_t pid = fork();
    if (pid == 0 && die) prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid < 0 ? host_error_last() : pid;
}

_Noreturn void host_branch_end(int status) {
    _exit(status);
}

int host_branch_wait(int64_t id) {
    int status, r;
    do {
        r = waitpid((pid_t)id, &status, 0) < 0 ? host_error_last() : 0;
    } while (r == -EINTR);
    if (r < 0) return r;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void host_branch_kill(int64_t id) {
    kill((pid_t)id, SIGKILL);
}

void *host_branch_shared(size_t size) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

int host_branch_pipe(int fds[2]) {
    if (pipe(fds) < 0) return host_error_last();
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    return 0;
}

int host_branch_redirect(int fd, int to) {
    return dup2(fd, to) < 0 ? host_error_last() : 0;
}

/* A handler needs a place that outlives every caller. */
static _Atomic(_Atomic uint32_t *) noted;

static void note(int signo) {
    _Atomic uint32_t *flag = atomic_load(&noted);
    if (flag) atomic_store(flag, 1);
}

void host_branch_note_interrupts(_Atomic uint32_t *flag) {
    struct sigaction action = {.sa_handler = note};
    atomic_store(&noted, flag);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}
