// labels: threads
// execve by a thread that is not the leader, while others run, sleep and fault: the new program has the old pid as pid
// and tid, is alone, and the other threads are gone.
#include "tests/guest/check.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

enum { ROUNDS = 15, OTHERS = 5 };

static char *self;

static void *spin(void *arg) {
    for (volatile unsigned long n = 0;; n++) continue;
    return NULL;
}

static void *sleeper(void *arg) {
    int fd[2];
    char c;
    CHECK(pipe2(fd, O_CLOEXEC) == 0);
    for (;;) CHECK(read(fd[0], &c, 1) == 1);
}

static void *mapper(void *arg) {
    for (;;) {
        char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) continue;
        for (int i = 0; i < 65536; i += 4096) p[i] = 1;
        munmap(p, 65536);
    }
    return NULL;
}

static void *creator(void *arg) {
    for (;;) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, (void *(*)(void *))(void *)getpid, NULL) == 0) pthread_join(thread, NULL);
    }
    return NULL;
}

static void *waiter(void *arg) {
    for (;;) nanosleep(&(struct timespec){1000, 0}, NULL);
    return NULL;
}

static void *execer(void *arg) {
    char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    CHECK(syscall(SYS_gettid) != getpid());
    execl(self, self, "after", pid, (char *)NULL);
    CHECK(!"exec failed");
    return NULL;
}

static void before(int round) {
    static void *(*const kinds[OTHERS])(void *) = {spin, sleeper, mapper, creator, waiter};
    pthread_t thread;
    for (int i = 0; i < OTHERS; i++) CHECK(pthread_create(&thread, NULL, kinds[(i + round) % OTHERS], NULL) == 0);
    CHECK(pthread_create(&thread, NULL, execer, NULL) == 0);
    if (round % 3 == 0) spin(NULL);
    if (round % 3 == 1) pthread_exit(NULL); /* the leader is a zombie when another one execs */
    waiter(NULL);
}

static int after(int pid) {
    int threads = 0;
    CHECK(getpid() == pid && syscall(SYS_gettid) == pid);
    DIR *dir = opendir("/proc/self/task");
    CHECK(dir);
    for (struct dirent *entry; (entry = readdir(dir));) threads += entry->d_name[0] != '.';
    CHECK(threads == 1);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3) return after(atoi(argv[2]));
    self = argv[0];
    setbuf(stdout, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        const pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) before(i);
        wait_ok(pid);
    }
    puts("exec_from_thread: ok");
    return 0;
}
