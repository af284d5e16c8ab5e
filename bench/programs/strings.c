/* SPDX-License-Identifier: ISC */
/* The C library's string functions on short and long strings, and rep movs by memcpy. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    const int rounds = argc > 1 ? atoi(argv[1]) : 1200;
    static char a[8192], b[8192];
    uint64_t sum = 0;
    for (int r = 0; r < rounds; r++) {
        memset(a, 'a' + r % 26, sizeof a - 1);
        a[4000 + r % 100] = 0;
        strcpy(b, a);
        sum += strlen(b) + (unsigned)strcmp(a, b);
        for (int i = 0; i < 100; i++) {
            char word[32];
            memcpy(word, a + i, 20);
            word[20] = 0;
            strcat(word, "xyz");
            sum += strlen(word) + (strchr(word, 'x') - word) + (strstr(word, "yz") != NULL);
        }
        memmove(b + 1, b, 6000);
        sum += (unsigned)memcmp(a, b, 4000) & 1;
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
