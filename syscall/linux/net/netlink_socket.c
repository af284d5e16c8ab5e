/* SPDX-License-Identifier: ISC */
/* A netlink socket of our own: requests are answered while they are sent, and the answers wait to be read. */
#include "base/error.h"
#include "syscall/linux/net/net.h"
#include "syscall/linux/net/netlink.h"
#include "syscall/linux/net/netlink_answer.h"

#include <stdlib.h>
#include <string.h>

enum { NETLINK_ROUTE = 0, REQUEST_MAX = 4096, ANSWERS_MAX = 64, NETLINK_ADDRESS = 12 };

struct answer {
    struct list node;
    struct netlink_answer text;
};

struct netlink_socket {
    struct socket socket;
    struct wait_queue wait;
    struct host_mutex lock;
    /* guarded by lock */
    uint32_t port;
    struct list answers; /* struct answer.node */
    int n_answers;
};

static struct netlink_socket *netlink_of(struct socket *socket) {
    return (struct netlink_socket *)socket;
}

static void put_address(struct socket_address *out, uint32_t port) {
    const uint16_t family = AF_NETLINK;
    memset(out->bytes, 0, NETLINK_ADDRESS);
    memcpy(out->bytes, &family, sizeof family);
    memcpy(out->bytes + 4, &port, sizeof port);
    out->size = NETLINK_ADDRESS;
}

/* The port is the process's number unless one is asked for. */
static void choose_port(struct netlink_socket *netlink, uint32_t asked, struct sched_thread *self) {
    const struct net_ids ids = net_identify(netlink->socket.net, self);
    host_mutex_lock(&netlink->lock);
    if (asked) netlink->port = asked;
    if (!netlink->port) netlink->port = ids.pid > 0 ? (uint32_t)ids.pid : 1;
    host_mutex_unlock(&netlink->lock);
}

static int do_bind(struct socket *socket, const struct vfs_caller *caller, const struct socket_address *address) {
    uint16_t family;
    uint32_t port;
    if (address->size < NETLINK_ADDRESS) return -EINVAL;
    memcpy(&family, address->bytes, sizeof family);
    memcpy(&port, address->bytes + 4, sizeof port);
    if (family != AF_NETLINK) return -EINVAL;
    choose_port(netlink_of(socket), port, caller->self);
    return 0;
}

static int do_connect(struct socket *socket, const struct vfs_caller *caller, const struct socket_address *address,
                      const struct socket_wait *wait) {
    return address->size < NETLINK_ADDRESS ? -EINVAL : 0;
}

static int do_name(struct socket *socket, bool peer, struct socket_address *out) {
    struct netlink_socket *netlink = netlink_of(socket);
    host_mutex_lock(&netlink->lock);
    put_address(out, peer ? 0 : netlink->port);
    host_mutex_unlock(&netlink->lock);
    return 0;
}

/* Answers one request. Returns 0, -ENOBUFS, -ENOMEM. */
static int answer_one(struct netlink_socket *netlink, struct linux_nlmsghdr request, unsigned family) {
    struct answer *answer = malloc(sizeof *answer);
    if (!answer) return -ENOMEM;
    list_init(&answer->node);
    host_mutex_lock(&netlink->lock);
    request.port = netlink->port;
    netlink_answer(&request, family, net_has_loopback(netlink->socket.net), &answer->text);
    const bool room = netlink->n_answers < ANSWERS_MAX;
    if (room) {
        list_append(&netlink->answers, &answer->node);
        netlink->n_answers++;
    }
    host_mutex_unlock(&netlink->lock);
    if (room) return 0;
    free(answer);
    return -ENOBUFS;
}

static int64_t do_send(struct socket *socket, struct socket_message *message, const struct socket_wait *wait) {
    unsigned char bytes[REQUEST_MAX];
    struct netlink_socket *netlink = netlink_of(socket);
    const size_t size = (size_t)message->io->left;
    struct linux_nlmsghdr request;
    int r = 0;
    if (size > sizeof bytes) return -EMSGSIZE;
    if (io_pull(message->io, bytes, size) != size) return -EFAULT;
    choose_port(netlink, 0, wait->self);
    for (size_t at = 0; r == 0 && size - at >= sizeof request;) {
        memcpy(&request, bytes + at, sizeof request);
        if (request.size < sizeof request || request.size > size - at) break;
        r = answer_one(netlink, request, request.size > sizeof request ? bytes[at + sizeof request] : AF_UNSPEC);
        const size_t step = ((size_t)request.size + 3) & ~(size_t)3;
        at = step < size - at ? at + step : size;
    }
    wait_queue_wake_all(&netlink->wait);
    return r ? r : (int64_t)size;
}

