/* SPDX-License-Identifier: ISC */
/* Numbers and structures of socket(7), unix(7) and their messages, as x86-64 Linux lays them out. */
#pragma once

#include <stdint.h>

enum socket_family { AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16, AF_PACKET = 17, AF_MAX = 46 };
enum socket_type { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_SEQPACKET = 5, SOCK_TYPE_COUNT = 11, SOCK_TYPE_MASK = 0xf };
enum socket_shutdown { SHUT_RD = 0, SHUT_WR = 1, SHUT_RDWR = 2 };
enum { LINUX_SOMAXCONN = 4096 };

enum socket_level { SOL_SOCKET = 1 };
enum socket_option {
    SO_DEBUG = 1, SO_REUSEADDR = 2, SO_TYPE = 3, SO_ERROR = 4, SO_DONTROUTE = 5, SO_BROADCAST = 6, SO_SNDBUF = 7, SO_RCVBUF = 8,
    SO_KEEPALIVE = 9, SO_OOBINLINE = 10, SO_NO_CHECK = 11, SO_PRIORITY = 12, SO_LINGER = 13, SO_REUSEPORT = 15, SO_PASSCRED = 16,
    SO_PEERCRED = 17, SO_RCVLOWAT = 18, SO_SNDLOWAT = 19, SO_RCVTIMEO = 20, SO_SNDTIMEO = 21, SO_BINDTODEVICE = 25,
    SO_ATTACH_FILTER = 26, SO_DETACH_FILTER = 27, SO_PEERNAME = 28, SO_TIMESTAMP = 29, SO_ACCEPTCONN = 30, SO_PEERSEC = 31,
    SO_SNDBUFFORCE = 32, SO_RCVBUFFORCE = 33, SO_PASSSEC = 34, SO_TIMESTAMPNS = 35, SO_MARK = 36, SO_PROTOCOL = 38,
    SO_DOMAIN = 39, SO_RXQ_OVFL = 40, SO_ATTACH_BPF = 50, SO_ATTACH_REUSEPORT_CBPF = 51, SO_ATTACH_REUSEPORT_EBPF = 52,
    SO_PEERGROUPS = 59, SO_RCVTIMEO_NEW = 66, SO_SNDTIMEO_NEW = 67,
};

enum socket_protocol { IPPROTO_IP = 0, IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_IPV6 = 41 };
enum { TCP_NODELAY = 1, TCP_CORK = 3, TCP_KEEPIDLE = 4, TCP_KEEPINTVL = 5, TCP_KEEPCNT = 6, TCP_SYNCNT = 7, TCP_LINGER2 = 8,
       TCP_DEFER_ACCEPT = 9, TCP_QUICKACK = 12, TCP_USER_TIMEOUT = 18, TCP_NOTSENT_LOWAT = 25 };
enum { IP_TOS = 1, IP_TTL = 2, IP_MTU_DISCOVER = 10, IP_RECVERR = 11, IP_MULTICAST_TTL = 33, IP_MULTICAST_LOOP = 34 };
enum { IPV6_UNICAST_HOPS = 16, IPV6_V6ONLY = 26, IPV6_RECVERR = 25, IPV6_TCLASS = 67 };

enum { SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, SCM_MAX_FD = 253 };
enum message_flags {
    MSG_OOB = 0x1, MSG_PEEK = 0x2, MSG_CTRUNC = 0x8, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40, MSG_WAITALL = 0x100,
    MSG_ERRQUEUE = 0x2000, MSG_NOSIGNAL = 0x4000, MSG_WAITFORONE = 0x10000, MSG_CMSG_CLOEXEC = 0x40000000,
};

/* struct sockaddr_un: a family and at most this many bytes of name. */
enum { SOCKADDR_UN_PATH = 108, SOCKADDR_UN_NAME = 2 };

struct linux_ucred {
    int32_t pid;
    uint32_t uid, gid;
};

struct linux_linger {
    int32_t on, seconds;
};

struct linux_msghdr {
    uint64_t name;
    uint32_t name_size, pad0;
    uint64_t iov, n_iov, control, control_size;
    uint32_t flags, pad1;
};
_Static_assert(sizeof(struct linux_msghdr) == 56, "struct msghdr");

struct linux_mmsghdr {
    struct linux_msghdr header;
    uint32_t length, pad;
};

struct linux_cmsghdr {
    uint64_t size;
    int32_t level, type;
};
