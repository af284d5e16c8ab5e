/* SPDX-License-Identifier: ISC */
/* clone(2): the tid is where it was asked for before clone returns and before the child runs, and clone returns it, even if the child is
 * gone by then. */
#include "tests/guest/check.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>

enum { FUTEX_WAIT };

/* of clone3 */
struct clone_args {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

enum { ROUNDS = 300 };

static char stack[65536] __attribute__((aligned(16)));
static _Atomic int parent_word, child_word, seen;

/* The new thread ends at once: nothing but a system call on its stack. */
static int end(void *arg) {
    atomic_store(&seen, atomic_load(&parent_word));
    syscall(SYS_exit, 0);
    return 0;
}

static void wait_gone(void) {
    for (int tid; (tid = atomic_load(&child_word)) != 0;) syscall(SYS_futex, &child_word, FUTEX_WAIT, tid, NULL, NULL, 0);
}

static void threads(void) {
    const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID |
                      CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
    int last = 0;
    for (int i = 0; i < ROUNDS; i++) {
        atomic_store(&child_word, -1);
        atomic_store(&seen, 0);
        const int tid = clone(end, stack + sizeof stack, flags, NULL, &parent_word, NULL, &child_word);
        CHECK(tid > 0 && tid != last && atomic_load(&parent_word) == tid);
        wait_gone();
        CHECK(atomic_load(&seen) == tid && atomic_load(&parent_word) == tid);
        last = tid;
    }
}

static void processes(void) {
    for (int i = 0; i < ROUNDS; i++) {
        struct clone_args args = {.flags = CLONE_PARENT_SETTID, .parent_tid = (uintptr_t)&parent_word, .exit_signal = SIGCHLD};
        atomic_store(&parent_word, 0);
        const int pid = (int)syscall(SYS_clone3, &args, sizeof args);
        if (pid == 0) syscall(SYS_exit_group, 0);
        CHECK(pid > 0 && atomic_load(&parent_word) == pid);
        wait_ok(pid);
        CHECK_ERROR(kill(pid, 0), ESRCH);
    }
}

int main(void) {
    threads();
    processes();
    puts("short lives ok");
    return 0;
}
