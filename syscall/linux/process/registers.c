/* SPDX-License-Identifier: ISC */
/* struct user_regs_struct to and from the CPU's state. orig_rax is the number of the call that the thread is in or was
 * interrupted in, -1 if it left guest code otherwise. Source: linux 6.1 arch/x86 ptrace. */
#include "syscall/linux/process/registers.h"

#include "base/error.h"
#include "cpu/flags.h"

#include <string.h>

/* What a tracer may change of RFLAGS. */
#define RFLAGS_TRACED (RFLAGS_ARITH | RFLAGS_TF | RFLAGS_DF | RFLAGS_RF | RFLAGS_AC)

static uint64_t call_number(const struct task *task) {
    return task->syscall.is_current ? task->syscall.number : UINT64_MAX;
}

void registers_get(const struct task *task, struct guest_user_regs *out) {
    const struct cpu_state *s = &task->cpu->state;
    const uint64_t *r = s->gpr;
    *out = (struct guest_user_regs){
        .r15 = r[R15], .r14 = r[R14], .r13 = r[R13], .r12 = r[R12], .rbp = r[RBP], .rbx = r[RBX], .r11 = r[R11], .r10 = r[R10],
        .r9 = r[R9], .r8 = r[R8], .rax = r[RAX], .rcx = r[RCX], .rdx = r[RDX], .rsi = r[RSI], .rdi = r[RDI],
        .orig_rax = call_number(task), .rip = s->rip, .cs = s->seg_sel[SEG_CS], .eflags = rflags_get(s), .rsp = r[RSP],
        .ss = s->seg_sel[SEG_SS], .fs_base = s->seg_base[SEG_FS], .gs_base = s->seg_base[SEG_GS], .ds = s->seg_sel[SEG_DS],
        .es = s->seg_sel[SEG_ES], .fs = s->seg_sel[SEG_FS], .gs = s->seg_sel[SEG_GS]};
}

static int set_call_number(struct task *task, uint64_t value) {
    task->syscall.is_current = (int64_t)value >= 0;
    task->syscall.restartable = task->syscall.is_current; /* if rax is one of the results that ask for it */
    task->syscall.number = (uint32_t)value;
    return 0;
}

static int set_flags(struct task *task, uint64_t value) {
    struct cpu_state *s = &task->cpu->state;
    rflags_set(s, (rflags_get(s) & ~(uint64_t)RFLAGS_TRACED) | (value & RFLAGS_TRACED));
    return 0;
}

static int set_base(struct task *task, enum seg seg, uint64_t value) {
    if (value >= SPACE_END) return -EIO;
    task->cpu->state.seg_base[seg] = value;
    return 0;
}

/* The selectors are those of every 64-bit program; the null ones may be any that user code can load. */
static int set_selector(struct task *task, enum seg seg, uint64_t value) {
    const uint16_t selector = (uint16_t)value;
    if (value != selector || (selector && (selector & 3) != 3)) return -EIO;
    if ((seg == SEG_CS || seg == SEG_SS) && selector != task->cpu->state.seg_sel[seg]) return -EIO;
    task->cpu->state.seg_sel[seg] = selector;
    return 0;
}

/* By the order of struct guest_user_regs. */
static const struct {
    int (*set)(struct task *task, uint64_t value);           /* for what is neither of the others */
    int (*set_seg)(struct task *task, enum seg seg, uint64_t value);
    uint8_t number;                                           /* register or segment */
} rows[] = {
    {NULL, NULL, R15}, {NULL, NULL, R14}, {NULL, NULL, R13}, {NULL, NULL, R12}, {NULL, NULL, RBP}, {NULL, NULL, RBX},
    {NULL, NULL, R11}, {NULL, NULL, R10}, {NULL, NULL, R9}, {NULL, NULL, R8}, {NULL, NULL, RAX}, {NULL, NULL, RCX},
    {NULL, NULL, RDX}, {NULL, NULL, RSI}, {NULL, NULL, RDI}, {set_call_number, NULL, 0}, {NULL, NULL, REG_NONE},
    {NULL, set_selector, SEG_CS}, {set_flags, NULL, 0}, {NULL, NULL, RSP}, {NULL, set_selector, SEG_SS},
    {NULL, set_base, SEG_FS}, {NULL, set_base, SEG_GS}, {NULL, set_selector, SEG_DS}, {NULL, set_selector, SEG_ES},
    {NULL, set_selector, SEG_FS}, {NULL, set_selector, SEG_GS},
};
_Static_assert(sizeof rows / sizeof rows[0] == sizeof(struct guest_user_regs) / 8, "one row per register");

int registers_set_one(struct task *task, unsigned index, uint64_t value) {
    struct cpu_state *s = &task->cpu->state;
    if (rows[index].set) return rows[index].set(task, value);
    if (rows[index].set_seg) return rows[index].set_seg(task, (enum seg)rows[index].number, value);
    if (rows[index].number == REG_NONE) s->rip = value;
    else s->gpr[rows[index].number] = value;
    return 0;
}

int registers_set(struct task *task, const struct guest_user_regs *regs) {
    uint64_t values[sizeof *regs / 8];
    memcpy(values, regs, sizeof values);
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        const int r = registers_set_one(task, i, values[i]);
        if (r < 0) return r;
    }
    return 0;
}

void registers_get_fp(const struct task *task, uint8_t image[FXSAVE_SIZE]) {
    memset(image, 0, FXSAVE_SIZE);
    fxsave_write(&task->cpu->state, image);
}

int registers_set_fp(struct task *task, const uint8_t image[FXSAVE_SIZE]) {
    return fxsave_read(&task->cpu->state, image) ? 0 : -EINVAL;
}

void registers_get_xstate(const struct task *task, uint8_t image[XSAVE_SIZE]) {
    const uint64_t components = XCR0_ALL;
    xsave_write(&task->cpu->state, image);
    memcpy(image + XSAVE_AT_SOFTWARE, &components, sizeof components);
}

int registers_set_xstate(struct task *task, const uint8_t image[XSAVE_SIZE]) {
    return xsave_read(&task->cpu->state, image) ? 0 : -EINVAL;
}
