/* SPDX-License-Identifier: ISC */
/* futex(2): flags of the operation, bits of a lock word, the robust list. The operations are futex_ops.def. */
#pragma once

#include <stdint.h>

enum futex_op {
#define FUTEX_OP(number, name, fn) FUTEX_##name = number,
#include "syscall/linux/abi/futex_ops.def"
#undef FUTEX_OP
    FUTEX_PRIVATE_FLAG = 128,
    FUTEX_CLOCK_REALTIME = 256,
    FUTEX_CMD_MASK = ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME),
};

#define FUTEX_BITSET_MATCH_ANY 0xffffffffu
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK 0x3fffffffu

/* FUTEX_WAKE_OP's encoded operation. */
enum futex_wake_op {
    FUTEX_OP_SET, FUTEX_OP_ADD, FUTEX_OP_OR, FUTEX_OP_ANDN, FUTEX_OP_XOR, FUTEX_OP_OPARG_SHIFT = 8,
    FUTEX_OP_CMP_EQ = 0, FUTEX_OP_CMP_NE, FUTEX_OP_CMP_LT, FUTEX_OP_CMP_LE, FUTEX_OP_CMP_GT, FUTEX_OP_CMP_GE,
};

struct guest_robust_list_head {
    uint64_t list, futex_offset, list_op_pending;
};
enum { ROBUST_LIST_LIMIT = 2048, ROBUST_LIST_HEAD_SIZE = 24 };

/* futex_waitv(2) */
enum { FUTEX_32 = 2, FUTEX_WAITV_MAX = 128 };
struct guest_futex_waitv {
    uint64_t val, uaddr;
    uint32_t flags, reserved;
};
