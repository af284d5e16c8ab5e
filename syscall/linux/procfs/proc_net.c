/* SPDX-License-Identifier: ISC */
/* What /proc/net says of the machine's sockets. */
#include "syscall/linux/net/net.h"
#include "syscall/linux/procfs/proc_node.h"

PROC_TEXT(net_unix) {
    net_show_unix(proc_node_of(node)->kernel->net, text);
    return 0;
}
