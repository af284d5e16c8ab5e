// labels: threads
// fork in a signal handler of a thread that raises other signals meanwhile, while they are sent from another thread: no
// signal is lost or doubled on either side, and every child goes on as a copy of the thread and is waited for.
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>

enum { RAISES = 1000, FORKS = 100 };

static volatile int raised, forks, is_child;

static void on_raise(int signo) {
    raised++;
}

static void on_fork(int signo) {
    forks++;
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) is_child = 1;
}

static void *work(void *arg) {
    for (int i = 0; i < RAISES; i++) CHECK(raise(SIGRTMIN) == 0);
    CHECK(raised == RAISES);
    while (forks < FORKS && !is_child) continue;
    CHECK(raised == RAISES);
    if (is_child) _exit(0); /* also one made in the loop above */
    for (int i = 0; i < FORKS; i++) {
        int status;
        CHECK(wait(&status) > 0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CHECK_ERROR(wait(NULL), ECHILD);
    return NULL;
}

int main(void) {
    pthread_t thread;
    struct sigaction raising = {.sa_handler = on_raise, .sa_flags = SA_RESTART};
    struct sigaction forking = {.sa_handler = on_fork, .sa_flags = SA_RESTART};
    CHECK(sigaction(SIGRTMIN, &raising, NULL) == 0 && sigaction(SIGRTMIN + 1, &forking, NULL) == 0);
    CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
    for (int i = 0; i < FORKS; i++) CHECK(pthread_kill(thread, SIGRTMIN + 1) == 0);
    pthread_join(thread, NULL);
    puts("fork_in_handler: ok");
    return 0;
}
