// labels: threads
// Writes of up to PIPE_BUF bytes by many writers do not mix, and readers of whole records get whole records: pipe(7).
#include "tests/guest/check.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { WRITERS = 4, READERS = 3, RECORD = 512, RECORDS = 1200 };

static int fixed[2], mixed[2];
static atomic_int seen[WRITERS][RECORDS];

static void *write_fixed(void *arg) {
    const int me = (int)(intptr_t)arg;
    for (int i = 0; i < RECORDS; i++) {
        uint32_t record[RECORD / 4];
        for (int k = 0; k < RECORD / 4; k++) record[k] = (uint32_t)me << 24 | (uint32_t)i;
        CHECK(write(fixed[1], record, RECORD) == RECORD);
    }
    return NULL;
}

static void *read_fixed(void *arg) {
    uint32_t record[RECORD / 4];
    ssize_t n;
    while ((n = read(fixed[0], record, RECORD)) > 0) {
        CHECK(n == RECORD);
        for (int k = 1; k < RECORD / 4; k++) CHECK(record[k] == record[0]);
        const uint32_t writer = record[0] >> 24, i = record[0] & 0xffffff;
        CHECK(writer < WRITERS && i < RECORDS);
        CHECK(seen[writer][i]++ == 0);
    }
    CHECK(n == 0);
    return NULL;
}

/* A record is its length and writer, then that many bytes of it. */
static void *write_mixed(void *arg) {
    const int me = (int)(intptr_t)arg;
    unsigned seed = (unsigned)me + 5;
    unsigned char record[PIPE_BUF];
    for (int i = 0; i < 300; i++) {
        const uint16_t n = (uint16_t)(4 + rand_r(&seed) % (PIPE_BUF - 3));
        memset(record, me + 1, sizeof record);
        memcpy(record, &n, 2);
        CHECK(write(mixed[1], record, n) == n);
    }
    return NULL;
}

static void read_all(int fd, void *out, size_t n) {
    for (size_t done = 0; done < n;) {
        const ssize_t r = read(fd, (char *)out + done, n - done);
        CHECK(r > 0);
        done += (size_t)r;
    }
}

static void *read_mixed(void *arg) {
    unsigned char record[PIPE_BUF];
    for (int i = 0; i < 300 * WRITERS; i++) {
        uint16_t n;
        read_all(mixed[0], &n, 2);
        CHECK(n >= 4 && n <= PIPE_BUF);
        read_all(mixed[0], record, n - 2u);
        for (int k = 0; k < n - 2; k++) CHECK(record[k] == record[0]);
    }
    return NULL;
}

int main(void) {
    pthread_t writer[2 * WRITERS], reader[READERS + 1];
    CHECK(pipe(fixed) == 0 && pipe(mixed) == 0);
    for (int i = 0; i < READERS; i++) CHECK(pthread_create(&reader[i], NULL, read_fixed, NULL) == 0);
    CHECK(pthread_create(&reader[READERS], NULL, read_mixed, NULL) == 0);
    for (int i = 0; i < WRITERS; i++) {
        CHECK(pthread_create(&writer[i], NULL, write_fixed, (void *)(intptr_t)i) == 0);
        CHECK(pthread_create(&writer[WRITERS + i], NULL, write_mixed, (void *)(intptr_t)i) == 0);
    }
    for (int i = 0; i < 2 * WRITERS; i++) pthread_join(writer[i], NULL);
    CHECK(close(fixed[1]) == 0);
    for (int i = 0; i <= READERS; i++) pthread_join(reader[i], NULL);
    for (int w = 0; w < WRITERS; w++) {
        for (int i = 0; i < RECORDS; i++) CHECK(seen[w][i] == 1);
    }
    puts("pipe_atomicity: ok");
    return 0;
}
