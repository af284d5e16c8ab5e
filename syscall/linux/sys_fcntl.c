/* SPDX-License-Identifier: ISC */
/* fcntl(2) by rows, and flock(2). */
#include "host/file.h"
#include "syscall/linux/async_signal.h"
#include "syscall/linux/call.h"
#include "syscall/linux/fs/lock.h"
#include "syscall/linux/fs/pipe.h"
#include "syscall/linux/process/signal.h"

#include <stdio.h>

/* One command. file is held by the caller; fd is its number. */
typedef int64_t fcntl_fn(struct task *task, struct file *file, int fd, uint64_t arg);

static int64_t dup_at_least(struct task *task, struct file *file, int fd, uint64_t arg) {
    return fd_table_install(task->fds, file_get(file), (int)arg, false);
}

static int64_t dup_cloexec(struct task *task, struct file *file, int fd, uint64_t arg) {
    return fd_table_install(task->fds, file_get(file), (int)arg, true);
}

static int64_t get_fd(struct task *task, struct file *file, int fd, uint64_t arg) {
    return fd_table_get_cloexec(task->fds, fd);
}

static int64_t set_fd(struct task *task, struct file *file, int fd, uint64_t arg) {
    return fd_table_set_cloexec(task->fds, fd, (arg & FD_CLOEXEC) != 0);
}

static int64_t get_flags(struct task *task, struct file *file, int fd, uint64_t arg) {
    return atomic_load(&file->flags);
}

static int64_t set_flags(struct task *task, struct file *file, int fd, uint64_t arg) {
    const int r = file_set_flags(file, (int)arg);
    return r ? r : async_signal_follow(task, file, fd);
}

static int64_t get_owner(struct task *task, struct file *file, int fd, uint64_t arg) {
    return atomic_load(&file->owner);
}

static bool is_thread(struct task *task, int tid) {
    struct task *found = task_find(task->kernel, tid);
    if (found) task_put(found);
    return found != NULL;
}

static bool is_process(struct task *task, int pid) {
    struct process *found = process_find(task->kernel, pid);
    if (found) process_put(found);
    return found != NULL;
}

static bool is_group(struct task *task, int pgid) {
    return signal_send_group(task->kernel, pgid, 0, SI_USER) == 0;
}

/* pid 0: nobody. */
static int64_t store_owner(struct task *task, struct file *file, enum owner_types type, int pid) {
    const bool exists = type == F_OWNER_PGRP ? is_group(task, pid) : type == F_OWNER_TID ? is_thread(task, pid) : is_process(task, pid);
    if (pid && !exists) return -ESRCH;
    atomic_store(&file->owner, type == F_OWNER_PGRP ? -pid : pid);
    atomic_store(&file->owner_is_thread, type == F_OWNER_TID);
    return 0;
}

static int64_t set_owner(struct task *task, struct file *file, int fd, uint64_t arg) {
    const int who = (int)arg;
    if (who == INT32_MIN) return -EINVAL;
    return store_owner(task, file, who < 0 ? F_OWNER_PGRP : F_OWNER_PID, who < 0 ? -who : who);
}

static int64_t get_owner_ex(struct task *task, struct file *file, int fd, uint64_t arg) {
    const int who = atomic_load(&file->owner);
    const int32_t type = atomic_load(&file->owner_is_thread) ? F_OWNER_TID : who < 0 ? F_OWNER_PGRP : F_OWNER_PID;
    const struct linux_owner owner = {type, who < 0 ? -who : who};
    return copy_to_guest(task, arg, &owner, sizeof owner);
}

static int64_t set_owner_ex(struct task *task, struct file *file, int fd, uint64_t arg) {
    struct linux_owner owner;
    if (copy_from_guest(task, &owner, arg, sizeof owner)) return -EFAULT;
    if (owner.type < F_OWNER_TID || owner.type > F_OWNER_PGRP) return -EINVAL;
    return store_owner(task, file, (enum owner_types)owner.type, owner.pid);
}

static int64_t get_hint(struct task *task, struct file *file, int fd, uint64_t arg) {
    const uint64_t hint = atomic_load(&file->write_hint);
    return copy_to_guest(task, arg, &hint, sizeof hint);
}

