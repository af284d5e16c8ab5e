/* SPDX-License-Identifier: ISC */
/* Addresses of unix sockets. A path is a socket inode of the host's directory, known by its identity; an abstract name
 * is bytes, of one type each. Ends are in the tables from bind to close. */
#include "base/error.h"
#include "host/file.h"
#include "syscall/linux/fs/host_node.h"
#include "syscall/linux/fs/walk.h"
#include "syscall/linux/net/unix_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int unix_check_address(const struct socket_address *address) {
    uint16_t family;
    if (address->size <= SOCKADDR_UN_NAME || address->size > SOCKADDR_UN_NAME + SOCKADDR_UN_PATH) return -EINVAL;
    memcpy(&family, address->bytes, sizeof family);
    return family == AF_UNIX ? 0 : -EINVAL;
}

static bool is_abstract(const struct socket_address *address) {
    return address->bytes[SOCKADDR_UN_NAME] == 0;
}

static void path_of(const struct socket_address *address, char path[SOCKADDR_UN_PATH + 1]) {
    memcpy(path, address->bytes + SOCKADDR_UN_NAME, address->size - SOCKADDR_UN_NAME);
    path[address->size - SOCKADDR_UN_NAME] = 0;
}

static struct unix_name *name_new(const void *bytes, size_t n) {
    struct unix_name *name = calloc(1, sizeof *name);
    const uint16_t family = AF_UNIX;
    if (!name) return NULL;
    memcpy(name->bytes, &family, sizeof family);
    memcpy(name->bytes + SOCKADDR_UN_NAME, bytes, n);
    name->size = (uint32_t)(SOCKADDR_UN_NAME + n);
    return name;
}

void unix_name_of(struct unix_end *end, struct socket_address *out) {
    const struct unix_name *name = atomic_load(&end->name);
    const uint16_t family = AF_UNIX;
    memcpy(out->bytes, &family, sizeof family);
    out->size = SOCKADDR_UN_NAME;
    if (!name) return;
    memcpy(out->bytes, name->bytes, name->size);
    out->size = name->size;
}

static struct name_key key_of(int type, const void *bytes, size_t n) {
    struct name_key key;
    memset(&key, 0, sizeof key);
    key.type = (uint32_t)type;
    key.size = (uint32_t)n;
    memcpy(key.bytes, bytes, n);
    return key;
}

/* Enters an abstract name. Returns 0 or -EADDRINUSE. */
static int enter_name(struct unix_end *end, const void *bytes, size_t n) {
    struct net *net = end->net;
    struct unix_end *other;
    const struct name_key key = key_of(end->type, bytes, n);
    host_mutex_lock(&net->names_lock);
    HASH_FIND(hh, net->by_name, &key, sizeof key, other);
    if (!other) {
        end->abstract = key;
        end->in_names = true;
        HASH_ADD(hh, net->by_name, abstract, sizeof end->abstract, end);
    }
    host_mutex_unlock(&net->names_lock);
    return other ? -EADDRINUSE : 0;
}

/* An inode that the table knew by somebody who is gone belongs to the newcomer. The count of place moves. */
static void enter_inode(struct unix_end *end, struct node *place) {
    struct net *net = end->net;
    const struct host_node *host = host_node_of(place);
    host_mutex_lock(&net->names_lock);
    end->inode = (struct inode_key){host->dev, host->ino};
    end->place = place;
    end->in_inodes = true;
    HASH_ADD(hh, net->by_inode, inode, sizeof end->inode, end);
    host_mutex_unlock(&net->names_lock);
}

void unix_unbind(struct unix_end *end) {
    struct net *net = end->net;
    host_mutex_lock(&net->names_lock);
    if (end->in_names) HASH_DEL(net->by_name, end);
    if (end->in_inodes) HASH_DEL(net->by_inode, end);
    if (end->inet) inet_unbind_locked(end);
    end->in_names = end->in_inodes = false;
    list_remove(&end->net_node);
    struct node *place = end->place;
    end->place = NULL;
    host_mutex_unlock(&net->names_lock);
    node_put(place);
}

