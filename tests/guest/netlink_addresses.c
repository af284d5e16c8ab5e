// options: --net=loopback
/* SPDX-License-Identifier: ISC */
/* netlink(7), rtnetlink(7), netdevice(7): the loopback interface by getifaddrs(3), by dumps of links, addresses and routes, and by ioctl. */
#include "tests/guest/check.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* As linux/netlink.h and linux/rtnetlink.h have them. */
enum { NLM_F_REQUEST = 1, NLM_F_DUMP = 0x300, NLMSG_ERROR = 2, NLMSG_DONE = 3, NETLINK_ROUTE = 0 };
enum { RTM_NEWLINK = 16, RTM_GETLINK = 18, RTM_NEWADDR = 20, RTM_GETADDR = 22, RTM_NEWROUTE = 24, RTM_GETROUTE = 26 };
struct nlmsghdr {
    uint32_t nlmsg_len;
    uint16_t nlmsg_type, nlmsg_flags;
    uint32_t nlmsg_seq, nlmsg_pid;
};
struct sockaddr_nl {
    uint16_t nl_family, pad;
    uint32_t nl_pid, nl_groups;
};

static void test_getifaddrs(void) {
    struct ifaddrs *list;
    int four = 0, link = 0;
    CHECK(getifaddrs(&list) == 0);
    for (struct ifaddrs *i = list; i; i = i->ifa_next) {
        if (strcmp(i->ifa_name, "lo") != 0 || !i->ifa_addr) continue;
        CHECK(i->ifa_flags & IFF_LOOPBACK);
        if (i->ifa_addr->sa_family == AF_INET) four += ((struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
        if (i->ifa_addr->sa_family == AF_PACKET) link++;
    }
    CHECK(four == 1 && link == 1);
    freeifaddrs(list);
}

/* Dumps one kind of object. Returns how many messages of that type came. */
static int dump(int s, int request, int type) {
    struct {
        struct nlmsghdr header;
        uint8_t family, pad[3];
    } ask = {.header = {sizeof ask, (uint16_t)request, NLM_F_REQUEST | NLM_F_DUMP, 7, 0}};
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    static char answer[65536] __attribute__((aligned(8)));
    int n = 0;
    CHECK(sendto(s, &ask, sizeof ask, 0, (void *)&kernel, sizeof kernel) == sizeof ask);
    for (;;) {
        struct sockaddr_nl from;
        socklen_t size = sizeof from;
        int left = (int)recvfrom(s, answer, sizeof answer, 0, (void *)&from, &size);
        CHECK(left > 0 && size == sizeof from && from.nl_pid == 0);
        for (int at = 0; at < left;) {
            const struct nlmsghdr *m = (void *)(answer + at);
            CHECK(m->nlmsg_len >= sizeof *m && m->nlmsg_len <= (uint32_t)(left - at) && m->nlmsg_seq == 7 && m->nlmsg_type != NLMSG_ERROR);
            if (m->nlmsg_type == NLMSG_DONE) return n;
            n += m->nlmsg_type == type;
            at += (int)(m->nlmsg_len + 3) & ~3;
        }
    }
}

static void test_dumps(void) {
    struct sockaddr_nl own = {.nl_family = AF_NETLINK};
    socklen_t size = sizeof own;
    int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    CHECK(s >= 0 && bind(s, (void *)&own, sizeof own) == 0 && getsockname(s, (void *)&own, &size) == 0 && own.nl_pid != 0);
    CHECK(dump(s, RTM_GETLINK, RTM_NEWLINK) >= 1 && dump(s, RTM_GETADDR, RTM_NEWADDR) >= 1 && dump(s, RTM_GETROUTE, RTM_NEWROUTE) >= 1);
    close(s);
}

static void test_requests(int family) {
    struct ifreq request = {.ifr_name = "lo"};
    struct ifreq records[32];
    struct ifconf list = {.ifc_len = sizeof records, .ifc_req = records};
    int s = socket(family, SOCK_DGRAM, 0), found = 0;
    CHECK(ioctl(s, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_LOOPBACK);
    CHECK(ioctl(s, SIOCGIFINDEX, &request) == 0 && request.ifr_ifindex == 1);
    memset(request.ifr_name, 0, sizeof request.ifr_name);
    CHECK(ioctl(s, SIOCGIFNAME, &request) == 0 && strcmp(request.ifr_name, "lo") == 0);
    CHECK(ioctl(s, SIOCGIFMTU, &request) == 0 && request.ifr_mtu > 1000);
    if (family == AF_INET) {
        CHECK(ioctl(s, SIOCGIFADDR, &request) == 0);
        CHECK(((struct sockaddr_in *)&request.ifr_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    } else {
        CHECK_ERROR(ioctl(s, SIOCGIFADDR, &request), ENOTTY);
    }
    CHECK(ioctl(s, SIOCGIFCONF, &list) == 0 && list.ifc_len % (int)sizeof records[0] == 0);
    for (int i = 0; i < list.ifc_len / (int)sizeof records[0]; i++) found += strcmp(records[i].ifr_name, "lo") == 0;
    CHECK(found == 1);
    strcpy(request.ifr_name, "nonesuch");
    CHECK_ERROR(ioctl(s, SIOCGIFFLAGS, &request), ENODEV);
    CHECK_ERROR(ioctl(s, SIOCGIFFLAGS, NULL), EFAULT);
    CHECK_ERROR(ioctl(s, 0x541300, &request), ENOTTY);
    close(s);
}

int main(void) {
    test_getifaddrs();
    test_dumps();
    test_requests(AF_INET);
    test_requests(AF_UNIX);
    CHECK(if_nametoindex("lo") == 1);
    puts("netlink_addresses: ok");
    return 0;
}