static int64_t set_hint(struct task *task, struct file *file, int fd, uint64_t arg) {
    uint64_t hint;
    if (copy_from_guest(task, &hint, arg, sizeof hint)) return -EFAULT;
    if (hint > RWH_WRITE_LIFE_EXTREME) return -EINVAL;
    atomic_store(&file->write_hint, hint);
    return 0;
}

/* Nobody holds a lease, and files here have none to give, as on file systems that do not support them. */
static int64_t get_lease(struct task *task, struct file *file, int fd, uint64_t arg) {
    return F_UNLCK;
}

static int64_t set_lease(struct task *task, struct file *file, int fd, uint64_t arg) {
    return (int)arg == F_UNLCK ? -EAGAIN : -EINVAL;
}

static int64_t get_signal(struct task *task, struct file *file, int fd, uint64_t arg) {
    return atomic_load(&file->signal);
}

static int64_t set_signal(struct task *task, struct file *file, int fd, uint64_t arg) {
    if (arg > SIGNAL_COUNT) return -EINVAL;
    atomic_store(&file->signal, (int)arg);
    return 0;
}

static int64_t get_pipe_size(struct task *task, struct file *file, int fd, uint64_t arg) {
    return pipe_get_size(file);
}

static int64_t set_pipe_size(struct task *task, struct file *file, int fd, uint64_t arg) {
    return pipe_set_size(file, (unsigned)arg);
}

static int64_t get_seals(struct task *task, struct file *file, int fd, uint64_t arg) {
    const int host = file_host_fd(file);
    return host < 0 ? -EINVAL : host_file_get_seals(host);
}

static int64_t add_seals(struct task *task, struct file *file, int fd, uint64_t arg) {
    const int host = file_host_fd(file);
    return host < 0 ? -EINVAL : host_file_add_seals(host, (unsigned)arg);
}

/* Where the range of a struct flock begins. */
static int64_t lock_base(struct file *file, int whence, int64_t *base) {
    struct linux_stat stat;
    int64_t r = 0;
    *base = 0;
    if (whence == SEEK_CUR) {
        r = file_seek(file, 0, SEEK_CUR);
        *base = r;
    } else if (whence == SEEK_END) {
        r = file_stat(file, &stat);
        *base = stat.size;
    } else if (whence != SEEK_SET) {
        r = -EINVAL;
    }
    return r < 0 ? r : 0;
}

static int64_t fetch_lock(struct task *task, struct file *file, uint64_t gva, struct linux_flock *flock,
                          struct lock_request *out) {
    int64_t base;
    int64_t r = copy_from_guest(task, flock, gva, sizeof *flock);
    if (r == 0) r = lock_base(file, flock->whence, &base);
    if (r) return r;
    if (flock->type != F_RDLCK && flock->type != F_WRLCK && flock->type != F_UNLCK) return -EINVAL;
    if (__builtin_add_overflow(base, flock->start, &out->start)) return -EOVERFLOW;
    out->end = INT64_MAX;
    if (flock->len > 0 && __builtin_add_overflow(out->start, flock->len - 1, &out->end)) return -EOVERFLOW;
    if (flock->len < 0) {
        out->end = out->start - 1;
        out->start += flock->len;
    }
    out->type = flock->type;
    return out->start < 0 || out->end < 0 ? -EINVAL : 0;
}

static void own_lock(struct task *task, struct file *file, bool by_description, struct lock_request *request) {
    request->family = by_description ? LOCK_DESCRIPTION : LOCK_RECORD;
    request->owner = by_description ? (const void *)file : task->fds;
    request->pid = by_description ? -1 : task->process->pid;
}

static int64_t set_lock(struct task *task, struct file *file, uint64_t arg, bool by_description, bool wait) {
    struct linux_flock flock;
    struct lock_request request;
    const int64_t err = fetch_lock(task, file, arg, &flock, &request);
    if (err) return err;
    if (by_description && flock.pid) return -EINVAL;
    if (flock.type == F_RDLCK && !file_readable(file)) return -EBADF;
    if (flock.type == F_WRLCK && !file_writable(file)) return -EBADF;
    own_lock(task, file, by_description, &request);
    return lock_set(file, &request, wait, &task->sched);
}

