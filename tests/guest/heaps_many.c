/* SPDX-License-Identifier: ISC */
/* mmap(2), mprotect(2), madvise(2): several heaps as allocators make them: a reservation cut to its alignment for each thread, opened
 * piece by piece, given back from its end, all of it at once, side by side with the library's. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#define PAGE 4096l
#define HEAP (64l << 20)

enum { THREADS = 8, ROUNDS = 5 };

/* HEAP bytes at a multiple of HEAP. */
static char *reserve(void) {
    char *all = mmap(NULL, 2 * HEAP, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(all != MAP_FAILED);
    char *heap = (char *)(((uintptr_t)all + HEAP - 1) & -(uintptr_t)HEAP);
    if (heap > all) CHECK(munmap(all, (size_t)(heap - all)) == 0);
    CHECK(munmap(heap + HEAP, (size_t)(all + HEAP - heap)) == 0);
    return heap;
}

static void fill(char *heap, long from, long to, char with) {
    CHECK(mprotect(heap + from, (size_t)(to - from), PROT_READ | PROT_WRITE) == 0);
    for (long at = from; at < to; at += PAGE) {
        CHECK(heap[at] == 0);
        heap[at] = with;
    }
}

static void shrink(char *heap, long from, long to) {
    CHECK(madvise(heap + from, (size_t)(to - from), MADV_DONTNEED) == 0);
    for (long at = from; at < to; at += PAGE) CHECK(heap[at] == 0);
    CHECK(mprotect(heap + from, (size_t)(to - from), PROT_NONE) == 0);
}

static void *use(void *arg) {
    const char mark = (char)(1 + (long)arg);
    for (int round = 0; round < ROUNDS; round++) {
        char *heap = reserve(), *block[50];
        for (long at = 0; at < 64 * PAGE; at += 8 * PAGE) fill(heap, at, at + 8 * PAGE, mark);
        for (int i = 0; i < 50; i++) memset(block[i] = malloc((size_t)(i * 997 + 1)), mark, (size_t)(i * 997 + 1));
        shrink(heap, 32 * PAGE, 64 * PAGE);
        fill(heap, 32 * PAGE, 40 * PAGE, mark);
        for (long at = 0; at < 40 * PAGE; at += PAGE) CHECK(heap[at] == mark);
        for (int i = 0; i < 50; i++) {
            CHECK(block[i][0] == mark && block[i][i * 997] == mark);
            free(block[i]);
        }
        CHECK(munmap(heap, HEAP) == 0);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    for (long i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, use, (void *)i) == 0);
    for (long i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    puts("heaps ok");
    return 0;
}
