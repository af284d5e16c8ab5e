/* SPDX-License-Identifier: ISC */
/* Addresses of inet and inet6 sockets between the guest's form and ours. */
#include "base/error.h"
#include "syscall/linux/net/inet_private.h"

#include <string.h>

enum { INET_SIZE = 16, INET6_SIZE = 28, INET6_LEAST = 24 };
static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

int inet_parse(int family, const struct socket_address *in, struct inet_address *out) {
    uint16_t got = AF_UNSPEC;
    memset(out, 0, sizeof *out);
    if (in->size < (family == AF_INET ? (uint32_t)INET_SIZE : (uint32_t)INET6_LEAST)) return -EINVAL;
    memcpy(&got, in->bytes, sizeof got);
    if (got != family) return -EAFNOSUPPORT;
    out->port = (uint16_t)(in->bytes[2] << 8 | in->bytes[3]);
    if (family == AF_INET6) {
        memcpy(out->ip, in->bytes + 8, sizeof out->ip);
    } else {
        memcpy(out->ip, mapped, sizeof mapped);
        memcpy(out->ip + 12, in->bytes + 4, 4);
    }
    return 0;
}

void inet_format(int family, const struct inet_address *in, struct socket_address *out) {
    const uint16_t number = (uint16_t)family;
    memset(out->bytes, 0, INET6_SIZE);
    memcpy(out->bytes, &number, sizeof number);
    out->bytes[2] = (unsigned char)(in->port >> 8);
    out->bytes[3] = (unsigned char)in->port;
    out->size = family == AF_INET ? INET_SIZE : INET6_SIZE;
    if (family == AF_INET) {
        memcpy(out->bytes + 4, in->ip + 12, 4);
    } else {
        memcpy(out->bytes + 8, in->ip, sizeof in->ip);
    }
}

static bool is_mapped(const struct inet_address *address) {
    return memcmp(address->ip, mapped, sizeof mapped) == 0;
}

bool inet_is_any(const struct inet_address *address) {
    static const unsigned char zero[16];
    return memcmp(address->ip, zero, 16) == 0 || (is_mapped(address) && memcmp(address->ip + 12, zero, 4) == 0);
}

bool inet_is_loopback(const struct inet_address *address) {
    static const unsigned char one[16] = {[15] = 1};
    return memcmp(address->ip, one, 16) == 0 || (is_mapped(address) && address->ip[12] == 127);
}

void inet_to_loopback(struct inet_address *address) {
    if (!inet_is_any(address)) return;
    if (is_mapped(address)) {
        address->ip[12] = 127;
    }
    address->ip[15] = 1;
}

int inet_check_reach(const struct net *net, const struct inet_address *address) {
    if (!inet_is_loopback(address)) return -ENETUNREACH;
    return net_has_loopback(net) ? 0 : is_mapped(address) ? -ENETUNREACH : -EADDRNOTAVAIL;
}

int inet_check_own(const struct net *net, const struct inet_address *address) {
    if (inet_is_any(address)) return 0;
    return inet_is_loopback(address) && (is_mapped(address) || net_has_loopback(net)) ? 0 : -EADDRNOTAVAIL;
}
