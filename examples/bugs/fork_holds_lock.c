/* SPDX-License-Identifier: ISC */
/* fork while another thread holds a lock: in the child nobody will ever release it. Right: fork with the lock held by the forking thread. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int count;

static void *work(void *arg) {
    pthread_mutex_lock(&lock);
    count++;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void) {
    pthread_t thread;
    int status;
    pthread_create(&thread, NULL, work, NULL);
#ifdef CORRECT
    pthread_mutex_lock(&lock);
#endif
    const pid_t child = fork();
#ifdef CORRECT
    pthread_mutex_unlock(&lock);
#endif
    if (child == 0) {
        pthread_mutex_lock(&lock);
        count++;
        pthread_mutex_unlock(&lock);
        _exit(0);
    }
    waitpid(child, &status, 0);
    pthread_join(thread, NULL);
    return status != 0;
}
