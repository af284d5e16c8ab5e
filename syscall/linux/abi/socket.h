/* SPDX-License-Identifier: ISC */
/* Numbers and structures of socket(7), as x86-64 Linux lays them out. */
#pragma once

#include <stdint.h>

enum socket_family { AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16 };
enum socket_type { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_SEQPACKET = 5, SOCK_TYPE_MASK = 0xf };
enum { SOL_SOCKET = 1, SO_ERROR = 4, SO_RCVTIMEO = 20, SO_SNDTIMEO = 21, SO_ATTACH_FILTER = 26, SO_ATTACH_BPF = 50,
       SO_ATTACH_REUSEPORT_CBPF = 51, SO_ATTACH_REUSEPORT_EBPF = 52 };
enum { SCM_RIGHTS = 1, SCM_MAX_FD = 253 };
enum message_flags {
    MSG_PEEK = 0x2, MSG_CTRUNC = 0x8, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40, MSG_WAITALL = 0x100, MSG_NOSIGNAL = 0x4000,
    MSG_WAITFORONE = 0x10000, MSG_CMSG_CLOEXEC = 0x40000000,
};

enum { SOCKADDR_UN_PATH = 108 };

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
