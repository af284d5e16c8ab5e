/* SPDX-License-Identifier: ISC */
/* The one interface, its addresses and its route, as messages of rtnetlink(7). Numbers are those of the kernel's interface. */
#include "syscall/linux/net/netlink_answer.h"

#include "base/error.h"
#include "syscall/linux/abi/socket.h"

#include <string.h>

enum { NLMSG_ERROR = 2, NLMSG_DONE = 3, NLM_F_MULTI = 2, NLM_F_ACK = 4, NLM_F_DUMP = 0x300 };
enum { RTM_NEWLINK = 16, RTM_GETLINK = 18, RTM_NEWADDR = 20, RTM_GETADDR = 22, RTM_NEWROUTE = 24, RTM_GETROUTE = 26 };
enum { IFF_UP = 1, IFF_LOOPBACK = 8, IFF_RUNNING = 0x40, IFF_LOWER_UP = 0x10000, ARPHRD_LOOPBACK = 772, LO = 1 };

struct link_info {
    uint8_t family, pad;
    uint16_t type;
    int32_t index;
    uint32_t flags, change;
};

struct address_info {
    uint8_t family, prefix, flags, scope;
    uint32_t index;
};

struct route_info {
    uint8_t family, destination, source, tos, table, protocol, scope, type;
    uint32_t flags;
};

/* Starts a message; its size is set by end. Returns where it starts. */
static size_t begin(struct netlink_answer *out, const struct linux_nlmsghdr *request, unsigned type, const void *info, size_t n) {
    const size_t at = out->size;
    const uint16_t flags = (request->flags & NLM_F_DUMP) == NLM_F_DUMP ? NLM_F_MULTI : 0;
    const struct linux_nlmsghdr header = {0, (uint16_t)type, flags, request->sequence, request->port};
    memcpy(out->bytes + at, &header, sizeof header);
    memcpy(out->bytes + at + sizeof header, info, n);
    out->size += sizeof header + n;
    return at;
}

static void attribute(struct netlink_answer *out, unsigned type, const void *value, size_t n) {
    const uint16_t header[2] = {(uint16_t)(4 + n), (uint16_t)type};
    const size_t space = (4 + n + 3) & ~(size_t)3;
    memset(out->bytes + out->size, 0, space);
    memcpy(out->bytes + out->size, header, sizeof header);
    memcpy(out->bytes + out->size + 4, value, n);
    out->size += space;
}

static void end(struct netlink_answer *out, size_t at) {
    const uint32_t size = (uint32_t)(out->size - at);
    memcpy(out->bytes + at, &size, sizeof size);
}

static void add_link(struct netlink_answer *out, const struct linux_nlmsghdr *request, bool up) {
    static const unsigned char hardware[6];
    const uint32_t mtu = 65536, queue = 1000;
    const struct link_info info = {.type = ARPHRD_LOOPBACK, .index = LO,
                                   .flags = IFF_LOOPBACK | (up ? IFF_UP | IFF_RUNNING | IFF_LOWER_UP : 0)};
    const size_t at = begin(out, request, RTM_NEWLINK, &info, sizeof info);
    attribute(out, 3, "lo", 3);
    attribute(out, 13, &queue, sizeof queue);
    attribute(out, 4, &mtu, sizeof mtu);
    attribute(out, 6, "noqueue", 8);
    attribute(out, 1, hardware, sizeof hardware);
    attribute(out, 2, hardware, sizeof hardware);
    end(out, at);
}

static void add_addresses(struct netlink_answer *out, const struct linux_nlmsghdr *request, unsigned family) {
    static const unsigned char four[4] = {127, 0, 0, 1}, six[16] = {[15] = 1};
    if (family == AF_UNSPEC || family == AF_INET) {
        const struct address_info info = {AF_INET, 8, 0x80, 254, LO};
        const size_t at = begin(out, request, RTM_NEWADDR, &info, sizeof info);
        attribute(out, 1, four, sizeof four);
        attribute(out, 2, four, sizeof four);
        attribute(out, 3, "lo", 3);
        end(out, at);
    }
    if (family == AF_UNSPEC || family == AF_INET6) {
        const struct address_info info = {AF_INET6, 128, 0x80, 254, LO};
        const size_t at = begin(out, request, RTM_NEWADDR, &info, sizeof info);
        attribute(out, 1, six, sizeof six);
        end(out, at);
    }
}

/* The local table's row for 127.0.0.0/8. */
static void add_route(struct netlink_answer *out, const struct linux_nlmsghdr *request, unsigned family) {
    static const unsigned char network[4] = {127, 0, 0, 0}, own[4] = {127, 0, 0, 1};
    const uint32_t table = 255, interface = LO;
    if (family != AF_UNSPEC && family != AF_INET) return;
    const struct route_info info = {.family = AF_INET, .destination = 8, .table = 255, .protocol = 2, .scope = 254, .type = 2};
    const size_t at = begin(out, request, RTM_NEWROUTE, &info, sizeof info);
    attribute(out, 15, &table, sizeof table);
    attribute(out, 1, network, sizeof network);
    attribute(out, 7, own, sizeof own);
    attribute(out, 4, &interface, sizeof interface);
    end(out, at);
}

static void add_error(struct netlink_answer *out, const struct linux_nlmsghdr *request, int32_t error) {
    unsigned char info[4 + sizeof *request];
    memcpy(info, &error, sizeof error);
    memcpy(info + 4, request, sizeof *request);
    end(out, begin(out, request, NLMSG_ERROR, info, sizeof info));
}

void netlink_answer(const struct linux_nlmsghdr *request, unsigned family, bool up, struct netlink_answer *out) {
    const bool dump = (request->flags & NLM_F_DUMP) == NLM_F_DUMP;
    const int32_t zero = 0;
    out->size = 0;
    if (request->type == RTM_GETLINK) {
        add_link(out, request, up);
    } else if (dump && request->type == RTM_GETADDR) {
        if (up) add_addresses(out, request, family);
    } else if (dump && request->type == RTM_GETROUTE) {
        if (up) add_route(out, request, family);
    } else {
        add_error(out, request, request->type >= RTM_NEWLINK && (request->type & 3) != 2 ? -EPERM : -EOPNOTSUPP);
        return;
    }
    if (dump) {
        end(out, begin(out, request, NLMSG_DONE, &zero, sizeof zero));
    } else if (request->flags & NLM_F_ACK) {
        add_error(out, request, 0);
    }
}
