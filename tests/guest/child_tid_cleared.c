/* SPDX-License-Identifier: ISC */
/* clone(2), set_tid_address(2): when a thread or a process that shares memory ends, the kernel clears the word that was named and wakes
 * who waits on it, however it ends; a child with memory of its own clears only its own. Without that, joins hang. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { FUTEX_WAIT };

static char stack[16384] __attribute__((aligned(16)));
static _Atomic int word;

static void wait_cleared(void) {
    for (int seen; (seen = atomic_load(&word)) != 0;) syscall(SYS_futex, &word, FUTEX_WAIT, seen, NULL, NULL, 0);
}

static int ends(void *how) {
    switch ((long)how) {
    case 0: return 0;
    case 1: syscall(SYS_exit, 0); break;
    case 2: syscall(SYS_exit_group, 0); break;
    case 3: syscall(SYS_kill, syscall(SYS_getpid), SIGKILL); break;
    case 4: execl("/proc/self/exe", "child_tid_cleared", "nothing", NULL); break;
    }
    return 1;
}

static void process_that_shares_memory(long how) {
    int status;
    atomic_store(&word, 1);
    const pid_t pid = clone(ends, stack + sizeof stack, CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, (void *)how, NULL, NULL, &word);
    CHECK(pid > 0);
    wait_cleared();
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(how == 3 ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void process_with_its_own(void) {
    atomic_store(&word, 1);
    const pid_t pid = (pid_t)syscall(SYS_clone, CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD, 0, NULL, &word, 0);
    if (pid == 0) syscall(SYS_exit_group, atomic_load(&word) == syscall(SYS_getpid) ? 0 : 1);
    wait_ok(pid);
    CHECK(atomic_load(&word) == 1);
}

static void *set_another_address(void *shared) {
    CHECK(syscall(SYS_set_tid_address, shared) == syscall(SYS_gettid));
    syscall(SYS_exit, 0);
    return NULL;
}

/* In shared memory another process sees it, too. */
static void word_that_others_wait_for(void) {
    _Atomic int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    atomic_store(shared, 1);
    const pid_t pid = fork();
    if (pid == 0) set_another_address((void *)shared);
    wait_ok(pid);
    CHECK(atomic_load(shared) == 1); /* nobody else had that memory space */
}

static void *nothing(void *arg) {
    return arg;
}

static void joins(void) {
    for (long i = 0; i < 300; i++) {
        pthread_t threads[4];
        void *result;
        for (long k = 0; k < 4; k++) CHECK(pthread_create(&threads[k], NULL, nothing, (void *)(i + k)) == 0);
        for (long k = 0; k < 4; k++) CHECK(pthread_join(threads[k], &result) == 0 && result == (void *)(i + k));
    }
}

int main(int argc, char **argv) {
    if (argc > 1) return 0;
    for (long how = 0; how <= 4; how++) process_that_shares_memory(how);
    process_with_its_own();
    word_that_others_wait_for();
    joins();
    puts("child tid ok");
    return 0;
}
