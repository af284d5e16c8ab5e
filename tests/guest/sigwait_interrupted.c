// labels: threads
// sigtimedwait ends with EINTR when the handler of a signal outside the set has run, keeps its timeout while signals
// that are ignored come, and takes a signal of the set that comes later: sigwaitinfo(2).
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>

static volatile sig_atomic_t handled;
static atomic_bool stop;

static void on_signal(int signo) {
    handled++;
}

static void *sender(void *arg) {
    while (!stop) {
        kill(getpid(), SIGURG);
        kill(getpid(), SIGUSR1);
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return NULL;
}

int main(void) {
    sigset_t set, both;
    pthread_t thread;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    both = set;
    sigaddset(&both, SIGUSR1);
    CHECK(pthread_sigmask(SIG_BLOCK, &both, NULL) == 0);
    CHECK(pthread_create(&thread, NULL, sender, NULL) == 0);
    /* The sender has SIGUSR1 blocked too. */
    CHECK_ERROR(sigtimedwait(&set, NULL, &(struct timespec){0, 20000000}), EAGAIN);
    CHECK(handled == 0);
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    for (int i = 0; i < 20; i++) {
        CHECK(sigwaitinfo(&usr1, NULL) == SIGUSR1);
        CHECK(pthread_sigmask(SIG_UNBLOCK, &usr1, NULL) == 0);
        CHECK_ERROR(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8), EINTR); /* musl's would go on */
        CHECK(handled > i);
        CHECK(pthread_sigmask(SIG_BLOCK, &usr1, NULL) == 0);
    }
    stop = true;
    pthread_join(thread, NULL);
    CHECK(kill(getpid(), SIGUSR2) == 0);
    CHECK(sigtimedwait(&set, NULL, &(struct timespec){0, 0}) == SIGUSR2);
    puts("sigwait_interrupted: ok");
    return 0;
}
