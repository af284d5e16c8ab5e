/* SPDX-License-Identifier: ISC */
/* Requests about interfaces: those that ask are the host's to answer, or lo's when the network is the machine's own; those that change something are refused as to a
 * user without rights. */
#include "syscall/linux/net/interface.h"

#include "base/bits.h"
#include "base/error.h"
#include "host/file.h"
#include "host/socket.h"
#include "syscall/linux/abi/ioctl.h"
#include "syscall/linux/abi/socket.h"
#include "syscall/linux/net/net.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 65536 };

/* The requests that read or write one struct ifreq in place. */
static const unsigned asking[] = {
    SIOCGIFNAME, SIOCGIFFLAGS, SIOCGIFMETRIC, SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFTXQLEN, SIOCGIFMAP,
};
/* The same, of inet sockets only. */
static const unsigned asking_inet[] = {SIOCGIFADDR, SIOCGIFDSTADDR, SIOCGIFBRDADDR, SIOCGIFNETMASK};
static const unsigned changing[] = {
    SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFDSTADDR, SIOCSIFBRDADDR, SIOCSIFNETMASK, SIOCSIFMETRIC, SIOCSIFMTU, SIOCSIFNAME,
    SIOCSIFHWADDR, SIOCSIFTXQLEN, SIOCADDRT, SIOCDELRT, SIOCETHTOOL,
};

static bool is_among(unsigned cmd, const unsigned *list, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (list[i] == cmd) return true;
    }
    return false;
}

static int64_t ask_one(int fd, const struct ioctl_call *call) {
    struct linux_ifreq request;
    int r = space_copy_in(call->space, &request, call->arg, sizeof request);
    if (r == 0) r = host_socket_request(fd, call->cmd, &request);
    return r ? r : space_copy_out(call->space, call->arg, &request, sizeof request);
}

/* The list holds the address of its records: they go through memory of ours. */
static int64_t ask_list(int fd, const struct ioctl_call *call) {
    struct linux_ifconf list;
    int r = space_copy_in(call->space, &list, call->arg, sizeof list);
    if (r) return r;
    if (list.size < 0) return -EINVAL;
    const int32_t room = list.size < LIST_MAX ? list.size : LIST_MAX;
    void *records = list.records ? calloc(1, (size_t)room + 1) : NULL;
    if (list.records && !records) return -ENOMEM;
    const int64_t n = host_socket_interfaces(fd, records, room);
    if (n > 0 && records) r = space_copy_out(call->space, list.records, records, (size_t)n);
    free(records);
    if (n < 0 || r) return n < 0 ? n : r;
    list.size = (int32_t)n;
    return space_copy_out(call->space, call->arg, &list, sizeof list);
}

/* What the machine's own lo says in a request's value. Returns 0 or -E. */
static int answer_own(const struct net *net, unsigned cmd, struct linux_ifreq *request) {
    const bool up = net_has_loopback(net);
    const int32_t index = 1, mtu = 65536, queue = 1000;
    const uint16_t flags = up ? 0x49 : 8, loopback = 772, inet = AF_INET; /* UP, LOOPBACK, RUNNING; ARPHRD_LOOPBACK */
    unsigned char *value = request->value;
    if (cmd == SIOCGIFNAME) {
        if (memcmp(value, &index, sizeof index) != 0) return -ENODEV;
        strcpy(request->name, "lo");
        return 0;
    }
    if (strncmp(request->name, "lo", sizeof request->name) != 0) return -ENODEV;
    if (!up && is_among(cmd, asking_inet, ARRAY_LEN(asking_inet))) return -EADDRNOTAVAIL;
    memset(value, 0, sizeof request->value);
    switch (cmd) {
    case SIOCGIFINDEX: memcpy(value, &index, sizeof index); break;
    case SIOCGIFFLAGS: memcpy(value, &flags, sizeof flags); break;
    case SIOCGIFMTU: memcpy(value, &mtu, sizeof mtu); break;
    case SIOCGIFTXQLEN: memcpy(value, &queue, sizeof queue); break;
    case SIOCGIFHWADDR: memcpy(value, &loopback, sizeof loopback); break;
    case SIOCGIFADDR:
    case SIOCGIFDSTADDR:
        value[7] = 1;
        /* fall through */
    case SIOCGIFNETMASK:
        value[4] = cmd == SIOCGIFNETMASK ? 255 : 127;
        /* fall through */
    case SIOCGIFBRDADDR: memcpy(value, &inet, sizeof inet); break;
    default: break;
    }
    return 0;
}

static int64_t ask_own(const struct net *net, const struct ioctl_call *call) {
    struct linux_ifreq request;
    int r = space_copy_in(call->space, &request, call->arg, sizeof request);
    if (r == 0) r = answer_own(net, call->cmd, &request);
    return r ? r : space_copy_out(call->space, call->arg, &request, sizeof request);
}

/* One record, when lo has an address. */
static int64_t own_list(const struct net *net, const struct ioctl_call *call) {
    struct linux_ifreq record = {.name = "lo"};
    struct linux_ifconf list;
    int r = space_copy_in(call->space, &list, call->arg, sizeof list);
    if (r) return r;
    if (list.size < 0) return -EINVAL;
    const bool fits = net_has_loopback(net) && (!list.records || list.size >= (int32_t)sizeof record);
    list.size = fits ? (int32_t)sizeof record : 0;
    if (fits && list.records) {
        answer_own(net, SIOCGIFADDR, &record);
        r = space_copy_out(call->space, list.records, &record, sizeof record);
    }
    return r ? r : space_copy_out(call->space, call->arg, &list, sizeof list);
}

int64_t interface_ioctl(const struct net *net, int family, const struct ioctl_call *call) {
    if (is_among(call->cmd, changing, ARRAY_LEN(changing))) return -EPERM;
    const bool list = call->cmd == SIOCGIFCONF;
    const bool inet = (family == AF_INET || family == AF_INET6) && is_among(call->cmd, asking_inet, ARRAY_LEN(asking_inet));
    if (!list && !inet && !is_among(call->cmd, asking, ARRAY_LEN(asking))) return -ENOTTY;
    if (!net_reaches_host(net)) return list ? own_list(net, call) : ask_own(net, call);
    const int fd = host_socket_new(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) return fd;
    const int64_t r = list ? ask_list(fd, call) : ask_one(fd, call);
    host_file_close(fd);
    return r;
}
