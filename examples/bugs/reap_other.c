/* SPDX-License-Identifier: ISC */
/* Two threads start a child each and wait for any child: one reaps the other one's. Right: each waits for its own. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static _Atomic int wrong;

static void *run_child(void *arg) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
#ifdef CORRECT
    if (waitpid(child, NULL, 0) != child) atomic_store(&wrong, 1);
#else
    if (wait(NULL) != child) atomic_store(&wrong, 1);
#endif
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, run_child, NULL);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return atomic_load(&wrong);
}
