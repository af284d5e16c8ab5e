/* SPDX-License-Identifier: ISC */
/* Sends itself a signal and handles it: signal N. */
#include <signal.h>
#include "guest.h"

static volatile sig_atomic_t handled;

static void handle(int number) {
    handled += number == SIGUSR1;
}

int main(int argc, char **argv) {
    const long n = number(argc, argv, 1, 1000);
    const struct sigaction action = {.sa_handler = handle};
    require(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    for (long i = 0; i < n; i++) raise(SIGUSR1);
    printf("%d\n", (int)handled);
    return 0;
}