struct taking {
    struct netlink_socket *netlink;
    struct answer *answer;
    bool peek;
    struct netlink_answer copy;
};

static int64_t try_take(void *arg) {
    struct taking *t = arg;
    struct netlink_socket *netlink = t->netlink;
    host_mutex_lock(&netlink->lock);
    const bool there = !list_empty(&netlink->answers);
    if (there) {
        t->answer = CONTAINER_OF(netlink->answers.next, struct answer, node);
        t->copy = t->answer->text;
        if (!t->peek) {
            list_remove(&t->answer->node);
            netlink->n_answers--;
        }
    }
    host_mutex_unlock(&netlink->lock);
    return there ? 0 : -EAGAIN;
}

static int64_t do_receive(struct socket *socket, struct socket_message *message, const struct socket_wait *wait) {
    struct taking t = {.netlink = netlink_of(socket), .peek = message->flags & MSG_PEEK};
    struct io *io = message->io;
    const int wanted = message->flags;
    const int64_t r = wait_until(&t.netlink->wait, wait->self, wait->nonblock, wait->deadline_ns, try_take, &t);
    if (r) return socket_wait_result(wait, r);
    if (!t.peek) free(t.answer);
    const size_t moved = io_push(io, t.copy.bytes, t.copy.size);
    put_address(&message->address, 0);
    message->flags = (wanted & MSG_CMSG_CLOEXEC) | (moved < t.copy.size ? MSG_TRUNC : 0);
    if (io->fault) return -EFAULT;
    return wanted & MSG_TRUNC ? (int64_t)t.copy.size : (int64_t)moved;
}

static int do_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size) {
    const int32_t number = name == SO_TYPE ? socket->type : name == SO_DOMAIN ? AF_NETLINK : name == SO_PROTOCOL ? socket->protocol : 0;
    const bool known = name == SO_TYPE || name == SO_DOMAIN || name == SO_PROTOCOL || name == SO_ERROR;
    return level == SOL_SOCKET && known ? socket_give_value(value, size, &number, sizeof number) : -ENOPROTOOPT;
}

/* The answers are small: the sizes of buffers make no difference. */
static int do_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size) {
    return level == SOL_SOCKET && (name == SO_SNDBUF || name == SO_RCVBUF) && size >= 4 ? 0 : -ENOPROTOOPT;
}

static unsigned do_poll(struct file *file, struct poll_table *table) {
    struct netlink_socket *netlink = netlink_of(socket_of(file));
    poll_table_add(table, &netlink->wait);
    host_mutex_lock(&netlink->lock);
    const bool there = !list_empty(&netlink->answers);
    host_mutex_unlock(&netlink->lock);
    return POLLOUT | POLLWRNORM | POLLWRBAND | (there ? POLLIN | POLLRDNORM : 0);
}

static int do_stat(struct file *file, struct linux_stat *out) {
    *out = (struct linux_stat){.dev = dev_make(0, 8), .ino = (uint64_t)(uintptr_t)file >> 4 & 0xffffffff, .nlink = 1,
                               .mode = S_IFSOCK | 0777, .blksize = 4096};
    return 0;
}

static void do_release(struct file *file) {
    struct netlink_socket *netlink = netlink_of(socket_of(file));
    LIST_FOR_EACH(node, &netlink->answers) free(CONTAINER_OF(node, struct answer, node));
    wait_queue_fini(&netlink->wait);
    host_mutex_fini(&netlink->lock);
    file_fini(file);
    free(netlink);
}

static const struct socket_ops socket_ops = {
    .bind = do_bind, .connect = do_connect, .name = do_name, .send = do_send, .receive = do_receive,
    .get_option = do_get_option, .set_option = do_set_option,
};

static const struct file_ops file_ops = {
    .kind = "socket", .socket = &socket_ops, .read = socket_read, .write = socket_write, .poll = do_poll, .stat = do_stat,
    .release = do_release,
};

int netlink_socket_new(struct net *net, int type, int protocol, int flags, struct file **out) {
    if (type != SOCK_RAW && type != SOCK_DGRAM) return -ESOCKTNOSUPPORT;
    if (protocol != NETLINK_ROUTE) return -EPROTONOSUPPORT;
    struct netlink_socket *netlink = calloc(1, sizeof *netlink);
    if (!netlink) return -ENOMEM;
    socket_init(&netlink->socket, net, &file_ops, flags);
    netlink->socket.family = AF_NETLINK;
    netlink->socket.type = type;
    netlink->socket.protocol = protocol;
    wait_queue_init(&netlink->wait);
    host_mutex_init(&netlink->lock);
    list_init(&netlink->answers);
    *out = &netlink->socket.file;
    return 0;
}
