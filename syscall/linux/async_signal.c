/* SPDX-License-Identifier: ISC */
/* Whom a file with O_ASYNC tells, and by which signal: what F_SETOWN and F_SETSIG have left in the file. */
#include "syscall/linux/async_signal.h"

#include "base/bits.h"
#include "syscall/linux/fs/async.h"
#include "syscall/linux/fs/tty.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/signal.h"

static const struct cause {
    unsigned poll;
    int code;
    int64_t band;
} causes[] = {
    {POLLIN, POLL_IN, POLLIN | POLLRDNORM}, {POLLOUT, POLL_OUT, POLLOUT | POLLWRNORM | POLLWRBAND}, {POLLERR, POLL_ERR, POLLERR},
    {POLLPRI, POLL_PRI, POLLPRI | POLLRDBAND}, {POLLHUP, POLL_HUP, POLLHUP | POLLERR},
};

static void send_to_group(struct kernel *kernel, int pgid, const struct guest_siginfo *info) {
    host_mutex_lock(&kernel->tasks_lock);
    PIDS_FOR_EACH_PROCESS(process, kernel) {
        if (process->pgid == pgid && process->state == PROCESS_RUNNING) signal_send_info_process(process, info);
    }
    host_mutex_unlock(&kernel->tasks_lock);
}

static int send_to_thread(struct kernel *kernel, int tid, const struct guest_siginfo *info) {
    struct task *task = task_find(kernel, tid);
    const int r = task ? signal_send_info_task(task, info) : 0;
    task_put(task);
    return r;
}

static int send_to_process(struct kernel *kernel, int pid, const struct guest_siginfo *info) {
    struct process *process = process_find(kernel, pid);
    const int r = process ? signal_send_info_process(process, info) : 0;
    process_put(process);
    return r;
}

static int send(struct kernel *kernel, struct file *file, const struct guest_siginfo *info) {
    const int owner = atomic_load(&file->owner);
    if (owner == 0) return 0;
    if (atomic_load(&file->owner_is_thread)) return send_to_thread(kernel, owner, info);
    if (owner > 0) return send_to_process(kernel, owner, info);
    send_to_group(kernel, -owner, info);
    return 0;
}

/* A queue that is full leaves SIGIO. */
static void tell(void *arg, struct file *file, int fd, unsigned poll) {
    struct kernel *kernel = arg;
    const int signo = atomic_load(&file->signal);
    const struct guest_siginfo plain = signal_info(SIGIO, SI_KERNEL);
    for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
        if (causes[i].poll != poll) continue;
        struct guest_siginfo info = signal_info(signo, causes[i].code);
        info.poll.band = causes[i].band;
        info.poll.fd = fd;
        if (!signo || send(kernel, file, &info)) send(kernel, file, &plain);
    }
}

/* A terminal belongs to its foreground, or to who asks. */
static void choose_owner(struct task *task, struct file *file) {
    bool master;
    struct tty *tty = file_tty(file, &master);
    if (!tty || atomic_load(&file->owner)) return;
    const int foreground = atomic_load(&tty->foreground);
    atomic_store(&file->owner, foreground ? -foreground : task->process->pid);
}

int async_signal_follow(struct task *task, struct file *file, int fd) {
    if (!(atomic_load(&file->flags) & O_ASYNC)) {
        async_stop(file);
        return 0;
    }
    if (!async_can(file)) return 0;
    choose_owner(task, file);
    return async_start(file, &task->sched, fd, tell, task->kernel);
}
