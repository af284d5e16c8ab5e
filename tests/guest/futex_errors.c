/* SPDX-License-Identifier: ISC */
/* futex(2), get_robust_list(2): the errors of each operation, flags where they do not belong, every operation and comparison of
 * FUTEX_WAKE_OP, private and shared words. */
#include "check.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

enum {
    WAIT, WAKE, FD, REQUEUE, CMP_REQUEUE, WAKE_OP, LOCK_PI, UNLOCK_PI, TRYLOCK_PI, WAIT_BITSET, WAKE_BITSET, WAIT_REQUEUE_PI, CMP_REQUEUE_PI,
    LOCK_PI2, PRIVATE = 128, REALTIME = 256, NOBODY = 0x3ffffff0 /* no thread has this tid */,
};

static uint32_t *words; /* shared memory */
static const struct timespec past = {1, 0}, negative = {-1, 0}, bad_ns = {0, 1000000000}, short_ = {0, 1000000};

static long futex(void *uaddr, int op, uint32_t val, const void *timeout, void *uaddr2, uint32_t val3) {
    return syscall(SYS_futex, uaddr, op, val, timeout, uaddr2, val3);
}

/* What an operation answers at an address like this. */
static void show(const char *what, void *uaddr, void *uaddr2, uint32_t val, const void *timeout) {
    printf("%s:", what);
    for (int op = WAIT; op <= LOCK_PI2 + 1; op++) {
        for (int flag = 0; flag <= REALTIME; flag += PRIVATE) {
            words[0] = words[1] = NOBODY;
            errno = 0;
            const long r = futex(uaddr, op | flag, val, timeout, uaddr2, NOBODY);
            printf(" %d/%ld,%d", op | flag, r, errno);
        }
    }
    printf("\n");
}

