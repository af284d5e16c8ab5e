/* SPDX-License-Identifier: ISC */
/* Life of the machine's network. */
#include "syscall/linux/net/unix_private.h"

#include <stdlib.h>

struct net *net_new(const struct net_options *options) {
    struct net *net = calloc(1, sizeof *net);
    if (!net) return NULL;
    net->options = *options;
    host_mutex_init(&net->names_lock);
    host_mutex_init(&net->room_lock);
    host_mutex_init(&net->rights_lock);
    list_init(&net->ends);
    list_init(&net->in_flight);
    list_init(&net->graveyard);
    list_init(&net->revived);
    return net;
}

void net_free(struct net *net) {
    if (!net) return;
    unix_rights_settle(net, true);
    host_mutex_fini(&net->names_lock);
    host_mutex_fini(&net->room_lock);
    host_mutex_fini(&net->rights_lock);
    free(net);
}

struct net_ids net_identify(struct net *net, struct sched_thread *self) {
    struct net_ids ids = {.uid = 65534, .gid = 65534, .euid = 65534, .egid = 65534, .n_files = 1024};
    if (self && net->options.identify) net->options.identify(self, &ids);
    return ids;
}

struct vfs *net_vfs(struct net *net) {
    return net->options.vfs;
}

bool net_reaches_host(const struct net *net) {
    return net->options.reach == NET_HOST;
}

bool net_has_loopback(const struct net *net) {
    return net->options.reach == NET_LOOPBACK;
}
