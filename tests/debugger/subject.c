/* SPDX-License-Identifier: ISC */
/* What is debugged: subject sum | threads | fork | signals | exec | loop | shared. */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int counter;
double factor = 1.5;
long double wide = 2.5L;
volatile int shared;
volatile long spin;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) int work(int n) {
    counter += n; /* work */
    factor *= 2;
    return counter;
}

__attribute__((noinline)) int twice(int n) {
    return 2 * n;
}

static int sum(void) {
    int total = 0;
    for (int i = 0; i < 5; i++) total += work(i);
    printf("total %d factor %g counter %d\n", total, factor, counter);
    return total % 100;
}

__attribute__((noinline)) void bump(int who) {
    pthread_mutex_lock(&lock);
    shared += who;
    pthread_mutex_unlock(&lock);
}

static void *body(void *arg) {
    for (int i = 0; i < 3; i++) {
        bump((int)(intptr_t)arg);
        for (long j = 0; j < 50000; j++) spin++;
    }
    return NULL;
}

static int threads(void) {
    pthread_t thread[3];
    for (int i = 0; i < 3; i++) pthread_create(&thread[i], NULL, body, (void *)(intptr_t)(i + 1));
    for (int i = 0; i < 3; i++) pthread_join(thread[i], NULL);
    printf("shared %d\n", shared);
    return shared;
}

__attribute__((noinline)) int in_child(void) {
    return 3;
}

static int fork_and_wait(void) {
    int status;
    const pid_t pid = fork();
    if (pid == 0) _exit(in_child());
    waitpid(pid, &status, 0);
    printf("child %d\n", WEXITSTATUS(status));
    return 0;
}

static void on_signal(int signo) {
    shared = signo;
}

static int signals(void) {
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    printf("handled %d\n", shared);
    fflush(stdout);
    *(volatile int *)16 = 1;
    return 0;
}

static int loop(void) {
    for (;;) spin++;
    return 0;
}

int *common;

__attribute__((noinline)) void meet(int round) {
    common[0] += round;
    for (long j = 0; j < 60000; j++) spin++;
    common[1024]++;
}

/* Memory that two processes share, and enough instructions for checkpoints. */
static int share(void) {
    int status;
    common = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const pid_t pid = fork();
    for (int i = 1; i < 8; i++) meet(pid ? i : 100 * i);
    if (pid == 0) _exit(0);
    waitpid(pid, &status, 0);
    printf("common %d %d\n", common[0], common[1024]);
    return 0;
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "sum";
    if (strcmp(mode, "threads") == 0) return threads();
    if (strcmp(mode, "fork") == 0) return fork_and_wait();
    if (strcmp(mode, "signals") == 0) return signals();
    if (strcmp(mode, "loop") == 0) return loop();
    if (strcmp(mode, "shared") == 0) return share();
    if (strcmp(mode, "exec") == 0) return execl(argv[0], argv[0], "sum", (char *)NULL);
    return sum() + twice(0);
}