static int64_t get_lock(struct task *task, struct file *file, uint64_t arg, bool by_description) {
    struct linux_flock flock;
    struct lock_request request;
    int64_t r = fetch_lock(task, file, arg, &flock, &request);
    if (r) return r;
    if (flock.type == F_UNLCK || (by_description && flock.pid)) return -EINVAL;
    own_lock(task, file, by_description, &request);
    r = lock_test(file, &request);
    if (r) return r;
    flock.type = (int16_t)request.type;
    if (request.type != F_UNLCK) {
        flock.whence = SEEK_SET;
        flock.start = request.start;
        flock.len = request.end == INT64_MAX ? 0 : request.end - request.start + 1;
        flock.pid = request.pid;
    }
    return copy_to_guest(task, arg, &flock, sizeof flock);
}

static int64_t getlk(struct task *task, struct file *file, int fd, uint64_t arg) {
    return get_lock(task, file, arg, false);
}

static int64_t setlk(struct task *task, struct file *file, int fd, uint64_t arg) {
    return set_lock(task, file, arg, false, false);
}

static int64_t setlkw(struct task *task, struct file *file, int fd, uint64_t arg) {
    return set_lock(task, file, arg, false, true);
}

static int64_t ofd_getlk(struct task *task, struct file *file, int fd, uint64_t arg) {
    return get_lock(task, file, arg, true);
}

static int64_t ofd_setlk(struct task *task, struct file *file, int fd, uint64_t arg) {
    return set_lock(task, file, arg, true, false);
}

static int64_t ofd_setlkw(struct task *task, struct file *file, int fd, uint64_t arg) {
    return set_lock(task, file, arg, true, true);
}

static const struct command {
    int cmd;
    bool on_path; /* also for O_PATH descriptions */
    fcntl_fn *fn;
} commands[] = {
    {F_DUPFD, true, dup_at_least},      {F_DUPFD_CLOEXEC, true, dup_cloexec}, {F_GETFD, true, get_fd},
    {F_SETFD, true, set_fd},            {F_GETFL, true, get_flags},           {F_SETFL, false, set_flags},
    {F_GETLK, false, getlk},            {F_SETLK, false, setlk},              {F_SETLKW, false, setlkw},
    {F_OFD_GETLK, false, ofd_getlk},    {F_OFD_SETLK, false, ofd_setlk},      {F_OFD_SETLKW, false, ofd_setlkw},
    {F_GETOWN, false, get_owner},       {F_SETOWN, false, set_owner},         {F_GETSIG, false, get_signal},
    {F_SETSIG, false, set_signal},      {F_GETPIPE_SZ, false, get_pipe_size}, {F_SETPIPE_SZ, false, set_pipe_size},
    {F_GET_SEALS, false, get_seals},    {F_ADD_SEALS, false, add_seals},      {F_GETOWN_EX, false, get_owner_ex},
    {F_SETOWN_EX, false, set_owner_ex}, {F_GET_RW_HINT, false, get_hint},     {F_SET_RW_HINT, false, set_hint},
    {F_GETLEASE, false, get_lease},     {F_SETLEASE, false, set_lease},
};

int64_t sys_fcntl(struct task *task, const uint64_t arg[6]) {
    struct file *file = call_file(task, arg[0]);
    if (!file) return -EBADF;
    int64_t r = -EINVAL;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (commands[i].cmd != (int)arg[1]) continue;
        const bool refused = !commands[i].on_path && atomic_load(&file->flags) & O_PATH;
        r = refused ? -EBADF : commands[i].fn(task, file, (int)arg[0], arg[2]);
    }
    file_put(file);
    return r;
}

int64_t sys_flock(struct task *task, const uint64_t arg[6]) {
    static const int types[] = {[LOCK_SH] = F_RDLCK, [LOCK_EX] = F_WRLCK, [LOCK_UN] = F_UNLCK};
    const unsigned op = (unsigned)arg[1] & ~(unsigned)LOCK_NB;
    if (op != LOCK_SH && op != LOCK_EX && op != LOCK_UN) return -EINVAL;
    struct file *file = call_open_file(task, arg[0]);
    if (!file) return -EBADF;
    const struct lock_request request = {
        .family = LOCK_WHOLE, .owner = file, .pid = task->process->pid, .type = types[op], .end = INT64_MAX,
    };
    const int64_t r = lock_set(file, &request, !(arg[1] & LOCK_NB), &task->sched);
    file_put(file);
    return r;
}
