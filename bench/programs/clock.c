/* SPDX-License-Identifier: ISC */
/* Reads the monotonic clock, which must never step back: clock CALLS. */
#include <time.h>
#include "guest.h"

int main(int argc, char **argv) {
    const long calls = number(argc, argv, 1, 10000);
    long backwards = 0;
    struct timespec before = {0}, now;
    for (long i = 0; i < calls; i++) {
        require(clock_gettime(CLOCK_MONOTONIC, &now) == 0, "clock_gettime");
        backwards += now.tv_sec < before.tv_sec || (now.tv_sec == before.tv_sec && now.tv_nsec < before.tv_nsec);
        before = now;
    }
    printf("%ld calls, %ld backwards\n", calls, backwards);
    return 0;
}
