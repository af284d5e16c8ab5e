/* SPDX-License-Identifier: ISC */
/* A thread uses what its maker sets only after making it. Right: set it before. */
#include <pthread.h>
#include <stddef.h>

static int value;
static int *volatile shared;

static void *use(void *arg) {
    *shared = 1;
    return NULL;
}

int main(void) {
    pthread_t thread;
#ifdef CORRECT
    shared = &value;
#endif
    pthread_create(&thread, NULL, use, NULL);
    shared = &value;
    pthread_join(thread, NULL);
    return value != 1;
}
