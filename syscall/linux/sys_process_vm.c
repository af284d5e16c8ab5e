/* SPDX-License-Identifier: ISC */
/* Another process's memory: process_vm_readv(2), process_vm_writev(2), process_madvise(2). */
#include "syscall/linux/access.h"
#include "syscall/linux/call.h"
#include "syscall/linux/pidfd.h"

#include <stdlib.h>

enum { IOV_MAX = 1024 };
enum { ADVICE_WILLNEED = 3, ADVICE_COLD = 20, ADVICE_PAGEOUT = 21 };

/* A vector argument: owned, NULL and *err. */
static struct io_segment *fetch(struct task *task, uint64_t gva, uint64_t n, int *err) {
    *err = n > IOV_MAX ? -EINVAL : 0;
    struct io_segment *segments = *err ? NULL : malloc((n ? n : 1) * sizeof *segments);
    if (!segments) return *err = *err ? *err : -ENOMEM, NULL;
    if (n && copy_from_guest(task, segments, gva, n * sizeof *segments)) *err = -EFAULT;
    for (uint64_t i = 0; !*err && i < n; i++) {
        if ((int64_t)segments[i].size < 0) *err = -EINVAL;
    }
    if (!*err) return segments;
    free(segments);
    return NULL;
}

static uint64_t sum_of(const struct io_segment *segments, uint64_t n) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++) sum += segments[i].size;
    return sum;
}

/* The memory of a process, counted; NULL: it has none any more. */
static struct address_space *space_of(struct process *process) {
    host_mutex_lock(&process->lock);
    struct address_space *space = process->space ? space_get(process->space) : NULL;
    host_mutex_unlock(&process->lock);
    return space;
}

struct copy {
    struct address_space *remote;
    struct io local;
    char *buf;
    bool write;
};

/* Returns false where either side ends. */
static bool copy_chunk(struct copy *copy, uint64_t at, size_t n) {
    if (copy->write) {
        const size_t pulled = io_pull(&copy->local, copy->buf, n);
        const size_t put = space_copy_out_partial(copy->remote, at, copy->buf, pulled);
        copy->local.left += pulled - put; /* only counted any more: the copy ends here */
        return put == n;
    }
    const size_t got = space_copy_in_partial(copy->remote, copy->buf, at, n);
    return io_push(&copy->local, copy->buf, got) == n;
}

static void copy_segment(struct copy *copy, const struct io_segment *segment, bool *more) {
    for (uint64_t done = 0; *more && done < segment->size && copy->local.left;) {
        uint64_t n = segment->size - done < IO_CHUNK ? segment->size - done : IO_CHUNK;
        if (n > copy->local.left) n = copy->local.left;
        *more = copy_chunk(copy, segment->base + done, (size_t)n);
        done += n;
    }
}

static int64_t copy_all(struct copy *copy, const struct io_segment *remote, uint64_t n) {
    bool more = true;
    copy->buf = malloc(IO_CHUNK);
    if (!copy->buf) return -ENOMEM;
    for (uint64_t i = 0; more && i < n; i++) copy_segment(copy, &remote[i], &more);
    free(copy->buf);
    return io_result(&copy->local, more ? 0 : -EFAULT);
}

static int64_t copy_with(struct task *task, const uint64_t arg[6], const struct io_segment *local, const struct io_segment *remote,
                         bool write) {
    int err;
    struct process *process = access_find(task, (int)arg[0], &err);
    if (!process) return err;
    struct copy copy = {.remote = space_of(process), .write = write};
    io_init(&copy.local, task_space(task), local, (unsigned)arg[2], &task->sched);
    const int64_t r = copy.remote ? copy_all(&copy, remote, arg[4]) : -ESRCH;
    if (copy.remote) space_put(copy.remote);
    process_put(process);
    return r;
}

static int64_t copy_call(struct task *task, const uint64_t arg[6], bool write) {
    int err;
    if (arg[5]) return -EINVAL;
    struct io_segment *local = fetch(task, arg[1], arg[2], &err);
    if (local && sum_of(local, arg[2]) == 0) {
        free(local);
        return 0;
    }
    struct io_segment *remote = local ? fetch(task, arg[3], arg[4], &err) : NULL;
    const int64_t r = remote ? copy_with(task, arg, local, remote, write) : err;
    free(local);
    free(remote);
    return r;
}

int64_t sys_process_vm_readv(struct task *task, const uint64_t arg[6]) {
    return copy_call(task, arg, false);
}

int64_t sys_process_vm_writev(struct task *task, const uint64_t arg[6]) {
    return copy_call(task, arg, true);
}

static int64_t advise(struct address_space *space, const struct io_segment *segments, uint64_t n, int advice) {
    int64_t done = 0;
    for (uint64_t i = 0; i < n; i++) {
        const int err = space_advise(space, segments[i].base, segments[i].size, advice);
        if (err) return done ? done : err;
        done += (int64_t)segments[i].size;
    }
    return done;
}

int64_t sys_process_madvise(struct task *task, const uint64_t arg[6]) {
    const int advice = (int)arg[3];
    int err;
    if (arg[4]) return -EINVAL;
    struct io_segment *segments = fetch(task, arg[1], arg[2], &err);
    if (!segments) return err;
    struct process *process = pidfd_process(task, (int)arg[0], &err);
    if (process) err = access_process(task, process);
    if (!err && advice != ADVICE_WILLNEED && advice != ADVICE_COLD && advice != ADVICE_PAGEOUT) err = -EINVAL;
    struct address_space *space = err ? NULL : space_of(process);
    const int64_t r = space ? advise(space, segments, arg[2], advice) : err ? err : -ESRCH;
    if (space) space_put(space);
    if (process) process_put(process);
    free(segments);
    return r;
}
