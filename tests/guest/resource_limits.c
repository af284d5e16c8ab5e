/* SPDX-License-Identifier: ISC */
/* Limits that bite: RLIMIT_FSIZE (SIGXFSZ), RLIMIT_CPU (SIGXCPU, SIGKILL), inherited by children; NOFILE, AS. */
#include "check.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

static volatile sig_atomic_t xfsz, xcpu;

static void on_signal(int signo) {
    if (signo == SIGXFSZ) xfsz++;
    if (signo == SIGXCPU) xcpu++;
}

static void file_size(void) {
    static char buf[300];
    const int fd = open("limited", O_CREAT | O_RDWR | O_TRUNC, 0600), append = open("limited", O_WRONLY | O_APPEND);
    const struct rlimit limit = {500, 500};
    signal(SIGXFSZ, on_signal);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK(write(fd, buf, 300) == 300 && write(fd, buf, 300) == 200 && xfsz == 0);
    CHECK_ERROR(write(fd, buf, 1), EFBIG);
    CHECK(xfsz == 1);
    CHECK_ERROR(write(append, buf, 1), EFBIG);
    CHECK_ERROR(pwrite(fd, buf, 1, 5000), EFBIG);
    CHECK(pwrite(fd, buf, 300, 499) == 1 && xfsz == 3);
    CHECK_ERROR(ftruncate(fd, 501), EFBIG);
    CHECK_ERROR(truncate("limited", 501), EFBIG);
    CHECK(ftruncate(fd, 500) == 0 && ftruncate(fd, 10) == 0 && xfsz == 5);
    CHECK(write(append, buf, 300) == 300 && write(append, buf, 300) == 190);
    /* Not for what is no regular file. */
    int p[2];
    CHECK(pipe(p) == 0);
    for (int i = 0; i < 3; i++) CHECK(write(p[1], buf, 300) == 300);
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_DFL);
        (void)!pwrite(fd, buf, 1, 600);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
    CHECK(xfsz == 5 && close(fd) == 0 && close(append) == 0);
}

static void spin(void) {
    for (volatile int i = 0;; i++) continue;
}

/* At the soft limit a signal; at the hard one, inherited here, the end. Both at the same time. */
static void cpu_time(void) {
    int status;
    const pid_t soft = fork();
    if (soft == 0) {
        const struct rlimit limit = {1, 2};
        struct rlimit now;
        signal(SIGXCPU, on_signal);
        CHECK(setrlimit(RLIMIT_CPU, &limit) == 0);
        while (!xcpu) continue;
        CHECK(getrlimit(RLIMIT_CPU, &now) == 0 && now.rlim_cur == 2 && now.rlim_max == 2);
        _exit(0);
    }
    const pid_t hard = fork();
    if (hard == 0) {
        const struct rlimit limit = {1, 1};
        CHECK(setrlimit(RLIMIT_CPU, &limit) == 0);
        const pid_t inheritor = fork();
        if (inheritor == 0) spin();
        CHECK(waitpid(inheritor, &status, 0) == inheritor && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        _exit(0);
    }
    wait_ok(soft);
    wait_ok(hard);
}

int main(void) {
    const struct rlimit files = {10, 4096}, memory = {64 << 20, RLIM_INFINITY};
    struct rlimit old;
    file_size();
    cpu_time();
    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0 && setrlimit(RLIMIT_NOFILE, &files) == 0);
    for (int i = 0; i < 10; i++) (void)!dup(0);
    CHECK_ERROR(dup(0), EMFILE);
    const pid_t child = fork();
    if (child == 0) {
        CHECK(setrlimit(RLIMIT_AS, &memory) == 0);
        CHECK_ERROR((long)mmap(0, 65 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
        _exit(0);
    }
    wait_ok(child);
    printf("limits bite as getrlimit(2) says\n");
}
