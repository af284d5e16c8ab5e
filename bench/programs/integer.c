/* SPDX-License-Identifier: ISC */
/* Mixed integer work in the spirit of CoreMark: list reversal and search, a small matrix product, a state machine, CRC-16. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct node {
    struct node *next;
    int16_t key, value;
};

static uint16_t crc16(uint16_t crc, uint16_t data) {
    for (int i = 0; i < 16; i++) {
        const int bit = (data ^ crc) & 1;
        data >>= 1;
        crc >>= 1;
        if (bit) crc ^= 0xa001;
    }
    return crc;
}

static struct node *reverse(struct node *list) {
    struct node *out = NULL;
    while (list) {
        struct node *next = list->next;
        list->next = out;
        out = list;
        list = next;
    }
    return out;
}

static int scan(const char *text) {
    enum { START, INTEGER, FRACTION, INVALID } state = START;
    int counts[4] = {0};
    for (; *text; text++) {
        if (*text == ',') state = START;
        else if (state == INVALID) continue;
        else if (*text >= '0' && *text <= '9') state = state == FRACTION ? FRACTION : INTEGER;
        else if (*text == '.' && state != FRACTION) state = FRACTION;
        else state = INVALID;
        counts[state]++;
    }
    return counts[0] + 3 * counts[1] + 5 * counts[2] + 7 * counts[3];
}

int main(int argc, char **argv) {
    const int rounds = argc > 1 ? atoi(argv[1]) : 1600;
    enum { NODES = 256, SIDE = 12 };
    static struct node nodes[NODES];
    static int16_t a[SIDE][SIDE], b[SIDE][SIDE];
    struct node *list = NULL;
    for (int i = 0; i < NODES; i++) {
        nodes[i] = (struct node){list, (int16_t)(i * 37), (int16_t)(i ^ 0x55)};
        list = &nodes[i];
    }
    uint16_t crc = 0;
    for (int r = 0; r < rounds; r++) {
        list = reverse(list);
        for (int want = 0; want < 20; want++) {
            const struct node *n = list;
            while (n && n->key != want * 111) n = n->next;
            crc = crc16(crc, n ? (uint16_t)n->value : 0xffff);
        }
        for (int i = 0; i < SIDE; i++) {
            for (int j = 0; j < SIDE; j++) {
                int32_t sum = 0;
                for (int k = 0; k < SIDE; k++) sum += a[i][k] * b[k][j];
                a[i][j] = (int16_t)(sum + i);
                b[j][i] = (int16_t)(sum ^ r);
                crc = crc16(crc, (uint16_t)sum);
            }
        }
        crc = crc16(crc, (uint16_t)scan("5012,1.5,x12,-3.25,99,0.001,12..3,7"));
    }
    printf("%04x\n", crc);
    return 0;
}
