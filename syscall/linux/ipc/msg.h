/* SPDX-License-Identifier: ISC */
/* System V message queues. Source: msgget(2), msgop(2), msgctl(2). */
#pragma once

#include "syscall/linux/abi/ipc.h"
#include "syscall/linux/ipc/ipc.h"

#include <stddef.h>

struct text;

enum { MSGMNI = 32000, MSGMAX = 8192, MSGMNB = 16384 };

/* A message on its way; freed by who holds it. */
struct msg {
    struct msg *next;
    int64_t type;
    size_t size;
    unsigned char bytes[];
};

int64_t msg_get(const struct ipc_caller *caller, int32_t key, int flags);
/* Puts the message in, sleeping while the queue is full. The message moves to the queue, also on failure.
 * Returns 0, -EAGAIN, -EINTR (as -ERESTARTNOHAND), -EIDRM, -EACCES, -EINVAL. */
int msg_send(const struct ipc_caller *caller, int32_t id, struct msg *msg, int flags);
/* Takes the first that matches type (see msgop(2)), sleeping until there is one. max: longer ones are -E2BIG without MSG_NOERROR.
 * MSG_COPY: a copy of the one at that place. The message is the caller's. */
int msg_receive(const struct ipc_caller *caller, int32_t id, int64_t type, uint64_t max, int flags, struct msg **out);
int msg_remove(const struct ipc_caller *caller, int32_t id);
int msg_set(const struct ipc_caller *caller, int32_t id, const struct linux_msqid_ds *ds);
/* cmd: IPC_STAT, MSG_STAT, MSG_STAT_ANY. */
int64_t msg_stat(const struct ipc_caller *caller, int32_t id, int cmd, struct linux_msqid_ds *out);
/* cmd: IPC_INFO, MSG_INFO. Returns the highest index. */
int64_t msg_limits(const struct ipc_caller *caller, int cmd, struct linux_msginfo *out);

/* /proc/sysvipc/msg */
void msg_show(struct ipc *ipc, struct text *text);
