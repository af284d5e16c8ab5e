/* SPDX-License-Identifier: ISC */
/* futex(2) takes its arguments apart here, by the rows of futex_ops.def; the work is process/futex*.c. */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/clock.h"
#include "syscall/linux/process/futex.h"

#include "base/bits.h"

#include <stdlib.h>

struct futex_call {
    struct task *task;
    uint64_t uaddr, uaddr2, timeout;
    uint32_t val, val2, val3;
    bool shared, realtime;
};

/* timeout: gva of a timespec, 0 = none. absolute: on `clock`; else from now. Returns 0, -EFAULT, -EINVAL. */
static int read_deadline(const struct futex_call *call, bool absolute, int32_t clock, int64_t *deadline_ns) {
    struct guest_timespec ts;
    *deadline_ns = SCHED_NEVER;
    if (!call->timeout) return 0;
    if (copy_from_guest(call->task, &ts, call->timeout, sizeof ts) < 0) return -EFAULT;
    if (!timespec_valid(&ts)) return -EINVAL;
    const int64_t ns = timespec_to_ns(&ts);
    if (absolute) {
        *deadline_ns = clock_to_monotonic(call->task->kernel, clock, ns);
    } else if (__builtin_add_overflow(scheduler_monotonic_ns(call->task->kernel->scheduler), ns, deadline_ns)) {
        *deadline_ns = SCHED_NEVER;
    }
    return 0;
}

static int64_t restart_wait(struct task *task) {
    struct task_restart *restart = &task->restart;
    const int r = futex_wait(task, restart->args[0], restart->args[1] != 0, (uint32_t)restart->args[2],
                             restart->deadline_ns, (uint32_t)restart->args[3]);
    if (r != -EINTR) return r;
    restart->fn = restart_wait;
    return -ERESTART_RESTARTBLOCK;
}

/* A relative time must not begin anew: the restart goes on with the deadline. */
static int64_t wait_until(const struct futex_call *call, int64_t deadline_ns, uint32_t bitset) {
    struct task *task = call->task;
    const int r = futex_wait(task, call->uaddr, call->shared, call->val, deadline_ns, bitset);
    if (r != -EINTR) return r;
    if (deadline_ns == SCHED_NEVER) return -ERESTARTSYS;
    task->restart = (struct task_restart){
        restart_wait, {call->uaddr, call->shared, call->val, bitset}, deadline_ns};
    return -ERESTART_RESTARTBLOCK;
}

static int64_t op_wait(const struct futex_call *call) {
    int64_t deadline_ns;
    const int r = read_deadline(call, false, 0, &deadline_ns);
    if (r == 0 && call->realtime) return -ENOSYS;
    return r < 0 ? r : wait_until(call, deadline_ns, FUTEX_BITSET_MATCH_ANY);
}

static int32_t clock_of(const struct futex_call *call) {
    return call->realtime ? GUEST_CLOCK_REALTIME : GUEST_CLOCK_MONOTONIC;
}

static int64_t op_wait_bitset(const struct futex_call *call) {
    int64_t deadline_ns;
    const int r = read_deadline(call, true, clock_of(call), &deadline_ns);
    return r < 0 ? r : wait_until(call, deadline_ns, call->val3);
}

static int64_t op_wake(const struct futex_call *call) {
    return futex_wake(call->task, call->uaddr, call->shared, (int)call->val, FUTEX_BITSET_MATCH_ANY);
}

static int64_t op_wake_bitset(const struct futex_call *call) {
    return futex_wake(call->task, call->uaddr, call->shared, (int)call->val, call->val3);
}

static int64_t op_requeue(const struct futex_call *call) {
    return futex_requeue(call->task, call->uaddr, call->uaddr2, call->shared, (int)call->val, (int)call->val2, NULL);
}

static int64_t op_cmp_requeue(const struct futex_call *call) {
    return futex_requeue(call->task, call->uaddr, call->uaddr2, call->shared, (int)call->val, (int)call->val2,
                         &call->val3);
}

static int64_t op_wake_op(const struct futex_call *call) {
    return futex_wake_op(call->task, call->uaddr, call->uaddr2, call->shared, (int)call->val, (int)call->val2, call->val3);
}

static int64_t lock_pi(const struct futex_call *call, int64_t deadline_ns) {
    const int r = futex_lock_pi(call->task, call->uaddr, call->shared, deadline_ns, false);
    return r == -EINTR ? -ERESTARTNOINTR : r;
}

static int64_t op_lock_pi(const struct futex_call *call) {
    int64_t deadline_ns;
    const int r = read_deadline(call, true, GUEST_CLOCK_REALTIME, &deadline_ns);
    if (r == 0 && call->realtime) return -ENOSYS;
    return r < 0 ? r : lock_pi(call, deadline_ns);
}

static int64_t op_lock_pi2(const struct futex_call *call) {
    int64_t deadline_ns;
    const int r = read_deadline(call, true, clock_of(call), &deadline_ns);
    return r < 0 ? r : lock_pi(call, deadline_ns);
}

static int64_t op_trylock_pi(const struct futex_call *call) {
    return futex_lock_pi(call->task, call->uaddr, call->shared, SCHED_NEVER, true);
}

