/* SPDX-License-Identifier: ISC */
/* Shared parts of the socket handlers. A unix socket's path is looked up in the guest's tree and becomes the path of
 * the same place on the host. */
#include "syscall/linux/socket.h"

#include "host/file.h"
#include "host/poll.h"
#include "syscall/linux/abi/poll.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/fs/host_node.h"

#include <stdio.h>
#include <string.h>

int socket_arg(struct task *task, uint64_t fd, struct file **file) {
    *file = call_open_file(task, fd);
    if (!*file) return -EBADF;
    const int host = file_host_fd(*file);
    struct linux_stat stat;
    if (host >= 0 && file_stat(*file, &stat) == 0 && (stat.mode & S_IFMT) == S_IFSOCK) return host;
    file_put(*file);
    return -ENOTSOCK;
}

/* Host path of a place: its directory's path and its name, or by the directory's descriptor when that is too long. */
static int host_path(const struct place *place, char *out, size_t size) {
    char dir[LINUX_PATH_MAX + 1];
    const struct host_node *node = host_node_of(place->dir);
    if (!node) return -EACCES;
    const int64_t n = host_file_path(node->fd, dir, LINUX_PATH_MAX);
    if (n < 0) return (int)n;
    dir[n] = 0;
    int length = snprintf(out, size, "%s/%s", n == 1 ? "" : dir, place->name);
    if (length >= (int)size) length = snprintf(out, size, "/proc/self/fd/%d/%s", node->fd, place->name);
    return length < (int)size ? length : -ENAMETOOLONG;
}

/* Rewrites a pathname address (family in the first two bytes). Returns the new size or -E. */
static int translate_path(struct task *task, unsigned char *address, uint32_t size) {
    char path[SOCKADDR_UN_PATH + 1] = "", host[SOCKADDR_UN_PATH];
    struct place place;
    const struct vfs_caller caller = call_of(task);
    memcpy(path, address + 2, size - 2 < SOCKADDR_UN_PATH ? size - 2 : SOCKADDR_UN_PATH);
    int r = vfs_resolve_place(&caller, AT_FDCWD, path, 0, &place);
    if (r) return r;
    struct node *target;
    if (vfs_resolve(&caller, AT_FDCWD, path, WALK_FOLLOW, &target) == 0) {
        const int fd = node_host_fd(target);
        const int64_t n = fd < 0 ? -EACCES : host_file_path(fd, host, sizeof host - 1);
        node_put(target);
        r = n > 0 && n < (int64_t)sizeof host - 1 ? (int)n : 0;
    }
    if (r <= 0) r = host_path(&place, host, sizeof host);
    place_fini(&place);
    if (r < 0) return r;
    memcpy(address + 2, host, (size_t)r);
    address[2 + r] = 0;
    return r + 3;
}

int socket_fetch_address(struct task *task, uint64_t gva, uint64_t size, unsigned char out[HOST_SOCKET_ADDRESS_MAX]) {
    uint16_t family = 0;
    if ((int32_t)size < 0 || (uint32_t)size > HOST_SOCKET_ADDRESS_MAX) return -EINVAL;
    const int err = size ? copy_from_guest(task, out, gva, (uint32_t)size) : 0;
    if (err) return err;
    if (size >= sizeof family) memcpy(&family, out, sizeof family);
    if (family != AF_UNIX || size <= 2 || !out[2]) return (int)size;
    return translate_path(task, out, (uint32_t)size);
}

/* A host path in a unix address becomes the guest's. */
static void translate_back(struct task *task, unsigned char *address, uint32_t *size) {
    uint16_t family = 0;
    char root[LINUX_PATH_MAX];
    if (*size < 3 || *size > HOST_SOCKET_ADDRESS_MAX - 1) return;
    memcpy(&family, address, sizeof family);
    if (family != AF_UNIX || address[2] != '/') return;
    const struct host_node *node = host_node_of(vfs_root(task->kernel->vfs));
    const int64_t n = host_file_path(node->fd, root, sizeof root);
    address[*size] = 0;
    if (n <= 1 || n > *size - 2 || memcmp(address + 2, root, (size_t)n) != 0 || address[2 + n] != '/') return;
    memmove(address + 2, address + 2 + n, *size - 2 - (size_t)n);
    *size -= (uint32_t)n;
}

int socket_copy_address(struct task *task, uint64_t gva, uint32_t room, unsigned char *address, uint32_t *size) {
    translate_back(task, address, size);
    return copy_to_guest(task, gva, address, *size < room ? *size : room);
}

int socket_store_address(struct task *task, uint64_t gva, uint64_t size_gva, unsigned char *address, uint32_t size) {
    int32_t room;
    if (!gva) return 0;
    int r = copy_from_guest(task, &room, size_gva, sizeof room);
    if (r == 0 && room < 0) r = -EINVAL;
    if (r == 0) r = socket_copy_address(task, gva, (uint32_t)room, address, &size);
    return r ? r : copy_to_guest(task, size_gva, &size, sizeof size);
}

int socket_wait(struct task *task, int host, short events, int option) {
    struct guest_timeval limit = {0};
    uint32_t size = sizeof limit;
    int64_t deadline = SCHED_NEVER;
    if (host_socket_get_option(host, SOL_SOCKET, option, &limit, &size) == 0 && (limit.sec || limit.usec)) {
        deadline = call_deadline_after(limit.sec * 1000000000 + limit.usec * 1000);
    }
    struct host_pollfd poll = {.fd = host, .events = events};
    while (!poll.revents) {
        const int r = sched_block_poll(&task->sched, &poll, 1, deadline);
        if (r == -ETIMEDOUT) return -EAGAIN;
        if (r == -EINTR) return deadline == SCHED_NEVER ? -ERESTARTSYS : -EINTR;
        if (r) return r;
    }
    return 0;
}