static void addresses(void) {
    char *none = mmap(0, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *read_only = mmap(0, 8192, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const struct timespec *now = &past;
    CHECK(munmap(none + 4096, 4096) == 0);
    show("unaligned", (char *)words + 2, &words[1], 1, now);
    show("second unaligned", words, (char *)words + 5, 1, now);
    show("no rights", none, &words[1], 1, now);
    show("nothing there", none + 4096, &words[1], 1, now);
    show("the kernel's", (void *)0xffff800000000000, &words[1], 1, now);
    show("second not there", words, none + 4096, 1, now);
    show("read only", read_only, &words[1], 1, now);
    CHECK_ERROR(futex(words, WAKE_OP, 1, (void *)1, read_only, 0), EFAULT);
    CHECK_ERROR(futex(words, WAKE_OP | PRIVATE, 1, (void *)1, read_only, 0), EFAULT);
    show("twice the same", words, words, 1, now);
}

static void values(void) {
    show("another value", words, &words[1], NOBODY + 1, &past);
    show("negative time", words, &words[1], NOBODY, &negative);
    show("too many nanoseconds", words, &words[1], NOBODY, &bad_ns);
    CHECK_ERROR(futex(words, WAIT, NOBODY, (void *)8, 0, 0), EFAULT);
    CHECK_ERROR(futex(words, WAIT, NOBODY, &short_, 0, 0), ETIMEDOUT);
    CHECK_ERROR(futex(words, WAIT_BITSET, 7, 0, 0, 0), EINVAL);
    CHECK_ERROR(futex(words, WAKE_BITSET, 7, 0, 0, 0), EINVAL);
    CHECK(futex(words, WAKE, 0, 0, 0, 0) == 0 && futex(words, WAKE, -5u, 0, 0, 0) == 0);
    CHECK_ERROR(futex(words, CMP_REQUEUE, -1u, (void *)1, &words[1], NOBODY), EINVAL);
    CHECK_ERROR(futex(words, CMP_REQUEUE, 1, (void *)-1l, &words[1], NOBODY), EINVAL);
    CHECK_ERROR(futex(words, CMP_REQUEUE, 1, (void *)1, &words[1], NOBODY + 1), EAGAIN);
    CHECK_ERROR(futex(words, CMP_REQUEUE_PI, 2, (void *)1, &words[1], NOBODY), EINVAL);
    CHECK_ERROR(futex(words, 64, 0, 0, 0, 0), ENOSYS);
}

static void wake_ops(void) {
    for (uint32_t op = 0; op < 16; op++) {
        for (uint32_t cmp = 0; cmp < 8; cmp++) {
            words[0] = 0;
            words[1] = 0xf0;
            errno = 0;
            const uint32_t encoded = op << 28 | cmp << 24 | 5u << 12 | 0xf0;
            const long r = futex(words, WAKE_OP, 1, (void *)1, &words[1], encoded);
            printf(" %x%x/%ld,%d,%x", op, cmp, r, errno, words[1]);
        }
        printf("\n");
    }
    for (uint32_t arg = 0; arg < 0x1000; arg += 0x355) { /* sign extension */
        words[1] = 0xfffffff0;
        const long r = futex(words, WAKE_OP, 1, (void *)1, &words[1], 1u << 28 | arg << 12 | arg);
        printf(" %x/%ld,%x", arg, r, words[1]);
    }
    printf("\n");
}

static void pi(void) {
    words[0] = 0;
    CHECK_ERROR(futex(words, UNLOCK_PI, 0, 0, 0, 0), EPERM);
    CHECK(futex(words, LOCK_PI2, 0, 0, 0, 0) == 0);
    CHECK_ERROR(futex(words, LOCK_PI, 0, 0, 0, 0), EDEADLK);
    CHECK_ERROR(futex(words, TRYLOCK_PI, 0, 0, 0, 0), EDEADLK);
    const pid_t child = fork();
    if (child == 0) {
        struct timespec at;
        CHECK_ERROR(futex(words, UNLOCK_PI, 0, 0, 0, 0), EPERM);
        CHECK_ERROR(futex(words, TRYLOCK_PI, 0, 0, 0, 0), EAGAIN);
        CHECK_ERROR(futex(words, LOCK_PI, 0, &past, 0, 0), ETIMEDOUT);
        clock_gettime(CLOCK_MONOTONIC, &at);
        CHECK_ERROR(futex(words, LOCK_PI2, 0, &at, 0, 0), ETIMEDOUT);
        CHECK_ERROR(futex(words, LOCK_PI2 | REALTIME, 0, &past, 0, 0), ETIMEDOUT);
        _exit(0);
    }
    wait_ok(child);
    CHECK(futex(words, UNLOCK_PI, 0, 0, 0, 0) == 0 && words[0] == 0);
}

static void *private_waiter(void *arg) {
    uint32_t *word = arg;
    while (*(volatile uint32_t *)word == 0) futex(word, WAIT | PRIVATE, 0, 0, 0, 0);
    return NULL;
}

/* A shared wake finds nobody who waits privately in memory that is not shared, and the other way round. */
static void keys(void) {
    static uint32_t own;
    struct timespec pause = {0, 20000000};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, private_waiter, &own) == 0);
    nanosleep(&pause, NULL);
    CHECK(futex(&own, WAKE, 1, 0, 0, 0) == 0);
    own = 1;
    futex(&own, WAKE | PRIVATE, 1, 0, 0, 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void robust_lists(void) {
    struct { void *next; long offset; void *pending; } head = {&head, 0, 0};
    void *found = 0;
    size_t size = 0;
    CHECK(syscall(SYS_set_robust_list, &head, sizeof head) == 0);
    CHECK_ERROR(syscall(SYS_set_robust_list, &head, sizeof head - 1), EINVAL);
    CHECK_ERROR(syscall(SYS_set_robust_list, &head, 0), EINVAL);
    CHECK(syscall(SYS_get_robust_list, 0, &found, &size) == 0 && found == &head && size == sizeof head);
    CHECK(syscall(SYS_get_robust_list, getpid(), &found, &size) == 0 && found == &head);
    CHECK_ERROR(syscall(SYS_get_robust_list, 0x3ffffff, &found, &size), ESRCH);
    CHECK_ERROR(syscall(SYS_get_robust_list, 0, 8, &size), EFAULT);
    CHECK_ERROR(syscall(SYS_get_robust_list, 0, &found, 8), EFAULT);
}

int main(void) {
    words = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    addresses();
    values();
    wake_ops();
    pi();
    keys();
    robust_lists();
    printf("futex: errors as on Linux\n");
}
