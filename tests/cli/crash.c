/* SPDX-License-Identifier: ISC */
/* Guest of the tests of core dumps and explanations: three threads wait in functions of their own, then the main thread dies in
 * the innermost call of crash_here by what argv[1] says. argv[2]: "limit=BYTES", "undumpable". */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int ready;
int marker = 0x1234;
char *volatile heap;

__attribute__((noinline)) void wait_here(long n) {
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    for (long r;;) __asm__ volatile("syscall" : "=a"(r) : "a"(34) : "rcx", "r11", "memory"); /* pause: C libraries without frames hide us */
}

static void *thread(void *arg) {
    wait_here((long)arg);
    return NULL;
}

__attribute__((noinline)) static void die(const char *how) {
    if (strcmp(how, "null") == 0) *(volatile int *)strtoul("0x20", NULL, 0) = 42;
    if (strcmp(how, "readonly") == 0) *(volatile char *)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) = 1;
    if (strcmp(how, "divide") == 0) __asm__ volatile("xor %%ecx, %%ecx\n div %%ecx" ::: "eax", "ecx", "edx");
    if (strcmp(how, "illegal") == 0) __asm__ volatile("ud2");
    if (strcmp(how, "jump") == 0) ((void (*)(void))strtoul("0x30", NULL, 0))();
    if (strcmp(how, "abort") == 0) abort();
}

__attribute__((noinline)) void crash_here(const char *how, int depth) {
    if (depth) crash_here(how, depth - 1);
    else die(how);
    __asm__ volatile("");
}

static void set_up(const char *option) {
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    if (strncmp(option, "limit=", 6) == 0) limit.rlim_cur = strtoul(option + 6, NULL, 0);
    if (setrlimit(RLIMIT_CORE, &limit)) _exit(99);
    if (strcmp(option, "undumpable") == 0) prctl(PR_SET_DUMPABLE, 0);
}

static void crash(const char *how) {
    pthread_t threads[3];
    heap = strcpy(malloc(100), "on the heap");
    marker = 0x5678;
    for (long i = 0; i < 3; i++) pthread_create(&threads[i], NULL, thread, (void *)i);
    while (ready < 3) usleep(1000);
    crash_here(how, 2);
}

int main(int argc, char **argv) {
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        set_up(argc > 2 ? argv[2] : "");
        crash(argv[1]);
        return 0;
    }
    waitpid(pid, &status, 0);
    printf("signal %d core %d\n", WTERMSIG(status), !!WCOREDUMP(status));
    return 0;
}
