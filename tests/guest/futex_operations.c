// labels: threads
/* SPDX-License-Identifier: ISC */
/* futex(2): every operation's success and its errors. */
#include "tests/guest/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    FUTEX_WAIT, FUTEX_WAKE, FUTEX_CMP_REQUEUE = 4, FUTEX_WAKE_OP, FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI,
    FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_CMP_REQUEUE_PI, FUTEX_CLOCK_REALTIME = 256,
    FUTEX_OP_ADD = 1, FUTEX_OP_OR = 2, FUTEX_OP_OPARG_SHIFT = 8, FUTEX_OP_CMP_EQ = 0, FUTEX_OP_CMP_LT = 2,
};
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_TID_MASK 0x3fffffffu
#define FUTEX_OP(op, oparg, cmp, cmparg) \
    ((((op) & 0xfu) << 28) | (((cmp) & 0xfu) << 24) | (((oparg) & 0xfffu) << 12) | ((cmparg) & 0xfffu))

static _Atomic uint32_t word, word2, lock_word;
static _Atomic int n_woken;

static long futex(void *uaddr, int op, uint32_t val, const void *timeout, void *uaddr2, uint32_t val3) {
    return syscall(SYS_futex, uaddr, op, val, timeout, uaddr2, val3);
}

static int tid(void) {
    return (int)syscall(SYS_gettid);
}

static void *waiter(void *arg) {
    const uint32_t bitset = (uint32_t)(uintptr_t)arg;
    if (futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, bitset) == 0) n_woken++;
    return NULL;
}


static void start(pthread_t *threads, int n, void *(*fn)(void *), uintptr_t arg) {
    for (int i = 0; i < n; i++) CHECK(pthread_create(&threads[i], NULL, fn, (void *)arg) == 0);
}

static void wake_until(void *uaddr, int op, int n, uint32_t bitset) {
    while (n > 0) {
        const long r = futex(uaddr, op, (uint32_t)n, NULL, NULL, bitset);
        CHECK(r >= 0);
        n -= (int)r;
        if (n) sched_yield();
    }
}

static void wait_and_wake(void) {
    const struct timespec short_ = {0, 20000000}, bad = {0, 1000000000};
    pthread_t threads[4];
    CHECK_ERROR(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
    CHECK_ERROR(futex(&word, FUTEX_WAIT, 0, &short_, NULL, 0), ETIMEDOUT);
    CHECK_ERROR(futex(&word, FUTEX_WAIT, 0, &bad, NULL, 0), EINVAL);
    CHECK_ERROR(futex((char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
    CHECK_ERROR(futex((void *)16, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
    CHECK_ERROR(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
    CHECK_ERROR(futex(&word, 77, 0, NULL, NULL, 0), ENOSYS);
    CHECK(futex(&word, FUTEX_WAKE, 10, NULL, NULL, 0) == 0);
    start(threads, 4, waiter, 3);
    wake_until(&word, FUTEX_WAKE_BITSET, 4, 2);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    CHECK(n_woken == 4);
    struct timespec past = {1, 0};
    CHECK_ERROR(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &past, NULL, ~0u), ETIMEDOUT);
}

static void requeue(void) {
    pthread_t threads[5];
    int moved = 0;
    n_woken = 0;
    start(threads, 5, waiter, ~0u);
    CHECK_ERROR(futex(&word, FUTEX_CMP_REQUEUE, 0, (void *)5, &word2, 1), EAGAIN);
    while (moved < 5) {
        const long r = futex(&word, FUTEX_CMP_REQUEUE, 0, (void *)5, &word2, 0);
        CHECK(r >= 0);
        moved += (int)r;
    }
    CHECK(futex(&word, FUTEX_WAKE, 5, NULL, NULL, 0) == 0);
    wake_until(&word2, FUTEX_WAKE, 5, 0);
    for (int i = 0; i < 5; i++) pthread_join(threads[i], NULL);
    CHECK(n_woken == 5);
}

static void wake_op(void) {
    word2 = 5;
    const uint32_t add_3_if_5 = (uint32_t)FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5);
    CHECK(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &word2, add_3_if_5) == 0);
    CHECK(word2 == 8);
    const uint32_t or_bit = (uint32_t)FUTEX_OP(FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 8, FUTEX_OP_CMP_LT, 0);
    CHECK(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &word2, or_bit) == 0);
    CHECK(word2 == 0x108);
    word2 = 0;
}

static void *pi_owner(void *arg) {
    CHECK(futex(&lock_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
    CHECK((lock_word & FUTEX_TID_MASK) == (uint32_t)tid());
    n_woken++;
    if (arg) return NULL; /* dies with the lock held */
    CHECK(futex(&lock_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
    return NULL;
}

static void pi(void) {
    pthread_t threads[4];
    n_woken = 0;
    lock_word = 0;
    CHECK(futex(&lock_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
    CHECK(lock_word == (uint32_t)tid());
    CHECK_ERROR(futex(&lock_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
    start(threads, 4, pi_owner, 0);
    while (!(lock_word & FUTEX_WAITERS)) sched_yield();
    CHECK(n_woken == 0);
    CHECK(futex(&lock_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    CHECK(n_woken == 4 && lock_word == 0);
    CHECK_ERROR(futex(&lock_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
    lock_word = 0x3fffffff;
    CHECK_ERROR(futex(&lock_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH);
    lock_word = 0;
    CHECK(futex(&lock_word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0) == 0);
    CHECK(futex(&lock_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
}

static void *requeue_pi_waiter(void *arg) {
    CHECK(futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &lock_word, 0) == 0);
    CHECK((lock_word & FUTEX_TID_MASK) == (uint32_t)tid());
    n_woken++;
    CHECK(futex(&lock_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
    return NULL;
}

static void requeue_pi(void) {
    pthread_t threads[3];
    int moved = 0;
    n_woken = 0;
    start(threads, 3, requeue_pi_waiter, 0);
    CHECK(futex(&lock_word, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
    while (moved < 3) {
        const long r = futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)10, &lock_word, 0);
        CHECK(r >= 0);
        moved += (int)r;
    }
    CHECK(n_woken == 0);
    CHECK(futex(&lock_word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    CHECK(n_woken == 3 && lock_word == 0);
}

static void robust_mutex(void) {
    static pthread_mutex_t mutex;
    pthread_mutexattr_t attr;
    pthread_t thread;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mutex, &attr);
    CHECK(pthread_create(&thread, NULL, (void *(*)(void *))(void *)pthread_mutex_lock, &mutex) == 0);
    pthread_join(thread, NULL);
    CHECK(pthread_mutex_lock(&mutex) == EOWNERDEAD);
    CHECK(pthread_mutex_consistent(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0);
}

int main(void) {
    wait_and_wake();
    requeue();
    wake_op();
    pi();
    requeue_pi();
    robust_mutex();
    puts("futex: ok");
    return 0;
}