static int64_t op_unlock_pi(const struct futex_call *call) {
    return futex_unlock_pi(call->task, call->uaddr, call->shared);
}

static int64_t op_wait_requeue_pi(const struct futex_call *call) {
    int64_t deadline_ns;
    const int r = read_deadline(call, true, clock_of(call), &deadline_ns);
    if (r < 0) return r;
    return futex_wait_requeue_pi(call->task, call->uaddr, call->uaddr2, call->shared, call->val, deadline_ns, FUTEX_BITSET_MATCH_ANY);
}

static int64_t op_cmp_requeue_pi(const struct futex_call *call) {
    if (call->val != 1) return -EINVAL;
    return futex_cmp_requeue_pi(call->task, call->uaddr, call->uaddr2, call->shared, (int)call->val2, call->val3);
}

static int64_t op_unknown(const struct futex_call *call) {
    return -ENOSYS;
}

static int64_t (*const ops[])(const struct futex_call *call) = {
#define FUTEX_OP(number, name, fn) [number] = fn,
#include "syscall/linux/abi/futex_ops.def"
#undef FUTEX_OP
};

/* Ops that have a time look at it before the clock's flag, which only those know whose time is absolute and may be on either clock. */
static bool has_time(uint32_t op) {
    return op == FUTEX_WAIT || op == FUTEX_LOCK_PI || op == FUTEX_WAIT_BITSET || op == FUTEX_WAIT_REQUEUE_PI || op == FUTEX_LOCK_PI2;
}

int64_t sys_futex(struct task *task, const uint64_t args[6]) {
    const uint32_t op = (uint32_t)args[1], number = op & (uint32_t)FUTEX_CMD_MASK;
    const struct futex_call call = {
        .task = task, .uaddr = args[0], .val = (uint32_t)args[2], .timeout = args[3], .val2 = (uint32_t)args[3],
        .uaddr2 = args[4], .val3 = (uint32_t)args[5], .shared = !(op & FUTEX_PRIVATE_FLAG),
        .realtime = (op & FUTEX_CLOCK_REALTIME) != 0};
    if (number >= ARRAY_LEN(ops) || (call.realtime && !has_time(number))) {
        log_verbose(task->kernel->log, "futex operation %#x is not supported", op);
        return -ENOSYS;
    }
    return ops[number](&call);
}

int64_t sys_set_robust_list(struct task *task, const uint64_t args[6]) {
    if (args[1] != ROBUST_LIST_HEAD_SIZE) return -EINVAL;
    host_mutex_lock(&task->lock);
    task->robust_list = args[0];
    host_mutex_unlock(&task->lock);
    return 0;
}

int64_t sys_get_robust_list(struct task *task, const uint64_t args[6]) {
    const uint64_t size = ROBUST_LIST_HEAD_SIZE;
    struct task *target = args[0] ? task_find(task->kernel, (int)args[0]) : task_get(task);
    if (!target) return -ESRCH;
    host_mutex_lock(&target->lock);
    const uint64_t head = target->robust_list;
    host_mutex_unlock(&target->lock);
    const bool allowed = target->process == task->process || task->cred.euid == 0;
    task_put(target);
    if (!allowed) return -EPERM;
    if (copy_to_guest(task, args[2], &size, sizeof size) < 0) return -EFAULT;
    return copy_to_guest(task, args[1], &head, sizeof head);
}

static int read_waitv(struct task *task, uint64_t gva, uint32_t n, struct futex_wait_entry *entries) {
    for (uint32_t i = 0; i < n; i++) {
        struct guest_futex_waitv waiter;
        if (copy_from_guest(task, &waiter, gva + i * sizeof waiter, sizeof waiter) < 0) return -EFAULT;
        if ((waiter.flags & ~(uint32_t)FUTEX_PRIVATE_FLAG) != FUTEX_32 || waiter.reserved) return -EINVAL;
        if (waiter.val > UINT32_MAX) return -EINVAL;
        entries[i] = (struct futex_wait_entry){waiter.uaddr, (uint32_t)waiter.val, !(waiter.flags & FUTEX_PRIVATE_FLAG)};
    }
    return 0;
}

int64_t sys_futex_waitv(struct task *task, const uint64_t args[6]) {
    const struct futex_call call = {.task = task, .timeout = args[3]};
    const uint32_t n = (uint32_t)args[1];
    const int32_t clock = (int32_t)args[4];
    int64_t deadline_ns;
    if (args[2] || n == 0 || n > FUTEX_WAITV_MAX || !args[0]) return -EINVAL;
    if (args[3] && clock != GUEST_CLOCK_MONOTONIC && clock != GUEST_CLOCK_REALTIME) return -EINVAL;
    int r = read_deadline(&call, true, clock, &deadline_ns);
    if (r < 0) return r;
    struct futex_wait_entry *entries = calloc(n, sizeof *entries);
    if (!entries) return -ENOMEM;
    r = read_waitv(task, args[0], n, entries);
    if (r == 0) r = futex_wait_many(task, entries, (int)n, deadline_ns);
    free(entries);
    return r == -EINTR ? -ERESTARTSYS : r;
}
