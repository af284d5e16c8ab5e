/* SPDX-License-Identifier: ISC */
/* Makes threads one after another and joins each: thread N. */
#include <pthread.h>
#include "guest.h"

static void *body(void *value) {
    return (void *)((uintptr_t)value * 3);
}

int main(int argc, char **argv) {
    const long n = number(argc, argv, 1, 100);
    uint64_t sum = 0;
    for (long i = 0; i < n; i++) {
        pthread_t thread;
        void *value;
        require(pthread_create(&thread, NULL, body, (void *)i) == 0, "pthread_create");
        pthread_join(thread, &value);
        sum += (uintptr_t)value;
    }
    print_hash(sum);
    return 0;
}
