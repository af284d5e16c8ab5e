// labels: threads
// SIGSTOP stops every thread of a process, also sleeping ones, SIGCONT lets all go on, and the parent is told of each.
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

enum { THREADS = 3, ROUNDS = 40 };

static struct shared {
    atomic_long steps[THREADS];
    atomic_int ready;
} *shared;

static void *step(void *arg) {
    const int me = (int)(intptr_t)arg;
    shared->ready++;
    for (;;) {
        shared->steps[me]++;
        if (me == 1) getppid();
        if (me == 2) nanosleep(&(struct timespec){0, 100000}, NULL);
    }
    return NULL;
}

static long sum(void) {
    long n = 0;
    for (int i = 0; i < THREADS; i++) n += shared->steps[i];
    return n;
}

static void round_of(pid_t pid, int i) {
    int status;
    CHECK(kill(pid, SIGSTOP) == 0);
    CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    const long before = sum();
    if (i % 8 == 0) nanosleep(&(struct timespec){0, 5000000}, NULL);
    else sched_yield();
    CHECK(sum() == before);
    CHECK(kill(pid, SIGCONT) == 0);
    if (i % 2) CHECK(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
    while (sum() == before) sched_yield();
}

static void process(void) {
    pthread_t thread;
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&thread, NULL, step, (void *)(intptr_t)i) == 0);
    for (;;) pause();
}

int main(void) {
    int status;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) process();
    while (shared->ready < THREADS) sched_yield();
    for (int i = 0; i < ROUNDS; i++) round_of(pid, i);
    /* Without a look in between: stops and continues in any number, then it still runs and can be killed. */
    for (int i = 0; i < 200; i++) CHECK(kill(pid, SIGSTOP) == 0 && kill(pid, SIGCONT) == 0);
    const long before = sum();
    while (sum() == before) sched_yield();
    CHECK(kill(pid, SIGSTOP) == 0 && kill(pid, SIGKILL) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    puts("stop_threads: ok");
    return 0;
}
