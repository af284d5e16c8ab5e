/* SPDX-License-Identifier: ISC */
/* Maps memory, touches each page and unmaps it: map PAGES ROUNDS. */
#include <sys/mman.h>
#include "guest.h"

int main(int argc, char **argv) {
    const long pages = number(argc, argv, 1, 16), rounds = number(argc, argv, 2, 100);
    uint64_t sum = 0;
    for (long r = 0; r < rounds; r++) {
        unsigned char *at = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        require(at != MAP_FAILED, "mmap");
        for (long i = 0; i < pages; i++) sum += at[i * 4096]++ + i;
        require(munmap(at, pages * 4096) == 0, "munmap");
    }
    print_hash(sum);
    return 0;
}
