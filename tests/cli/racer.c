/* SPDX-License-Identifier: ISC */
/* The guest of rootfs_races.sh: racer SECONDS NAME... Threads swap directories for links and move directories about while others walk
 * through them towards NAME, the host's name of something outside the root. Says what got out. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PATH = 512, UPS = 12 };

static _Atomic int stop;
static _Atomic long n_inside, n_walks, n_escapes;
static const char *secret; /* "/host/path/secret" */

static void escaped(const char *how, const char *path) {
    if (atomic_fetch_add(&n_escapes, 1) < 10) printf("escaped by %s: %s\n", how, path);
}

/* d/turn is a directory, or a link to somewhere higher, or to the host's name of the outside. */
static void *swap_links(void *arg) {
    static const char *const to[] = {"/", "..", "../../../../../..", "/proc/self/root/..", "/proc/self/cwd/../../.."};
    char outside[MAX_PATH];
    snprintf(outside, sizeof outside, "%s/..", secret);
    for (unsigned i = 0; !atomic_load(&stop); i++) {
        mkdir("/d/spare", 0755);
        rename("/d/spare", "/d/turn");
        rmdir("/d/turn");
        symlink(i % 6 < 5 ? to[i % 6] : outside, "/d/link");
        rename("/d/link", "/d/turn");
        unlink("/d/turn");
    }
    return NULL;
}

/* A deep directory comes to lie at the root, and goes back. */
static void *move_directories(void *arg) {
    while (!atomic_load(&stop)) {
        rename("/a/b/c", "/moved");
        rename("/moved", "/a/b/c");
    }
    return NULL;
}

static void look(int at, const char *path) {
    char text[32] = "";
    const int fd = openat(at, path, O_RDONLY);
    atomic_fetch_add(&n_walks, 1);
    if (fd < 0) return;
    if (read(fd, text, sizeof text - 1) > 0 && strcmp(text, "outside\n") == 0) escaped("open", path);
    if (strcmp(text, "inside\n") == 0) atomic_fetch_add(&n_inside, 1);
    close(fd);
}

static void change(int at, const char *prefix) {
    char path[MAX_PATH + 16];
    snprintf(path, sizeof path, "%s/intruder", prefix);
    close(openat(at, path, O_CREAT | O_WRONLY, 0644));
    unlinkat(at, path, 0);
    snprintf(path, sizeof path, "%s/victim", prefix);
    unlinkat(at, path, 0);
    mkdirat(at, path, 0755);
    snprintf(path, sizeof path, "%s/treasure", prefix);
    renameat(AT_FDCWD, "/file", at, path);
    truncate(path, 0);
}

static void climb(int at, const char *start) {
    char path[MAX_PATH] = "";
    size_t n = (size_t)snprintf(path, sizeof path, "%s", start);
    for (int i = 0; i < UPS; i++) {
        n += (size_t)snprintf(path + n, sizeof path - n, "/..");
        const size_t prefix = n;
        snprintf(path + prefix, sizeof path - prefix, "/secret");
        look(at, path);
        snprintf(path + prefix, sizeof path - prefix, "%s", secret);
        look(at, path);
        path[prefix] = 0;
        if (i % 4 == 3) change(at, path);
    }
}

static void *walk(void *arg) {
    static const char *const starts[] = {"/d/turn", "/a/b/c/x/y", "/d/turn/a/b/c", "/proc/self/root", "/proc/self/cwd",
                                         "/proc/self/fd/../root", "/a/b/c/../../../d/turn", "/dev/fd", "."};
    const int deep = open("/a/b/c/x/y", O_RDONLY | O_DIRECTORY);
    for (unsigned i = 0; !atomic_load(&stop); i++) {
        climb(AT_FDCWD, starts[i % (sizeof starts / sizeof *starts)]);
        climb(deep, ".");
        look(AT_FDCWD, "/known");
        look(deep, "../../../../../../../../known");
        if (chdir(i & 1 ? "/a/b/c/x/y" : "/d/turn") == 0) climb(AT_FDCWD, "..");
    }
    return NULL;
}

static void put(const char *path, const char *text) {
    const int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) exit(2);
    close(fd);
}

int main(int argc, char **argv) {
    static void *(*const bodies[])(void *) = {swap_links, move_directories, walk, walk, walk};
    enum { N = sizeof bodies / sizeof *bodies };
    pthread_t threads[N];
    if (argc < 3) return 2;
    secret = argv[2];
    mkdir("/d", 0755), mkdir("/a", 0755), mkdir("/a/b", 0755), mkdir("/a/b/c", 0755), mkdir("/a/b/c/x", 0755), mkdir("/a/b/c/x/y", 0755);
    put("/known", "inside\n");
    put("/file", "moved\n");
    for (int i = 0; i < N; i++)
        if (pthread_create(&threads[i], NULL, bodies[i], NULL)) return 2;
    const struct timespec time = {atoi(argv[1]), 0};
    nanosleep(&time, NULL);
    atomic_store(&stop, 1);
    for (int i = 0; i < N; i++) pthread_join(threads[i], NULL);
    const int fine = !atomic_load(&n_escapes) && atomic_load(&n_inside) > 0 && atomic_load(&n_walks) > 1000;
    printf(fine ? "stayed inside\n" : "escapes %ld, inside %ld, walks %ld\n", (long)n_escapes, (long)n_inside, (long)n_walks);
    return !fine;
}
