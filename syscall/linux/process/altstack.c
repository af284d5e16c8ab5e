/* SPDX-License-Identifier: ISC */
/* Checks and changes of the alternate stack. */
#include "syscall/linux/process/altstack.h"

#include "base/error.h"

static bool within(const struct task_altstack *stack, uint64_t rsp) {
    return rsp > stack->base && rsp - stack->base <= stack->size;
}

bool altstack_holds(const struct task_altstack *stack, uint64_t rsp) {
    return !(stack->flags & (SS_AUTODISARM | SS_DISABLE)) && within(stack, rsp);
}

int altstack_set(struct task *task, const struct guest_stack *stack, uint64_t rsp) {
    const uint32_t mode = stack->flags & ~SS_AUTODISARM;
    struct task_altstack wanted = {.base = stack->sp, .size = stack->size, .flags = stack->flags};
    if (altstack_holds(&task->altstack, rsp)) return -EPERM;
    const bool same = wanted.base == task->altstack.base && wanted.size == task->altstack.size;
    if (same && (wanted.flags == (task->altstack.flags & ~(uint32_t)SS_DISABLE))) return 0; /* Linux checks no further */
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0) return -EINVAL;
    if (mode == SS_DISABLE) {
        wanted.base = wanted.size = 0;
    } else if (stack->size < MINSIGSTKSZ) {
        return -ENOMEM;
    }
    wanted.flags &= ~SS_ONSTACK;
    task->altstack = wanted;
    return 0;
}

struct guest_stack altstack_get(const struct task *task, uint64_t rsp) {
    const struct task_altstack *stack = &task->altstack;
    struct guest_stack out = {.sp = stack->base, .size = stack->size, .flags = stack->flags};
    if (stack->size == 0) {
        out.flags |= SS_DISABLE;
    } else if (altstack_holds(stack, rsp)) {
        out.flags |= SS_ONSTACK;
    }
    return out;
}
