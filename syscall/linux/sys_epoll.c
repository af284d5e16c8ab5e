/* SPDX-License-Identifier: ISC */
/* epoll_create(2), epoll_ctl(2), epoll_wait(2). */
#include "syscall/linux/abi/poll.h"
#include "syscall/linux/call.h"
#include "syscall/linux/fs/epoll.h"

#include <stdlib.h>

static int64_t create(struct task *task, uint64_t flags) {
    struct file *file = NULL;
    if (flags & ~(uint64_t)O_CLOEXEC) return -EINVAL;
    const int err = epoll_file_new(task->kernel->vfs, &file);
    return call_install(task, file, (flags & O_CLOEXEC) != 0, err);
}

int64_t sys_epoll_create(struct task *task, const uint64_t arg[6]) {
    return (int)arg[0] > 0 ? create(task, 0) : -EINVAL;
}

int64_t sys_epoll_create1(struct task *task, const uint64_t arg[6]) {
    return create(task, (unsigned)arg[0]);
}

int64_t sys_epoll_ctl(struct task *task, const uint64_t arg[6]) {
    struct linux_epoll_event event = {0};
    if ((int)arg[1] != EPOLL_CTL_DEL && copy_from_guest(task, &event, arg[3], sizeof event)) return -EFAULT;
    struct file *epoll = call_open_file(task, arg[0]), *target = call_open_file(task, arg[2]);
    const int64_t r = epoll && target ? epoll_control(epoll, (int)arg[1], target, (int)arg[2], &event) : -EBADF;
    file_put(epoll);
    file_put(target);
    return r;
}

enum { EVENTS_AT_ONCE = 256 };

static int64_t wait_events(struct task *task, const uint64_t arg[6], int64_t deadline_ns) {
    struct linux_epoll_event events[EVENTS_AT_ONCE];
    const int max = (int)arg[2];
    struct file *file = call_open_file(task, arg[0]);
    if (!file) return -EBADF;
    int64_t n = -EINVAL;
    if (file_is_epoll(file) && max > 0 && max <= INT32_MAX / (int)sizeof events[0]) {
        n = epoll_wait_events(file, events, max < EVENTS_AT_ONCE ? max : EVENTS_AT_ONCE, deadline_ns, &task->sched);
    }
    file_put(file);
    if (n > 0 && copy_to_guest(task, arg[1], events, (size_t)n * sizeof events[0])) return -EFAULT;
    return n;
}

static int64_t deadline_of(const struct task *task, uint64_t timeout) {
    const int32_t ms = (int32_t)timeout;
    return ms < 0 ? SCHED_NEVER : call_deadline_after(task, (int64_t)ms * 1000000);
}

int64_t sys_epoll_wait(struct task *task, const uint64_t arg[6]) {
    return wait_events(task, arg, deadline_of(task, arg[3]));
}

/* A mask for the length of the wait; it stays until a handler has run. */
static int64_t wait_masked(struct task *task, const uint64_t arg[6], int64_t deadline_ns) {
    const int err = task_set_temporary_mask_from_guest(task, arg[4], arg[5]);
    if (err) return err;
    const int64_t r = wait_events(task, arg, deadline_ns);
    if (arg[4] && r != -EINTR) task_restore_mask(task);
    return r;
}

int64_t sys_epoll_pwait(struct task *task, const uint64_t arg[6]) {
    return wait_masked(task, arg, deadline_of(task, arg[3]));
}

int64_t sys_epoll_pwait2(struct task *task, const uint64_t arg[6]) {
    int64_t deadline;
    const int err = call_deadline(task, arg[3], &deadline);
    return err ? err : wait_masked(task, arg, deadline);
}
