/* SPDX-License-Identifier: ISC */
/* A thread works on a variable of its maker's frame, which the maker leaves without waiting. Right: join first. */
#include <pthread.h>
#include <stdlib.h>

struct job {
    pthread_t thread;
    volatile int input, output;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct job job;

static void *run(void *arg) {
    struct job *own = arg;
    pthread_mutex_lock(&lock);
    if (own->input != 7) abort();
    own->output = own->input * 6;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void) {
    job.input = 7;
    pthread_create(&job.thread, NULL, run, &job);
#ifdef CORRECT
    pthread_join(job.thread, NULL);
#endif
    pthread_mutex_lock(&lock);
    job.input = 0; /* the place is used for something else */
    pthread_mutex_unlock(&lock);
#ifndef CORRECT
    pthread_join(job.thread, NULL);
#endif
    return 0;
}
