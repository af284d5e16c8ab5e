/* SPDX-License-Identifier: ISC */
/* Answers to requests of rtnetlink(7), for netlink_socket.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct linux_nlmsghdr {
    uint32_t size;
    uint16_t type, flags;
    uint32_t sequence, port;
};

enum { NETLINK_ANSWER_MAX = 1024 };

/* Messages one behind another, at most NETLINK_ANSWER_MAX bytes. */
struct netlink_answer {
    unsigned char bytes[NETLINK_ANSWER_MAX];
    size_t size;
};

/* What the kernel says to one request. family: the byte behind its header; up: lo has its addresses. */
void netlink_answer(const struct linux_nlmsghdr *request, unsigned family, bool up, struct netlink_answer *out);
