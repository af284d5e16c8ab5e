/* SPDX-License-Identifier: ISC */
/* Two threads take turns through one futex word: futex_pingpong ROUND_TRIPS. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "guest.h"

enum { FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129 }; /* futex(2); musl has no header of them */

struct turns {
    _Atomic uint32_t turn; /* whose turn it is: 0 or 1 */
    long trips;
    uint64_t hash;
};

static void take_turns(struct turns *t, uint32_t me) {
    for (long i = 0; i < t->trips; i++) {
        while (atomic_load(&t->turn) != me) syscall(SYS_futex, &t->turn, FUTEX_WAIT_PRIVATE, 1 - me, NULL, NULL, 0);
        t->hash = mix(t->hash, me);
        atomic_store(&t->turn, 1 - me);
        syscall(SYS_futex, &t->turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

static void *second(void *t) {
    take_turns(t, 1);
    return NULL;
}

int main(int argc, char **argv) {
    struct turns t = {.trips = number(argc, argv, 1, 1000)};
    pthread_t thread;
    require(pthread_create(&thread, NULL, second, &t) == 0, "pthread_create");
    take_turns(&t, 0);
    pthread_join(thread, NULL);
    print_hash(t.hash);
    return 0;
}
