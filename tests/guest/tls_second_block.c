/* SPDX-License-Identifier: ISC */
/* arch_prctl(2), clone(2): thread-local storage is where FS says. A program may have a second block beside the library's, for a thread
 * (CLONE_SETTLS) or in turn on one thread, and signals and system calls leave it alone. */
#include "tests/guest/check.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>

enum { ARCH_SET_FS = 0x1002, ARCH_GET_FS };
enum { FUTEX_WAIT };

static __thread long own = 11;
static char stack[65536] __attribute__((aligned(16)));
static uint64_t second[64] __attribute__((aligned(64))), third[64] __attribute__((aligned(64)));
static _Atomic int child_word;
static _Atomic long found;

/* Without the library: FS is not its own. */
static long call(long number, long a, long b) {
    long r;
    __asm__ volatile("syscall" : "=a"(r) : "0"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
    return r;
}

static uint64_t fs_word(void) {
    uint64_t value;
    __asm__ volatile("mov %%fs:8, %0" : "=r"(value));
    return value;
}

static void set_fs_word(uint64_t value) {
    __asm__ volatile("mov %0, %%fs:8" : : "r"(value) : "memory");
}

static int in_second(void *arg) {
    uint64_t base = 0;
    call(SYS_arch_prctl, ARCH_GET_FS, (long)&base);
    set_fs_word(fs_word() + 1);
    atomic_store(&found, base == (uint64_t)(uintptr_t)second ? (long)fs_word() : -1);
    call(SYS_exit, 0, 0);
    return 0;
}

static void thread_with_another_block(void) {
    const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_CHILD_CLEARTID;
    second[0] = (uint64_t)(uintptr_t)second;
    second[1] = 41;
    atomic_store(&child_word, -1);
    CHECK(clone(in_second, stack + sizeof stack, flags, NULL, NULL, second, &child_word) > 0);
    while (atomic_load(&child_word)) syscall(SYS_futex, &child_word, FUTEX_WAIT, -1, NULL, NULL, 0);
    CHECK(atomic_load(&found) == 42 && second[1] == 42 && own == 11);
}

static volatile int n_signals;

static void on_signal(int number) {
    n_signals++;
}

/* Nothing of the library is used while another block is in place. */
static long visit(uint64_t *block, long pid) {
    uint64_t before = 0, after = 0;
    call(SYS_arch_prctl, ARCH_GET_FS, (long)&before);
    if (call(SYS_arch_prctl, ARCH_SET_FS, (long)block) != 0) return -1;
    set_fs_word(fs_word() + 1);
    call(SYS_kill, pid, SIGUSR1);
    call(SYS_sched_yield, 0, 0);
    call(SYS_arch_prctl, ARCH_GET_FS, (long)&after);
    const long value = after == (uint64_t)(uintptr_t)block ? (long)fs_word() : -1;
    call(SYS_arch_prctl, ARCH_SET_FS, (long)before);
    return value;
}

static void blocks_in_turn(void) {
    const struct sigaction action = {.sa_handler = on_signal};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    third[1] = 100;
    for (long i = 1; i <= 1000; i++) {
        CHECK(visit(third, getpid()) == 100 + i);
        CHECK(visit(second, getpid()) == 42 + i);
        CHECK(own == 10 + i);
        own++;
    }
    CHECK(n_signals == 2000);
    CHECK_ERROR(syscall(SYS_arch_prctl, ARCH_SET_FS, 1ul << 47), EPERM);
    CHECK_ERROR(syscall(SYS_arch_prctl, 0x1fff, 0), EINVAL);
    CHECK(own == 1011);
}

int main(void) {
    thread_with_another_block();
    blocks_in_turn();
    puts("second block ok");
    return 0;
}
