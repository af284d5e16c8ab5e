/* SPDX-License-Identifier: ISC */
/* POSIX message queues: named, sorted by priority, open like files. Source: mq_overview(7) and its pages. */
#pragma once

#include "syscall/linux/fs/file.h"
#include "syscall/linux/ipc/ipc.h"

enum { MQ_PRIO_MAX = 32768, MQ_NAME_MAX = 255 };
enum { MQ_MSG_MAX = 10, MQ_MSGSIZE_MAX = 8192, MQ_QUEUES_MAX = 256 };            /* /proc/sys/fs/mqueue */
enum { MQ_HARD_MSG_MAX = 65536, MQ_HARD_MSGSIZE_MAX = 16 << 20 };                /* with CAP_SYS_RESOURCE */

struct linux_mq_attr {
    int64_t flags, maxmsg, msgsize, curmsgs, reserved[4];
};
_Static_assert(sizeof(struct linux_mq_attr) == 64, "mq_attr");

/* A message; freed by who holds it. */
struct mq_message {
    struct mq_message *next;
    uint32_t priority;
    size_t size;
    unsigned char bytes[];
};

/* Who is told of a message in an empty queue, once. */
struct mq_notice {
    int pid;        /* 0: nobody */
    int signo;      /* 0: SIGEV_NONE */
    uint64_t value;
};

struct mq_open {
    const char *name; /* without slash */
    int flags;        /* O_* */
    unsigned mode;    /* umask taken off */
    const struct linux_mq_attr *attr; /* NULL: the defaults */
    uint64_t limit;   /* RLIMIT_MSGQUEUE */
};

/* Returns 0 and a counted file, or -E as mq_open(3). */
int mqueue_open(const struct ipc_caller *caller, struct vfs *vfs, const struct mq_open *open, struct file **out);
int mqueue_unlink(const struct ipc_caller *caller, const char *name);
bool file_is_mqueue(const struct file *file);
/* The message moves to the queue, also on failure. *notice: whom the caller must tell now. deadline_ns: absolute, monotonic. */
int mqueue_send(const struct ipc_caller *caller, struct file *file, struct mq_message *message, int64_t deadline_ns,
                struct mq_notice *notice);
/* size: of the caller's buffer; less than the queue's messages may have is -EMSGSIZE. */
int mqueue_receive(const struct ipc_caller *caller, struct file *file, uint64_t size, int64_t deadline_ns, struct mq_message **out);
/* notice->pid 0: takes the caller's own registration away. */
int mqueue_notify(const struct ipc_caller *caller, struct file *file, const struct mq_notice *notice);
void mqueue_get_attr(struct file *file, struct linux_mq_attr *out);
uint64_t mqueue_message_size(struct file *file);
