/* SPDX-License-Identifier: ISC */
/* A guest that makes random system calls from four threads and their forks; scripts/fuzz_syscalls.sh runs it on the machine, never
 * natively. The argument kinds of table.def say what to make up. A worker process makes some hundred calls and ends; a supervisor,
 * which makes none of them, starts one after the other and kills what does not end. What is found is a crash, a sanitizer's report
 * or a hang of the machine; whatever happens to a worker is its own business.
 *   syscall_sequence SEED SECONDS [CALLS] */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, ARENA = 1 << 20, WORKER_SECONDS = 2, HANG_SECONDS = 120 };

struct row {
    int number;
    const char *name, *handler, *args;
};

static const struct row rows[] = {
#define S(number, name, handler, class, result, args, man) {number, #name, #handler, #args},
#include "syscall/linux/table.def"
#undef S
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* Ends of the worker, the host's disks, limits that keep the worker small, and signals that would reach the supervisor. */
static const char *const left_out[] = {"exit", "exit_group", "sync", "syncfs", "fsync", "fdatasync", "setrlimit", "prlimit64", "kill",
                                       "setpgid", "setsid", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "chroot",
                                       "rt_sigreturn", "sethostname", "rt_sigsuspend", "pause", "vfork"};
static const char *const pointers[] = {"PTR", "OUT", "IN", "STR", "SIGSET", "TIMESPEC", "TIMESPEC_OUT", "ARGV", "INT_PAIR"};
static const char *const paths[] = {"a", "b", "dir", "dir/a", "dir/b", "link", "fifo", ".", "..", "", "/proc/self/maps", "/proc/self/fd/3",
                                    "/proc/self/status", "/dev/null", "/dev/zero", "/dev/full", "/dev/ptmx", "/proc/self/mem",
                                    "/dev/shm", "/proc", "dir/../a", "/proc/sysvipc/shm", "a/b"};

struct generator {
    uint64_t state;
    char *arena;
};

static uint64_t next(struct generator *g) {
    g->state ^= g->state << 13;
    g->state ^= g->state >> 7;
    g->state ^= g->state << 17;
    return g->state * 0x2545f4914f6cdd1dull;
}

static uint64_t below(struct generator *g, uint64_t n) {
    return (next(g) >> 16) % n;
}

static int member(const char *const *list, size_t n, const char *word) {
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(list[i], word)) return 1;
    }
    return 0;
}
#define MEMBER(list, word) member(list, sizeof list / sizeof list[0], word)