void unix_enter(struct unix_end *end, struct file *file) {
    host_mutex_lock(&end->lock);
    end->file = file;
    host_mutex_unlock(&end->lock);
    host_mutex_lock(&end->net->names_lock);
    list_append(&end->net->ends, &end->net_node);
    host_mutex_unlock(&end->net->names_lock);
}

/* Makes the socket inode at a place that is free. Returns 0 and *node (counted), or -E. */
static int make_inode(struct unix_end *end, const struct vfs_caller *caller, const struct place *place, struct node **node) {
    const struct host_node *dir = host_node_of(place->dir);
    if (place->node || !place->name[0]) return -EADDRINUSE;
    if (place->slash) return -ENOENT;
    if (!dir) return place->dir->type == S_IFDIR ? -EACCES : -ENOTDIR;
    const uint32_t mode = S_IFSOCK | (0777 & ~atomic_load(&caller->fs->umask));
    int r = net_reaches_host(end->net) ? unix_gate_bind_path(end, place->dir, place->name, mode) : -ENAMETOOLONG;
    if (r == -ENAMETOOLONG) r = host_file_mknod_at(dir->fd, place->name, mode, 0);
    if (r == 0) r = place->dir->ops->lookup(caller, place->dir, place->name, node);
    return r == -EEXIST ? -EADDRINUSE : r;
}

static int bind_path(struct unix_end *end, const struct vfs_caller *caller, const struct socket_address *address,
                     struct unix_name **name) {
    char path[SOCKADDR_UN_PATH + 1];
    struct place place;
    struct node *node;
    path_of(address, path);
    *name = name_new(path, strlen(path) + 1);
    if (!*name) return -ENOMEM;
    int r = vfs_resolve_place(caller, AT_FDCWD, path, WALK_CREATE, &place);
    if (r) return r;
    r = make_inode(end, caller, &place, &node);
    place_fini(&place);
    if (r == 0) enter_inode(end, node);
    return r;
}

static int bind_abstract(struct unix_end *end, const void *bytes, size_t n, struct unix_name **name) {
    *name = name_new(bytes, n);
    return *name ? enter_name(end, bytes, n) : -ENOMEM;
}

/* The abstract name, which was entered, is known to the host, too; or it is taken back. */
static int open_to_host(struct unix_end *end, const struct socket_address *address) {
    struct net *net = end->net;
    const int r = unix_gate_bind_name(end, address);
    if (r == 0) return 0;
    host_mutex_lock(&net->names_lock);
    if (end->in_names) HASH_DEL(net->by_name, end);
    end->in_names = false;
    host_mutex_unlock(&net->names_lock);
    return r;
}

/* Only one thread gives an end its name. Returns 0, -EINVAL: it has one. */
static int begin_binding(struct unix_end *end) {
    host_mutex_lock(&end->lock);
    const bool taken = end->binding || atomic_load(&end->name);
    if (!taken) end->binding = true;
    host_mutex_unlock(&end->lock);
    return taken ? -EINVAL : 0;
}

/* The name moves to the end when r is 0. */
static int end_binding(struct unix_end *end, struct unix_name *name, int r) {
    host_mutex_lock(&end->lock);
    if (r == 0) atomic_store(&end->name, name);
    end->binding = false;
    host_mutex_unlock(&end->lock);
    if (r) free(name);
    return r;
}

static uint32_t next_number(struct net *net) {
    host_mutex_lock(&net->names_lock);
    const uint32_t number = net->next_autobind++ & 0xfffff;
    host_mutex_unlock(&net->names_lock);
    return number;
}

int unix_autobind(struct unix_end *end) {
    struct unix_name *name = NULL;
    char text[8] = "";
    if (begin_binding(end)) return 0;
    int r = -EADDRINUSE;
    for (int tries = 0; r == -EADDRINUSE && tries < 0x100000; tries++) {
        free(name);
        snprintf(text + 1, sizeof text - 1, "%05x", (unsigned)next_number(end->net));
        r = bind_abstract(end, text, 6, &name);
    }
    return end_binding(end, name, r == -EADDRINUSE ? -ENOSPC : r);
}

