// labels: threads
// Threads map, unmap, protect and discard pages while others use them: an access gives what was written there or
// zeros, or SIGSEGV with the right code; never another page's bytes, and a page that is read-only keeps its contents.
#include "tests/guest/check.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

enum { MAPPERS = 3, USERS = 3, PAGES = 8, PAGE = 4096 };

static char *area, *elsewhere;
static atomic_bool stop;
static atomic_long used, refused;
static __thread sigjmp_buf back;
static __thread volatile sig_atomic_t armed;

static void on_fault(int signo, siginfo_t *info, void *context) {
    const char *at = info->si_addr;
    const int ok = armed && at >= area && at < area + MAPPERS * PAGES * PAGE &&
                   (info->si_code == SEGV_MAPERR || info->si_code == SEGV_ACCERR);
    if (!ok) _exit(3);
    armed = 0;
    siglongjmp(back, 1);
}

static uint64_t tag_of(int page) {
    return 0x1234567800000000ull + (uint64_t)page;
}

static void *mapper(void *arg) {
    const int me = (int)(intptr_t)arg;
    char *mine = area + me * PAGES * PAGE;
    unsigned seed = (unsigned)me + 1;
    while (!stop) {
        const int i = rand_r(&seed) % PAGES, n = 1 + rand_r(&seed) % (PAGES - i);
        char *at = mine + i * PAGE;
        const size_t size = (size_t)n * PAGE;
        switch (rand_r(&seed) % 5) {
        case 0: CHECK(munmap(at, size) == 0); break;
        case 1:
            CHECK(mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
            for (int k = 0; k < n; k++) {
                const uint64_t v = *(volatile uint64_t *)(at + k * PAGE + 64);
                CHECK(v == 0 || v == tag_of(me * PAGES + i + k));
            }
            break;
        case 2: mprotect(at, size, PROT_READ); break; /* a hole is an error, and right */
        case 3: mprotect(at, size, PROT_READ | PROT_WRITE); break;
        case 4: madvise(at, size, MADV_DONTNEED); break;
        }
    }
    return NULL;
}

static void *user(void *arg) {
    unsigned seed = (unsigned)(intptr_t)arg + 100;
    while (!stop) {
        volatile int page = rand_r(&seed) % (MAPPERS * PAGES);
        volatile uint64_t *word = (volatile uint64_t *)(area + page * PAGE + 64);
        if (sigsetjmp(back, 1)) {
            refused++;
            continue;
        }
        armed = 1;
        const uint64_t v = *word;
        CHECK(v == 0 || v == tag_of(page));
        if (rand_r(&seed) % 2) *word = tag_of(page);
        const uint64_t again = *word;
        CHECK(again == 0 || again == tag_of(page));
        armed = 0;
        used++;
    }
    return NULL;
}

/* Memory that comes and goes elsewhere, so that frames are reused with other contents. */
static void *other(void *arg) {
    while (!stop) {
        char *p = elsewhere;
        CHECK(mmap(p, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
        for (int i = 0; i < 16 * PAGE; i += 512) CHECK(p[i] == 0);
        memset(p, 0xaa, 16 * PAGE);
        for (int i = 0; i < 16 * PAGE; i += 512) CHECK((unsigned char)p[i] == 0xaa);
        CHECK(munmap(p, 16 * PAGE) == 0);
    }
    return NULL;
}

int main(void) {
    pthread_t thread[MAPPERS + USERS + 1];
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    int n = 0;
    area = mmap(NULL, (MAPPERS * PAGES + 17) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED);
    elsewhere = area + (MAPPERS * PAGES + 1) * PAGE;
    CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
    for (int i = 0; i < USERS; i++) CHECK(pthread_create(&thread[n++], NULL, user, (void *)(intptr_t)i) == 0);
    for (int i = 0; i < MAPPERS; i++) CHECK(pthread_create(&thread[n++], NULL, mapper, (void *)(intptr_t)i) == 0);
    CHECK(pthread_create(&thread[n++], NULL, other, NULL) == 0);
    nanosleep(&(struct timespec){1, 0}, NULL);
    stop = true;
    while (n) pthread_join(thread[--n], NULL);
    CHECK(used > 0 && refused > 0);
    puts("mapping_storm: ok");
    return 0;
}
