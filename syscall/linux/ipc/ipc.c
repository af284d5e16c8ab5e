/* SPDX-License-Identifier: ISC */
/* Life of a machine's IPC. */
#include "syscall/linux/ipc/ipc_table.h"
#include "syscall/linux/ipc/mqueue_internal.h"
#include "syscall/linux/ipc/msg.h"
#include "syscall/linux/ipc/sem.h"
#include "syscall/linux/ipc/shm.h"

#include <stdlib.h>

struct ipc *ipc_new(const struct scheduler *scheduler) {
    struct ipc *ipc = calloc(1, sizeof *ipc);
    if (!ipc) return NULL;
    ipc->scheduler = scheduler;
    ipc_table_init(&ipc->shm, SHMMNI);
    ipc_table_init(&ipc->sem, SEMMNI);
    ipc_table_init(&ipc->msg, MSGMNI);
    host_mutex_init(&ipc->mq_lock);
    list_init(&ipc->mqueues);
    return ipc;
}

void ipc_free(struct ipc *ipc) {
    if (!ipc) return;
    shm_end(ipc);
    ipc_table_fini(&ipc->shm);
    ipc_table_fini(&ipc->sem);
    ipc_table_fini(&ipc->msg);
    LIST_FOR_EACH(node, &ipc->mqueues) mqueue_put(CONTAINER_OF(node, struct mqueue, node));
    host_mutex_fini(&ipc->mq_lock);
    free(ipc);
}
