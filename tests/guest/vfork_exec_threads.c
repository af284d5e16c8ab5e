// labels: threads
// vfork and exec by several threads at once while others run: each child ends with its own status, its memory changes
// before exec are the parent's, and only the thread that called waits.
#include "tests/guest/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { THREADS = 3, ROUNDS = 12 };

static char *self;
static atomic_bool stop;
static atomic_long steps;

static void *work(void *arg) {
    const int me = (int)(intptr_t)arg;
    for (volatile int i = 0; i < ROUNDS; i++) {
        char code[8];
        volatile int touched = 0;
        const int want = (me * ROUNDS + i) % 100 + 1;
        int status;
        snprintf(code, sizeof code, "%d", want);
        const pid_t pid = vfork();
        if (pid == 0) {
            touched = 1;
            if (i % 3 == 0) _exit(want);
            execl(self, self, code, (char *)NULL);
            _exit(120);
        }
        CHECK(pid > 0 && touched == 1);
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == want);
    }
    return NULL;
}

static void *run(void *arg) {
    while (!stop) steps++;
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t thread[THREADS], runner;
    if (argc == 2) return atoi(argv[1]);
    self = argv[0];
    CHECK(pthread_create(&runner, NULL, run, NULL) == 0);
    for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&thread[i], NULL, work, (void *)(intptr_t)i) == 0);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    stop = true;
    pthread_join(runner, NULL);
    CHECK(steps > 0);
    puts("vfork_exec_threads: ok");
    return 0;
}
