/* SPDX-License-Identifier: ISC */
/* The main function of the compression programs: PROGRAM compress|decompress LEVEL KIBIBYTES ROUNDS over generated text.
 * A program defines the two functions below over its library and includes this file once. */
#pragma once
#include <string.h>
#include "guest.h"

/* Each returns the number of bytes written to "to", at most "room"; 0: it failed. */
static size_t compress_data(void *to, size_t room, const void *from, size_t n, int level);
static size_t decompress_data(void *to, size_t room, const void *from, size_t n);

/* Words of one small vocabulary, the first ones much more often, with numbers between them. */
static void make_text(char *text, size_t n) {
    enum { WORDS = 2000, LONGEST = 12 };
    static char words[WORDS][LONGEST + 1];
    uint64_t seed = 17;
    for (int w = 0; w < WORDS; w++) {
        const int length = 2 + next_random(&seed) % (LONGEST - 2);
        for (int i = 0; i < length; i++) words[w][i] = 'a' + next_random(&seed) % 26 * (next_random(&seed) % 26) / 26;
    }
    for (size_t at = 0; at < n;) {
        char number[16];
        const uint32_t a = next_random(&seed) % WORDS, b = next_random(&seed) % WORDS;
        const char *word = words[(uint64_t)a * b / WORDS];
        if (a % 32 == 0) word = (sprintf(number, "%u\n", b * a), number);
        for (; *word && at < n; word++) text[at++] = *word;
        if (at < n) text[at++] = ' ';
    }
}

static uint64_t hash_bytes(const unsigned char *p, size_t n) {
    uint64_t hash = n;
    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, 8);
        hash = mix(hash, word);
    }
    for (size_t i = n & ~(size_t)7; i < n; i++) hash = mix(hash, p[i]);
    return hash;
}

int main(int argc, char **argv) {
    const int back = argc > 1 && argv[1][0] == 'd', level = number(argc, argv, 2, 3);
    const size_t n = number(argc, argv, 3, 256) * 1024, room = n + n / 8 + 4096;
    const long rounds = number(argc, argv, 4, 1);
    char *text = malloc(n), *packed = malloc(room), *again = malloc(n);
    size_t size = 0;
    make_text(text, n);
    for (long r = 0; r < (back ? 1 : rounds); r++) require((size = compress_data(packed, room, text, n, level)), "compress");
    for (long r = 0; r < (back ? rounds : 1); r++) require(decompress_data(again, n, packed, size) == n, "decompress");
    require(memcmp(text, again, n) == 0, "the same text");
    printf("%zu %016llx\n", size, (unsigned long long)hash_bytes((unsigned char *)packed, size));
    return 0;
}
