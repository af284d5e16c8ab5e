/* SPDX-License-Identifier: ISC */
/* What /proc says about System V IPC: /proc/sysvipc and its limits in /proc/sys/kernel. */
#include "syscall/linux/ipc/mqueue.h"
#include "syscall/linux/ipc/msg.h"
#include "syscall/linux/ipc/sem.h"
#include "syscall/linux/ipc/shm.h"
#include "syscall/linux/procfs/proc_node.h"

#define SHOW(kind)                                                 \
    PROC_TEXT(sysvipc_##kind) {                                    \
        kind##_show(proc_node_of(node)->kernel->ipc, text);        \
        return 0;                                                  \
    }

SHOW(msg)
SHOW(sem)
SHOW(shm)

#define NUMBER(name, value)                                        \
    PROC_TEXT(name) {                                              \
        text_printf(text, "%llu\n", (unsigned long long)(value));  \
        return 0;                                                  \
    }

NUMBER(msgmax, MSGMAX)
NUMBER(msgmnb, MSGMNB)
NUMBER(msgmni, MSGMNI)
NUMBER(mqueue_msg_default, MQ_MSG_MAX)
NUMBER(mqueue_msg_max, MQ_MSG_MAX)
NUMBER(mqueue_msgsize_default, MQ_MSGSIZE_MAX)
NUMBER(mqueue_msgsize_max, MQ_MSGSIZE_MAX)
NUMBER(mqueue_queues_max, MQ_QUEUES_MAX)
NUMBER(shmall, SHMALL)
NUMBER(shmmni, SHMMNI)

PROC_TEXT(sem) {
    text_printf(text, "%d\t%d\t%d\t%d\n", SEMMSL, SEMMNS, SEMOPM, SEMMNI);
    return 0;
}
