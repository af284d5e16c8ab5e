/* SPDX-License-Identifier: ISC */
/* A signal that arrives between the test of the flag and pause() wakes nobody. Right: it is blocked, and sigsuspend lets it in. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t told;

static void handle(int signo) {
    told = 1;
}

int main(void) {
    struct sigaction action = {.sa_handler = handle};
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaction(SIGUSR1, &action, NULL);
#ifdef CORRECT
    sigprocmask(SIG_BLOCK, &set, &old);
#else
    sigemptyset(&old);
#endif
    const pid_t child = fork();
    if (child == 0) {
        kill(getppid(), SIGUSR1);
        _exit(0);
    }
#ifdef CORRECT
    while (!told) sigsuspend(&old);
#else
    while (!told) pause();
#endif
    while (waitpid(child, NULL, 0) < 0) {
    }
    return 0;
}
