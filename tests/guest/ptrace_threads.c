// labels: threads
/* SPDX-License-Identifier: ISC */
/* All threads of a process traced one by one; breakpoints in code that other threads run; ends of threads; a tracer that dies;
 * PTRACE_O_EXITKILL; /proc/PID/mem and TracerPid. Source: ptrace(2), proc(5). */
#include "tracing.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/mman.h>

enum { THREADS = 4, ROUNDS = 200 };

static volatile long *sum; /* shared */
static volatile bool *quit;

__attribute__((noinline)) static void hot(void) {
    __atomic_add_fetch(sum, 1, __ATOMIC_RELAXED);
    __asm__ volatile("");
}

static void *run(void *arg) {
    while (!*quit) hot();
    return arg;
}

static void run_threads(void) {
    pthread_t t[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&t[i], NULL, run, NULL);
    for (int i = 0; i < THREADS; i++) pthread_join(t[i], NULL);
    _exit(11);
}

static int tids_of(pid_t pid, pid_t *tids) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    int n = 0;
    CHECK(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] != '.') tids[n++] = atoi(e->d_name);
    }
    closedir(dir);
    return n;
}

static pid_t start(pid_t tids[THREADS + 1]) {
    *sum = 0;
    *quit = false;
    const pid_t pid = fork();
    if (pid == 0) run_threads();
    while (*sum < 1000) usleep(1000);
    while (tids_of(pid, tids) < THREADS + 1) usleep(1000);
    return pid;
}

static int open_mem(pid_t pid, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    const int fd = open(path, flags);
    CHECK(fd >= 0);
    return fd;
}

/* int3 into the function that all threads run; each that hits it is stepped over it and sent on. */
static void breakpoints(void) {
    pid_t tids[THREADS + 1];
    const pid_t pid = start(tids);
    int hits = 0, status;
    for (int i = 0; i <= THREADS; i++) {
        CHECK(trace(PTRACE_SEIZE, tids[i], NULL, NULL) == 0);
        CHECK(trace(PTRACE_INTERRUPT, tids[i], NULL, NULL) == 0);
        expect_stop(tids[i], SIGTRAP | PTRACE_EVENT_STOP << 8);
    }
    const int mem = open_mem(pid, O_RDWR);
    unsigned char first;
    CHECK(pread(mem, &first, 1, (off_t)(uintptr_t)hot) == 1 && first == *(unsigned char *)(uintptr_t)hot);
    for (int i = 0; i <= THREADS; i++) resume(PTRACE_CONT, tids[i], 0);
    usleep(2000);
    CHECK(pwrite(mem, "\xcc", 1, (off_t)(uintptr_t)hot) == 1); /* while they run */
    while (hits < ROUNDS) {
        const pid_t tid = waitpid(-1, &status, __WALL);
        CHECK(tid > 0 && WIFSTOPPED(status) && status >> 8 == SIGTRAP);
        struct user_regs_struct regs = registers_of(tid);
        CHECK(regs.rip == (unsigned long)hot + 1);
        regs.rip--;
        CHECK(trace(PTRACE_SETREGS, tid, NULL, &regs) == 0);
        CHECK(pwrite(mem, &first, 1, (off_t)(uintptr_t)hot) == 1);
        resume(PTRACE_SINGLESTEP, tid, 0);
        expect_stop(tid, SIGTRAP);
        CHECK(registers_of(tid).rip != (unsigned long)hot);
        CHECK(pwrite(mem, "\xcc", 1, (off_t)(uintptr_t)hot) == 1);
        resume(PTRACE_CONT, tid, 0);
        hits++;
    }
    CHECK(pwrite(mem, &first, 1, (off_t)(uintptr_t)hot) == 1);
    CHECK_ERROR(pread(mem, &first, 1, 16), EIO);
    close(mem);
    *quit = true;
    for (int left = THREADS + 1; left;) { /* some have still hit it */
        const pid_t tid = waitpid(-1, &status, __WALL);
        CHECK(tid > 0);
        if (!WIFSTOPPED(status)) {
            CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 11 || (tid != pid && WEXITSTATUS(status) == 0)));
            left--;
            continue;
        }
        struct user_regs_struct regs = registers_of(tid);
        regs.rip--;
        CHECK(trace(PTRACE_SETREGS, tid, NULL, &regs) == 0);
        resume(PTRACE_CONT, tid, 0);
    }
}

static int tracer_of(pid_t pid) {
    char path[64], line[256];
    int tracer = -1;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    CHECK(file);
    while (fgets(line, sizeof line, file)) sscanf(line, "TracerPid: %d", &tracer);
    fclose(file);
    return tracer;
}

static pid_t start_tracer(pid_t pid, long options) {
    const pid_t tracer = fork();
    if (tracer == 0) {
        if (trace(PTRACE_SEIZE, pid, NULL, (void *)options)) _exit(1);
        if (trace(PTRACE_INTERRUPT, pid, NULL, NULL)) _exit(2);
        if (waitpid(pid, NULL, __WALL) != pid) _exit(3);
        for (;;) pause();
    }
    while (tracer_of(pid) != tracer) usleep(1000);
    return tracer;
}

/* A tracer that dies lets its tracees go, or takes them with it. */
static void tracer_dies(void) {
    pid_t tids[THREADS + 1];
    const pid_t pid = start(tids);
    pid_t tracer = start_tracer(pid, 0);
    CHECK_ERROR(trace(PTRACE_SEIZE, pid, NULL, NULL), EPERM);
    CHECK(kill(tracer, SIGKILL) == 0);
    expect_death(tracer, SIGKILL);
    CHECK(tracer_of(pid) == 0);
    *quit = true;
    expect_exit(pid, 11);
    const pid_t other = start(tids);
    tracer = start_tracer(other, PTRACE_O_EXITKILL);
    CHECK(kill(tracer, SIGKILL) == 0);
    expect_death(tracer, SIGKILL);
    expect_death(other, SIGKILL);
}

/* Someone else's tracee ends for its parent when its tracer has waited for it. */
static void two_waits(void) {
    pid_t tids[THREADS + 1];
    int to_tracer[2], status;
    char byte = 0;
    const pid_t pid = start(tids);
    CHECK(pipe(to_tracer) == 0);
    const pid_t tracer = fork();
    if (tracer == 0) {
        if (trace(PTRACE_SEIZE, pid, NULL, NULL)) _exit(1);
        if (read(to_tracer[0], &byte, 1) != 1) _exit(2);
        if (waitpid(pid, &status, 0) != pid) _exit(3);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) + 1 : 4);
    }
    while (tracer_of(pid) != tracer) usleep(1000);
    *quit = true;
    siginfo_t info;
    usleep(20000);
    CHECK(waitid(P_PID, pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0);
    CHECK(write(to_tracer[1], "x", 1) == 1);
    expect_exit(pid, 11);
    expect_exit(tracer, 12);
}

int main(void) {
    sum = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(sum != MAP_FAILED);
    quit = (volatile bool *)(sum + 8);
    breakpoints();
    tracer_dies();
    two_waits();
    printf("threads traced, breakpoints hit\n");
    return 0;
}