static uint64_t number(struct generator *g) {
    static const int64_t edges[] = {0, 1, 2, 8, -1, -2, 16, 64, 100, 4096, 4095, 65536, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    switch (below(g, 4)) {
        case 0: return (uint64_t)edges[below(g, sizeof edges / sizeof edges[0])];
        case 1: return below(g, 16);
        case 2: return 1ull << below(g, 32);
        default: return 1ull << below(g, 20) | 1ull << below(g, 32) | below(g, 8);
    }
}

/* Mostly inside the arena, whose content then looks like what calls expect: small numbers and pointers. */
static uint64_t pointer(struct generator *g) {
    switch (below(g, 16)) {
        case 0: return 0;
        case 1: return 0x10 + below(g, 3);
        case 2: return 0xffff800000000000ull + below(g, 4096);
        case 3: return (uint64_t)(g->arena + ARENA) - below(g, 64);
        default: break;
    }
    const uint64_t at = (uint64_t)g->arena + below(g, ARENA / 4096 - 1) * 4096 + (below(g, 2) ? 0 : below(g, 512) * 8);
    return at;
}

static void scribble(struct generator *g) {
    char *at = g->arena + below(g, ARENA / 4096 - 1) * 4096;
    uint64_t words[16];
    for (int i = 0; i < 16; i++) words[i] = below(g, 3) ? number(g) : pointer(g);
    /* By a call: the page may be gone. */
    const int fd = open("/dev/null", O_WRONLY);
    if (write(fd, at, sizeof words) == sizeof words) {
        int p[2];
        if (pipe(p) == 0) {
            if (write(p[1], words, sizeof words) == sizeof words) (void)!read(p[0], at, sizeof words);
            close(p[0]);
            close(p[1]);
        }
    }
    close(fd);
}

static uint64_t size_of(struct generator *g) {
    static const uint64_t sizes[] = {0, 1, 4, 8, 16, 24, 56, 100, 128, 512, 4096, 8192, 65536, 1 << 20, UINT32_MAX, UINT64_MAX};
    return sizes[below(g, below(g, 4) ? 12 : sizeof sizes / sizeof sizes[0])];
}

static uint64_t process(struct generator *g) {
    switch (below(g, 4)) {
        case 0: return 0;
        case 1: return (uint64_t)getpid();
        case 2: return (uint64_t)gettid();
        default: return 999999;
    }
}

static uint64_t argument(struct generator *g, const struct row *row, int i, const char *kind) {
    if (!strcmp(kind, "FD")) return below(g, 16) ? below(g, 24) : number(g);
    if (!strcmp(kind, "DIRFD")) return below(g, 4) ? (uint64_t)AT_FDCWD : below(g, 24);
    if (!strcmp(kind, "PATH")) return below(g, 16) ? (uint64_t)paths[below(g, sizeof paths / sizeof paths[0])] : pointer(g);
    if (MEMBER(pointers, kind)) return pointer(g);
    if (!strcmp(kind, "SIZE")) return size_of(g);
    if (!strcmp(kind, "SIGNO")) return below(g, 8) ? SIGUSR2 : below(g, 65);
    if (!strcmp(kind, "INT") && i == 0 && strcmp(row->name, "socket") && strcmp(row->name, "socketpair") && below(g, 2)) return process(g);
    return number(g);
}

/* What must not leave the machine or its directory. */
static void tame(struct generator *g, const struct row *row, uint64_t a[6]) {
    if (!strcmp(row->name, "socket") || !strcmp(row->name, "socketpair")) a[0] = 1;
    const int signals = !strcmp(row->name, "tkill") || !strcmp(row->name, "tgkill") || !strcmp(row->name, "rt_sigqueueinfo") ||
                        !strcmp(row->name, "rt_tgsigqueueinfo") || !strcmp(row->name, "ptrace") || !strcmp(row->name, "setpriority");
    const int at = !strcmp(row->name, "ptrace") || !strcmp(row->name, "setpriority");
    if (signals) a[at] = process(g);
    if (!strcmp(row->name, "fallocate")) a[3] = below(g, 1 << 20);
    if ((!strcmp(row->name, "ftruncate") || !strcmp(row->name, "truncate")) && below(g, 8)) a[1] = below(g, 1 << 20);
    if (!strcmp(row->name, "mmap") && below(g, 2)) a[0] = 0;
    if (!strcmp(row->name, "alarm")) a[0] = 0;
}

static void make_call(struct generator *g) {
    const struct row *row;
    do row = &rows[below(g, ROWS)];
    while (!strcmp(row->handler, "sys_enosys") || MEMBER(left_out, row->name) || (strstr(row->name, "fork") && below(g, 8)));
    uint64_t a[6] = {0};
    const char *at = strchr(row->args, '(') + 1;
    for (int i = 0; i < 6 && *at && *at != ')'; i++) {
        char kind[32];
        at += strspn(at, ", ");
        const size_t length = strcspn(at, ",)");
        if (!length) break;
        snprintf(kind, sizeof kind, "%.*s", (int)length, at);
        at += length;
        a[i] = argument(g, row, i, kind);
    }
    tame(g, row, a);
    syscall(row->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static volatile int running = THREADS;
static int tids[THREADS];
static int calls = 150;
static uint64_t worker_seed;
static char *arena;

static void *call_loop(void *arg) {
    const int index = (int)(intptr_t)arg;
    struct generator g = {.state = (worker_seed * THREADS + (uint64_t)index) * 0x9e3779b97f4a7c15ull | 1, .arena = arena};
    tids[index] = gettid();
    for (int i = 0; i < calls; i++) {
        if (i % 4 == 0) scribble(&g);
        make_call(&g);
    }
    __atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static void on_signal(int signo) {
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void prepare(void) {
    setsid();
    const struct rlimit memory = {1ul << 30, 1ul << 30}, processes = {400, 400}, size = {1 << 24, 1 << 24};
    setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_NPROC, &processes);
    setrlimit(RLIMIT_FSIZE, &size);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR2, &action, 0);
    char dir[32];
    snprintf(dir, sizeof dir, "/w%d", getpid() % 8);
    mkdir(dir, 0700);
    if (chdir(dir)) _exit(0);
    mkdir("dir", 0700);
    const int fd = open("a", O_CREAT | O_RDWR, 0600);
    for (int i = 0; i < 3; i++) dup2(fd, i);
    close(fd);
    arena = mmap(0, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void work(void) {
    pthread_t thread;
    prepare();
    for (intptr_t i = 0; i < THREADS; i++) pthread_create(&thread, 0, call_loop, (void *)i);
    /* What sleeps is woken now and then. */
    for (const double end = now() + WORKER_SECONDS; running > 0 && now() < end;) {
        syscall(SYS_nanosleep, &(struct timespec){0, 3000000}, 0);
        for (int i = 0; i < THREADS; i++) {
            if (tids[i]) syscall(SYS_tgkill, getpid(), tids[i], SIGUSR2);
        }
    }
    syscall(SYS_exit_group, 0);
}

/* Everybody but the supervisor dies, whatever they block. */
static void clean_up(void) {
    kill(-1, SIGKILL);
    for (const double end = now() + HANG_SECONDS;;) {
        const pid_t pid = waitpid(-1, 0, WNOHANG | __WALL);
        if (pid < 0 && errno == ECHILD) return;
        if (now() > end) {
            printf("a killed worker does not end: %d\n", pid);
            exit(1);
        }
        if (pid == 0) usleep(1000);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    const uint64_t seed = strtoull(argv[1], 0, 0);
    const double end = now() + atof(argv[2]);
    if (argc > 3) calls = atoi(argv[3]);
    int workers = 0;
    for (; now() < end; workers++) {
        worker_seed = seed + (uint64_t)workers;
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) work();
        for (const double late = now() + WORKER_SECONDS + 1; child > 0 && now() < late;) {
            if (waitpid(child, 0, WNOHANG) == child) break;
            usleep(2000);
        }
        clean_up();
    }
    printf("syscall_sequence: %d workers from seed %llu\n", workers, (unsigned long long)seed);
    return 0;
}
