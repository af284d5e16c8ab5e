/* SPDX-License-Identifier: ISC */
/* execve(2): arguments, environment, close-on-exec, reset handlers, kept masks, errors, from a thread that is not the
 * leader, posix_spawn and vfork. */
#include "tests/guest/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static const char *self;

static void on_signal(int signo) {
}

/* The second life: argv[1] says what is expected. */
static int child(char **argv) {
    if (strcmp(argv[1], "plain") == 0) {
        struct sigaction action;
        sigset_t mask;
        CHECK(strcmp(argv[2], "a b") == 0 && argv[3][0] == 0 && argv[4] == NULL);
        CHECK(strcmp(getenv("KEY"), "value") == 0);
        CHECK_ERROR(fcntl(100, F_GETFD), EBADF);
        CHECK(fcntl(101, F_GETFD) == 0);
        CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
        CHECK(sigaction(SIGUSR2, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
        CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0 && sigismember(&mask, SIGHUP) == 1);
        return 21;
    }
    if (strcmp(argv[1], "thread") == 0) {
        CHECK(getpid() == atoi(argv[2]) && syscall(SYS_gettid) == getpid());
        return 22;
    }
    return 23;
}

static int status_of(pid_t pid) {
    int status;
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void plain(void) {
    const pid_t pid = fork();
    if (pid == 0) {
        char *const argv[] = {(char *)self, "plain", "a b", "", NULL}, *const envp[] = {"KEY=value", NULL};
        sigset_t mask;
        sigemptyset(&mask);
        sigaddset(&mask, SIGHUP);
        sigprocmask(SIG_BLOCK, &mask, NULL);
        signal(SIGUSR1, on_signal);
        signal(SIGUSR2, SIG_IGN);
        CHECK(dup3(1, 100, O_CLOEXEC) == 100 && dup2(1, 101) == 101);
        execve(self, argv, envp);
        CHECK(!"exec returned");
    }
    CHECK(status_of(pid) == 21);
}

static void *exec_in_thread(void *arg) {
    char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    execl(self, self, "thread", pid, NULL);
    return NULL;
}

static void *sleep_forever(void *arg) {
    for (;;) pause();
    return arg;
}

static void from_a_thread(void) {
    const pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, sleep_forever, NULL) == 0);
        CHECK(pthread_create(&thread, NULL, exec_in_thread, NULL) == 0);
        for (;;) pause();
    }
    CHECK(status_of(pid) == 22);
}

static void by_spawn_and_vfork(void) {
    char *const argv[] = {(char *)self, "other", NULL};
    pid_t pid;
    CHECK(posix_spawn(&pid, self, NULL, NULL, argv, environ) == 0);
    CHECK(status_of(pid) == 23);
    CHECK(posix_spawn(&pid, "/nonexistent/program", NULL, NULL, argv, environ) == ENOENT);
    static volatile int shared;
    pid = vfork();
    if (pid == 0) {
        shared = 5;
        execv(self, argv);
        _exit(99);
    }
    CHECK(shared == 5);
    CHECK(status_of(pid) == 23);
}

static void scripts(void) {
    char path[] = "/tmp/exec_program.XXXXXX";
    const int fd = mkstemp(path);
    CHECK(fd >= 0);
    dprintf(fd, "#!%s other\n", self);
    CHECK(fchmod(fd, 0755) == 0 && close(fd) == 0);
    const pid_t pid = fork();
    if (pid == 0) {
        execl(path, path, NULL);
        _exit(98);
    }
    CHECK(status_of(pid) == 23);
    unlink(path);
}

static void errors(void) {
    char *const argv[] = {(char *)self, NULL};
    char longest[5000], *volatile bad = (char *)8;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    CHECK_ERROR(execve("/nonexistent", argv, environ), ENOENT);
    CHECK_ERROR(execve("", argv, environ), ENOENT);
    CHECK_ERROR(execve("/tmp", argv, environ), EACCES);
    CHECK_ERROR(execve("/dev/null/x", argv, environ), ENOTDIR);
    CHECK_ERROR(execve(longest, argv, environ), ENAMETOOLONG);
    CHECK_ERROR(execve(bad, argv, environ), EFAULT);
    CHECK_ERROR(execve(self, (char **)bad, environ), EFAULT);
}

int main(int argc, char **argv) {
    if (argc > 1) return child(argv);
    self = argv[0];
    plain();
    from_a_thread();
    by_spawn_and_vfork();
    scripts();
    errors();
    puts("exec: ok");
    return 0;
}
