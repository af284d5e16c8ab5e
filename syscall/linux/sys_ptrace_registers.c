/* SPDX-License-Identifier: ISC */
/* Registers by ptrace(2): struct user, whole sets, and sets by iovec. */
#include "syscall/linux/process/registers.h"
#include "syscall/linux/sys_ptrace.h"

#include "base/bits.h"

#include <string.h>

enum { WORD = 8, N_ADDRESSES = 4, DR_CONTROL = 7 };

static bool is_debug_register(uint64_t offset) {
    return offset >= USER_DEBUG_REGISTERS && offset < USER_DEBUG_REGISTERS + USER_N_DEBUG_REGISTERS * WORD;
}

static uint64_t user_word(const struct task *tracee, uint64_t offset) {
    struct guest_user_regs regs;
    uint64_t word = 0;
    if (offset < sizeof regs) {
        registers_get(tracee, &regs);
        memcpy(&word, (const char *)&regs + offset, sizeof word);
    } else if (is_debug_register(offset)) {
        const uint64_t i = (offset - USER_DEBUG_REGISTERS) / WORD;
        if (i < N_ADDRESSES) word = tracee->trace.debug_address[i];
    }
    return word;
}

int64_t peek_user(const struct ptrace_call *call) {
    if (!is_aligned(call->address, WORD) || call->address >= USER_SIZE) return -EIO;
    const uint64_t word = user_word(call->tracee, call->address);
    return copy_to_guest(call->tracer, call->data, &word, sizeof word);
}

/* Addresses are kept, but there is no breakpoint to enable: as on a CPU whose four are taken. */
static int64_t set_debug_register(struct task *tracee, uint64_t i, uint64_t value) {
    if (i < N_ADDRESSES) {
        if (value >= SPACE_END) return -EINVAL;
        tracee->trace.debug_address[i] = value;
        return 0;
    }
    if (i == DR_CONTROL) return value & 0xff ? -ENOSPC : 0;
    return i == 6 ? 0 : -EIO;
}

int64_t poke_user(const struct ptrace_call *call) {
    const uint64_t offset = call->address;
    if (!is_aligned(offset, WORD) || offset >= USER_SIZE) return -EIO;
    if (offset < sizeof(struct guest_user_regs)) return registers_set_one(call->tracee, (unsigned)(offset / WORD), call->data);
    if (!is_debug_register(offset)) return -EIO;
    return set_debug_register(call->tracee, (offset - USER_DEBUG_REGISTERS) / WORD, call->data);
}

static size_t read_prstatus(const struct task *tracee, uint8_t *image) {
    struct guest_user_regs regs;
    registers_get(tracee, &regs);
    memcpy(image, &regs, sizeof regs);
    return sizeof regs;
}

static size_t read_fp(const struct task *tracee, uint8_t *image) {
    registers_get_fp(tracee, image);
    return FXSAVE_SIZE;
}

static size_t read_xstate(const struct task *tracee, uint8_t *image) {
    registers_get_xstate(tracee, image);
    return XSAVE_SIZE;
}

/* What is not written keeps its value. */
static int write_prstatus(struct task *tracee, const uint8_t *image, size_t n) {
    for (size_t at = 0; at < n; at += WORD) {
        uint64_t value;
        memcpy(&value, image + at, sizeof value);
        const int r = registers_set_one(tracee, (unsigned)(at / WORD), value);
        if (r < 0) return r;
    }
    return 0;
}

static int write_fp(struct task *tracee, const uint8_t *image, size_t n) {
    uint8_t all[FXSAVE_SIZE];
    registers_get_fp(tracee, all);
    memcpy(all, image, n);
    return registers_set_fp(tracee, all);
}

static int write_xstate(struct task *tracee, const uint8_t *image, size_t n) {
    return n == XSAVE_SIZE ? registers_set_xstate(tracee, image) : -EFAULT;
}

static const struct regset {
    uint64_t type;
    size_t size;
    size_t (*read)(const struct task *tracee, uint8_t *image);
    int (*write)(struct task *tracee, const uint8_t *image, size_t n);
} sets[] = {
    {NT_PRSTATUS, sizeof(struct guest_user_regs), read_prstatus, write_prstatus},
    {NT_PRFPREG, FXSAVE_SIZE, read_fp, write_fp},
    {NT_X86_XSTATE, XSAVE_SIZE, read_xstate, write_xstate},
};

static int64_t get_set(const struct ptrace_call *call, const struct regset *set, uint64_t gva, size_t n) {
    uint8_t image[XSAVE_SIZE];
    const size_t size = set->read(call->tracee, image);
    return copy_to_guest(call->tracer, gva, image, n < size ? n : size) < 0 ? -EFAULT : 0;
}

static int64_t put_set(const struct ptrace_call *call, const struct regset *set, uint64_t gva, size_t n) {
    uint8_t image[XSAVE_SIZE];
    if (n > set->size) n = set->size;
    if (copy_from_guest(call->tracer, image, gva, n) < 0) return -EFAULT;
    return set->write(call->tracee, image, n);
}

int64_t get_regs(const struct ptrace_call *call) {
    return get_set(call, &sets[0], call->data, sets[0].size);
}

int64_t set_regs(const struct ptrace_call *call) {
    return put_set(call, &sets[0], call->data, sets[0].size);
}

int64_t get_fpregs(const struct ptrace_call *call) {
    return get_set(call, &sets[1], call->data, sets[1].size);
}

int64_t set_fpregs(const struct ptrace_call *call) {
    return put_set(call, &sets[1], call->data, sets[1].size);
}

/* The iovec's length becomes what was moved. */
static int64_t by_iovec(const struct ptrace_call *call, int64_t (*move)(const struct ptrace_call *, const struct regset *, uint64_t, size_t)) {
    struct { uint64_t base, size; } vector;
    const struct regset *set = NULL;
    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        if (sets[i].type == call->address) set = &sets[i];
    }
    if (copy_from_guest(call->tracer, &vector, call->data, sizeof vector) < 0) return -EFAULT;
    if (!set || vector.size % WORD) return -EINVAL;
    if (vector.size > set->size) vector.size = set->size;
    const int64_t r = move(call, set, vector.base, (size_t)vector.size);
    if (r < 0) return r;
    return copy_to_guest(call->tracer, call->data + sizeof vector.base, &vector.size, sizeof vector.size);
}

int64_t get_regset(const struct ptrace_call *call) {
    return by_iovec(call, get_set);
}

int64_t set_regset(const struct ptrace_call *call) {
    return by_iovec(call, put_set);
}
