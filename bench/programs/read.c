/* SPDX-License-Identifier: ISC */
/* Reads /dev/zero byte by byte: read CALLS. */
#include <fcntl.h>
#include <unistd.h>
#include "guest.h"

int main(int argc, char **argv) {
    const long calls = number(argc, argv, 1, 10000);
    const int fd = open("/dev/zero", O_RDONLY);
    require(fd >= 0, "/dev/zero");
    long n = 0;
    for (long i = 0; i < calls; i++) {
        char byte = 1;
        n += read(fd, &byte, 1) + byte;
    }
    printf("%ld\n", n);
    return 0;
}