int unix_bind(struct unix_end *end, const struct vfs_caller *caller, const struct socket_address *address) {
    struct unix_name *name = NULL;
    uint16_t family = 0;
    if (address->size == SOCKADDR_UN_NAME) memcpy(&family, address->bytes, sizeof family);
    if (family == AF_UNIX) return unix_autobind(end);
    int r = unix_check_address(address);
    if (r == 0) r = begin_binding(end);
    if (r) return r;
    if (is_abstract(address)) {
        r = bind_abstract(end, address->bytes + SOCKADDR_UN_NAME, address->size - SOCKADDR_UN_NAME, &name);
        if (r == 0 && net_reaches_host(end->net)) r = open_to_host(end, address);
    } else {
        r = bind_path(end, caller, address, &name);
    }
    return end_binding(end, name, r);
}

static int find_name(struct net *net, int type, const struct socket_address *address, struct unix_end **out) {
    const struct name_key key = key_of(type, address->bytes + SOCKADDR_UN_NAME, address->size - SOCKADDR_UN_NAME);
    host_mutex_lock(&net->names_lock);
    HASH_FIND(hh, net->by_name, &key, sizeof key, *out);
    if (*out) unix_end_get(*out);
    host_mutex_unlock(&net->names_lock);
    return *out ? 0 : -ECONNREFUSED;
}

static int find_inode(struct net *net, int type, const struct host_node *host, struct unix_end **out) {
    const struct inode_key key = {host->dev, host->ino};
    host_mutex_lock(&net->names_lock);
    HASH_FIND(hh, net->by_inode, &key, sizeof key, *out);
    if (*out) unix_end_get(*out);
    host_mutex_unlock(&net->names_lock);
    if (!*out) return -ECONNREFUSED;
    if ((*out)->type == type) return 0;
    unix_end_put(*out);
    *out = NULL;
    return -EPROTOTYPE;
}

int unix_find(struct net *net, const struct vfs_caller *caller, int type, const struct socket_address *address,
              struct unix_end **out, struct node **place) {
    char path[SOCKADDR_UN_PATH + 1];
    struct node *node;
    *out = NULL;
    *place = NULL;
    if (is_abstract(address)) return find_name(net, type, address, out);
    path_of(address, path);
    int r = vfs_resolve(caller, AT_FDCWD, path, WALK_FOLLOW, &node);
    if (r) return r;
    const struct host_node *host = host_node_of(node);
    if (!host || node->type != S_IFSOCK) {
        r = -ECONNREFUSED;
    } else {
        r = host_file_access_at(host->fd, "", W_OK, true);
        if (r == 0) r = find_inode(net, type, host, out);
        if (r == -ECONNREFUSED) *place = node_get(node);
    }
    node_put(node);
    return r;
}

static void show_end(const struct unix_end *end, struct text *text) {
    const struct unix_name *name = atomic_load(&end->name);
    const bool listening = end->state == UNIX_LISTENING;
    const int state = end->state == UNIX_CONNECTED ? 3 : 1;
    text_printf(text, "%016llx: %08X %08X %08X %04X %02X %5llu", 0ull, 2u, 0u, listening ? 0x10000u : 0u, (unsigned)end->type,
                (unsigned)state, (unsigned long long)end->ino);
    if (name) {
        text_printf(text, " ");
        for (uint32_t i = SOCKADDR_UN_NAME; i < name->size; i++) {
            if (name->bytes[i] || i + 1 < name->size) text_printf(text, "%c", name->bytes[i] ? name->bytes[i] : '@');
        }
    }
    text_printf(text, "\n");
}

void net_show_unix(struct net *net, struct text *text) {
    text_printf(text, "Num       RefCount Protocol Flags    Type St Inode Path\n");
    host_mutex_lock(&net->names_lock);
    LIST_FOR_EACH(node, &net->ends) {
        const struct unix_end *end = CONTAINER_OF(node, struct unix_end, net_node);
        if (!end->inet) show_end(end, text);
    }
    host_mutex_unlock(&net->names_lock);
}
