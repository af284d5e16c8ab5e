/* SPDX-License-Identifier: ISC */
/* signalfd(2): a file from which the reader's own pending signals are read. It polls for the process that made it
 * (the thread that asks, where that is known), and holds a count of its maker for that. */
#include "syscall/linux/call.h"
#include "syscall/linux/process/signal.h"

#include <stdlib.h>
#include <string.h>

struct signal_file {
    struct file file;
    struct task *maker;        /* counted */
    _Atomic sigset_bits mask;  /* atomic: signals to read */
};

struct linux_signalfd_siginfo {
    uint32_t signo;
    int32_t error, code;
    uint32_t pid, uid;
    int32_t fd;
    uint32_t timer_id, band, overrun, trap_number;
    int32_t status, value_int;
    uint64_t value_pointer, utime, stime, address;
    uint16_t address_lsb, pad2;
    int32_t syscall;
    uint64_t call_address;
    uint32_t architecture;
    uint8_t pad[28];
};
_Static_assert(sizeof(struct linux_signalfd_siginfo) == 128, "struct signalfd_siginfo");

static void fill(struct linux_signalfd_siginfo *out, const struct guest_siginfo *in) {
    *out = (struct linux_signalfd_siginfo){.signo = (uint32_t)in->signo, .error = in->error, .code = in->code};
    if (in->code == SI_TIMER) {
        out->timer_id = (uint32_t)in->timer.timer_id;
        out->overrun = (uint32_t)in->timer.overrun;
        out->value_pointer = in->timer.value;
        out->value_int = (int32_t)in->timer.value;
    } else if (in->signo == SIGCHLD && in->code > 0) {
        out->pid = (uint32_t)in->chld.pid;
        out->uid = in->chld.uid;
        out->status = in->chld.status;
        out->utime = (uint64_t)in->chld.utime;
        out->stime = (uint64_t)in->chld.stime;
    } else if (in->code > 0 && in->code != SI_KERNEL) {
        out->address = in->fault.address;
    } else {
        out->pid = (uint32_t)in->rt.pid;
        out->uid = in->rt.uid;
        out->value_pointer = in->rt.value;
        out->value_int = (int32_t)in->rt.value;
    }
}

struct attempt {
    struct task *task;
    sigset_bits mask;
    struct guest_siginfo info;
};

static int64_t try_take(void *arg) {
    struct attempt *a = arg;
    return signal_dequeue(a->task, a->mask, &a->info) ? 0 : -EAGAIN;
}

static int64_t signal_read(struct file *file, struct io *io) {
    struct attempt a = {
        .task = CONTAINER_OF(io->self, struct task, sched), .mask = atomic_load(&((struct signal_file *)file)->mask),
    };
    struct linux_signalfd_siginfo out;
    if (io->left < sizeof out) return -EINVAL;
    bool nonblock = io->nonblock;
    while (io->left >= sizeof out) {
        const int64_t r = wait_until(&a.task->process->signal_wait, io->self, nonblock, SCHED_NEVER, try_take, &a);
        if (r) return io_result(io, r);
        fill(&out, &a.info);
        if (io_push(io, &out, sizeof out) != sizeof out) return -EFAULT;
        nonblock = true;
    }
    return io_result(io, 0);
}

static unsigned signal_poll(struct file *base, struct poll_table *table) {
    struct signal_file *file = (struct signal_file *)base;
    struct task *task = table && table->self ? CONTAINER_OF(table->self, struct task, sched) : file->maker;
    poll_table_add(table, &task->process->signal_wait);
    return signal_pending(task) & atomic_load(&file->mask) ? POLLIN | POLLRDNORM : 0;
}

static void signal_release(struct file *base) {
    task_put(((struct signal_file *)base)->maker);
    file_fini(base);
    free(base);
}

static const struct file_ops ops = {
    .kind = "anon_inode:[signalfd]", .read = signal_read, .poll = signal_poll, .release = signal_release,
};

static int64_t create(struct task *task, sigset_bits mask, int flags) {
    struct signal_file *file = calloc(1, sizeof *file);
    if (!file) return -ENOMEM;
    file_init(&file->file, task->kernel->vfs, &ops, O_RDWR | (flags & O_NONBLOCK));
    file->maker = task_get(task);
    atomic_init(&file->mask, mask);
    return call_install(task, &file->file, (flags & O_CLOEXEC) != 0, 0);
}

static int64_t change(struct task *task, uint64_t fd, sigset_bits mask) {
    struct file *file = call_file(task, fd);
    if (!file) return -EBADF;
    const bool ours = file->ops == &ops;
    if (ours) atomic_store(&((struct signal_file *)file)->mask, mask);
    file_put(file);
    return ours ? (int)fd : -EINVAL;
}

static int64_t signalfd(struct task *task, const uint64_t arg[6], int flags) {
    sigset_bits mask;
    if (arg[2] != sizeof mask) return -EINVAL;
    if (copy_from_guest(task, &mask, arg[1], sizeof mask)) return -EFAULT;
    if (flags & ~(O_NONBLOCK | O_CLOEXEC)) return -EINVAL;
    mask &= ~SIGSET_UNBLOCKABLE;
    return (int)arg[0] == -1 ? create(task, mask, flags) : change(task, arg[0], mask);
}

int64_t sys_signalfd(struct task *task, const uint64_t arg[6]) {
    return signalfd(task, arg, 0);
}

int64_t sys_signalfd4(struct task *task, const uint64_t arg[6]) {
    return signalfd(task, arg, (int)arg[3]);
}
