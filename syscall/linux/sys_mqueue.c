/* SPDX-License-Identifier: ISC */
/* mq_open(2), mq_unlink(2), mq_timedsend(2), mq_timedreceive(2), mq_notify(2), mq_getsetattr(2). */
#include "syscall/linux/abi/signal.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/call.h"
#include "syscall/linux/ipc/mqueue.h"
#include "syscall/linux/ipc_call.h"
#include "syscall/linux/process/clock.h"
#include "syscall/linux/process/signal.h"

#include <stdlib.h>

enum notify_kind { NOTIFY_SIGNAL, NOTIFY_NONE, NOTIFY_THREAD };

int64_t sys_mq_open(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    struct linux_mq_attr attr;
    char name[LINUX_PATH_MAX];
    struct file *file;
    if (arg[3] && copy_from_guest(task, &attr, arg[3], sizeof attr)) return -EFAULT;
    int err = call_path(task, name, arg[0]);
    if (err) return err;
    const struct mq_open open = {.name = name, .flags = (int)arg[1], .mode = (unsigned)arg[2] & ~atomic_load(&task->fs->umask),
                                 .attr = arg[3] ? &attr : NULL, .limit = process_limit(task->process, RLIMIT_MSGQUEUE)};
    err = mqueue_open(&caller, task->kernel->vfs, &open, &file);
    return err ? err : call_install(task, file, true, 0);
}

int64_t sys_mq_unlink(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    char name[LINUX_PATH_MAX];
    const int err = call_path(task, name, arg[0]);
    return err ? err : mqueue_unlink(&caller, name);
}

/* An absolute time on CLOCK_REALTIME as a monotonic deadline; gva 0: never. */
static int deadline_of(struct task *task, uint64_t gva, int64_t *deadline_ns) {
    struct guest_timespec t;
    *deadline_ns = SCHED_NEVER;
    if (!gva) return 0;
    if (copy_from_guest(task, &t, gva, sizeof t)) return -EFAULT;
    if (t.sec < 0 || t.nsec < 0 || t.nsec >= 1000000000) return -EINVAL;
    if (t.sec >= INT64_MAX / 1000000000 - 1) return 0;
    *deadline_ns = clock_to_monotonic(task->kernel, GUEST_CLOCK_REALTIME, t.sec * 1000000000 + t.nsec);
    return 0;
}

/* The queue of a descriptor argument, counted; NULL: -EBADF. */
static struct file *queue_of(struct task *task, uint64_t fd) {
    struct file *file = call_open_file(task, fd);
    if (!file || file_is_mqueue(file)) return file;
    file_put(file);
    return NULL;
}

static void tell(struct task *task, const struct mq_notice *notice) {
    if (!notice->pid || !notice->signo) return;
    struct process *process = process_find(task->kernel, notice->pid);
    if (!process) return;
    struct guest_siginfo info = signal_info_from(task, notice->signo, SI_MESGQ);
    info.rt.value = notice->value;
    signal_send_info_process(process, &info);
    process_put(process);
}

/* Not copied before it is known to fit. */
static int fetch(struct task *task, struct file *file, const uint64_t arg[6], struct mq_message **out) {
    if (arg[2] > mqueue_message_size(file)) return -EMSGSIZE;
    struct mq_message *message = malloc(sizeof *message + arg[2]);
    if (!message) return -ENOMEM;
    message->next = NULL;
    message->priority = (uint32_t)arg[3];
    message->size = arg[2];
    *out = message;
    if (copy_from_guest(task, message->bytes, arg[1], arg[2]) == 0) return 0;
    free(message);
    return -EFAULT;
}

int64_t sys_mq_timedsend(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    struct mq_message *message;
    struct mq_notice notice;
    int64_t deadline_ns;
    int r = deadline_of(task, arg[4], &deadline_ns);
    if (r == 0 && (uint32_t)arg[3] >= MQ_PRIO_MAX) r = -EINVAL;
    struct file *file = r ? NULL : queue_of(task, arg[0]);
    if (!file) return r ? r : -EBADF;
    r = file_writable(file) ? fetch(task, file, arg, &message) : -EBADF;
    if (r == 0) {
        r = mqueue_send(&caller, file, message, deadline_ns, &notice);
        if (r == 0) tell(task, &notice);
    }
    file_put(file);
    return r;
}

static int64_t deliver(struct task *task, const uint64_t arg[6], struct mq_message *message) {
    int64_t r = (int64_t)message->size;
    if (arg[3] && copy_to_guest(task, arg[3], &message->priority, sizeof message->priority)) r = -EFAULT;
    if (r >= 0 && copy_to_guest(task, arg[1], message->bytes, message->size)) r = -EFAULT;
    free(message);
    return r;
}

int64_t sys_mq_timedreceive(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    struct mq_message *message = NULL;
    int64_t deadline_ns;
    int r = deadline_of(task, arg[4], &deadline_ns);
    struct file *file = r ? NULL : queue_of(task, arg[0]);
    if (!file) return r ? r : -EBADF;
    r = file_readable(file) ? mqueue_receive(&caller, file, arg[2], deadline_ns, &message) : -EBADF;
    file_put(file);
    return r ? r : deliver(task, arg, message);
}

/* SIGEV_THREAD is a matter between a C library and the kernel's netlink sockets: not supported. */
static int notice_of(struct task *task, uint64_t gva, struct mq_notice *notice) {
    struct guest_sigevent event;
    if (copy_from_guest(task, &event, gva, sizeof event)) return -EFAULT;
    *notice = (struct mq_notice){.pid = task->process->pid, .signo = event.notify == NOTIFY_SIGNAL ? event.signo : 0, .value = event.value};
    if (event.notify != NOTIFY_SIGNAL && event.notify != NOTIFY_NONE && event.notify != NOTIFY_THREAD) return -EINVAL;
    if (event.notify == NOTIFY_SIGNAL && (event.signo < 0 || event.signo > SIGNAL_COUNT)) return -EINVAL;
    return event.notify == NOTIFY_THREAD ? -EOPNOTSUPP : 0;
}

int64_t sys_mq_notify(struct task *task, const uint64_t arg[6]) {
    const struct ipc_caller caller = ipc_caller_of(task);
    struct mq_notice notice = {0};
    const int err = arg[1] ? notice_of(task, arg[1], &notice) : 0;
    if (err) return err;
    struct file *file = queue_of(task, arg[0]);
    if (!file) return -EBADF;
    const int r = mqueue_notify(&caller, file, &notice);
    file_put(file);
    return r;
}

int64_t sys_mq_getsetattr(struct task *task, const uint64_t arg[6]) {
    struct linux_mq_attr new, old;
    if (arg[1] && copy_from_guest(task, &new, arg[1], sizeof new)) return -EFAULT;
    if (arg[1] && (new.flags & ~(int64_t)O_NONBLOCK)) return -EINVAL;
    struct file *file = queue_of(task, arg[0]);
    if (!file) return -EBADF;
    mqueue_get_attr(file, &old);
    const int kept = atomic_load(&file->flags) & ~O_NONBLOCK;
    const int r = arg[1] ? file_set_flags(file, kept | (int)new.flags) : 0;
    file_put(file);
    return !r && arg[2] && copy_to_guest(task, arg[2], &old, sizeof old) ? -EFAULT : r;
}
