/* SPDX-License-Identifier: ISC */
/* Opens the program's own file, asks for its size and closes it: open ROUNDS. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "guest.h"

int main(int argc, char **argv) {
    const long rounds = number(argc, argv, 1, 1000);
    long size = 0;
    for (long i = 0; i < rounds; i++) {
        struct stat st;
        const int fd = open(argv[0], O_RDONLY | O_CLOEXEC);
        require(fd >= 0 && fstat(fd, &st) == 0, argv[0]);
        size += st.st_size;
        close(fd);
    }
    printf("%ld\n", size);
    return 0;
}
