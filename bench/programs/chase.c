// Pointer chase through 256 KiB, and a histogram.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    const int rounds = argc > 1 ? atoi(argv[1]) : 150;
    enum { N = 32768 };
    static uint32_t next[N], histogram[256];
    for (uint32_t i = 0; i < N; i++) next[i] = (i * 5 + 12345) % N;
    uint32_t at = 0;
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < N; i++) {
            histogram[at & 255] += i;
            at = next[at];
        }
    }
    uint32_t hash = at;
    for (int i = 0; i < 256; i++) hash = hash * 31 + histogram[i];
    printf("%08x\n", hash);
    return 0;
}
