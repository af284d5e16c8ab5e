// labels: threads
// fork while other threads write: the child sees one moment of the memory (who wrote a before b is never seen with b
// alone, also across threads), keeps what it saw, and neither side sees what the other writes afterwards.
#include "tests/guest/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

enum { WRITERS = 3, FORKERS = 2, PAGE = 4096, PAGES = 24 };

struct page {
    _Atomic long n;
    char rest[PAGE - sizeof(long)];
};

static _Alignas(PAGE) struct page chain[WRITERS][PAGES]; /* written in order: earlier pages are never behind */
static _Alignas(PAGE) struct page relay[WRITERS];        /* 0 leads, each follows the one before it */
static _Alignas(PAGE) struct page mark[FORKERS];
static atomic_bool stop;

static void *write_chain(void *arg) {
    struct page *pages = arg;
    const int me = (int)((struct page(*)[PAGES])pages - chain);
    for (long n = 1; !stop; n++) {
        for (int i = 0; i < PAGES; i++) pages[i].n = n;
        relay[me].n = me ? (long)relay[me - 1].n : n;
    }
    return NULL;
}

static void look(const char *who) {
    for (int w = 0; w < WRITERS; w++) {
        long later = chain[w][PAGES - 1].n;
        for (int i = PAGES - 2; i >= 0; i--) {
            const long n = chain[w][i].n;
            if (n < later) {
                printf("%s: page %d of writer %d is %ld, the next one %ld\n", who, i, w, n, later);
                exit(1);
            }
            later = n;
        }
    }
    for (int w = WRITERS - 1; w > 0; w--) {
        const long follower = relay[w].n, leader = relay[w - 1].n;
        if (follower > leader) {
            printf("%s: relay %d is %ld, its leader %ld\n", who, w, follower, leader);
            exit(1);
        }
    }
}

static void child(int f, long tag) {
    long seen[WRITERS][PAGES];
    look("child");
    for (int w = 0; w < WRITERS; w++) {
        for (int i = 0; i < PAGES; i++) seen[w][i] = chain[w][i].n;
    }
    CHECK(mark[f].n == tag);
    mark[f].n = -1;
    for (int w = 0; w < WRITERS; w++) chain[w][1].n = -5;
    sched_yield();
    for (int w = 0; w < WRITERS; w++) {
        for (int i = 0; i < PAGES; i++) CHECK(chain[w][i].n == (i == 1 ? -5 : seen[w][i]));
    }
    CHECK(mark[f].n == -1);
    _exit(0);
}

static void *forker(void *arg) {
    const int f = (int)((struct page *)arg - mark);
    for (long tag = 1; !stop; tag++) {
        mark[f].n = tag;
        const pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) child(f, tag);
        mark[f].n = tag + 1000000;
        wait_ok(pid);
        CHECK(mark[f].n == tag + 1000000);
        for (int w = 0; w < WRITERS; w++) CHECK(chain[w][1].n >= 0);
    }
    return NULL;
}

int main(void) {
    pthread_t thread[WRITERS + FORKERS];
    setbuf(stdout, NULL);
    for (int i = 0; i < WRITERS; i++) CHECK(pthread_create(&thread[i], NULL, write_chain, chain[i]) == 0);
    for (int i = 0; i < FORKERS; i++) CHECK(pthread_create(&thread[WRITERS + i], NULL, forker, &mark[i]) == 0);
    nanosleep(&(struct timespec){1, 0}, NULL);
    stop = true;
    for (int i = 0; i < WRITERS + FORKERS; i++) pthread_join(thread[i], NULL);
    puts("fork_isolation: ok");
    return 0;
}
