// link: dynamic
// library: yes
/* SPDX-License-Identifier: ISC */
/* dlopen(3), ld.so(8): a library with thread-local storage is loaded while threads run; each, old and new, finds its own copy. Many load and
 * unload it at once. LD_PRELOAD puts it before everything else. The same source is the library (-DLIBRARY). */
#ifdef LIBRARY

static __thread long count = 7;
static __thread char buffer[10000];
static long n_loads;

__attribute__((constructor)) static void loaded(void) {
    __atomic_fetch_add(&n_loads, 1, __ATOMIC_RELAXED);
}

long library_count(long by);
long library_count(long by) {
    return count += by;
}

char *library_buffer(void);
char *library_buffer(void) {
    return buffer;
}

int library_preloaded(void);
int library_preloaded(void) {
    return 42;
}

#else
#include "tests/guest/check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 8, ROUNDS = 200 };

static char path[4096];
static pthread_barrier_t before, after;
static long (*library_count)(long);
static char *(*library_buffer)(void);

static void *symbol(void *library, const char *name) {
    void *at = dlsym(library, name);
    CHECK(at);
    return at;
}

static void use(long number) {
    char *mine = library_buffer();
    CHECK(library_count(0) == 7);
    for (int i = 0; i < 10000; i++) CHECK(mine[i] == 0);
    memset(mine, (int)number, 10000);
    for (int i = 0; i < ROUNDS; i++) CHECK(library_count(number) == 7 + (i + 1) * number && library_buffer() == mine);
    for (int i = 0; i < 10000; i++) CHECK(mine[i] == (char)number);
}

static void *older(void *number) {
    pthread_barrier_wait(&before);
    pthread_barrier_wait(&after);
    use((long)number);
    return NULL;
}

static void *newer(void *number) {
    use((long)number);
    return NULL;
}

static void *load_often(void *arg) {
    for (int i = 0; i < ROUNDS / 4; i++) {
        void *library = dlopen(path, i & 1 ? RTLD_NOW : RTLD_LAZY);
        CHECK(library);
        long (*count)(long) = symbol(library, "library_count");
        CHECK(count(0) == 7 || i > 0);
        CHECK(dlclose(library) == 0);
        CHECK(!dlopen("/nonexistent.so", RTLD_NOW) && dlerror());
    }
    return NULL;
}

static void in_threads(void *(*body)(void *)) {
    pthread_t threads[THREADS];
    for (long i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, body, (void *)(i + 1)) == 0);
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

static void load_while_threads_run(void) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&before, NULL, THREADS + 1);
    pthread_barrier_init(&after, NULL, THREADS + 1);
    for (long i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, older, (void *)(i + 1)) == 0);
    pthread_barrier_wait(&before);
    void *library = dlopen(path, RTLD_NOW);
    if (!library) puts(dlerror());
    CHECK(library);
    library_count = symbol(library, "library_count");
    library_buffer = symbol(library, "library_buffer");
    pthread_barrier_wait(&after);
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    in_threads(newer);
    CHECK(dlclose(library) == 0);
}

static int is_preloaded(void) {
    int (*answer)(void) = dlsym(RTLD_DEFAULT, "library_preloaded");
    return answer && answer() == 42;
}

static void preload(void) {
    CHECK(!is_preloaded());
    const pid_t pid = fork();
    if (pid == 0) {
        setenv("LD_PRELOAD", path, 1);
        execl("/proc/self/exe", "dlopen_threads", "preloaded", NULL);
        _exit(9);
    }
    wait_ok(pid);
}

int main(int argc, char **argv) {
    if (argc > 1) return !is_preloaded();
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 4);
    CHECK(n > 0);
    strcpy(path + n, ".so");
    preload();
    in_threads(load_often);
    load_while_threads_run();
    puts("dlopen ok");
    return 0;
}
#endif
