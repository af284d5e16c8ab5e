/* SPDX-License-Identifier: ISC */
/* Layout from the top down: red zone (or the alternate stack's end), XSAVE image on 64 bytes with its second magic,
 * struct rt_sigframe so that rsp is 16n + 8 at the handler's entry, as after a call. */
#include "syscall/linux/process/sigframe.h"
#include "syscall/linux/process/altstack.h"

#include "base/bits.h"
#include "base/error.h"
#include "cpu/flags.h"
#include "cpu/xsave.h"
#include "syscall/linux/abi/sigframe.h"

#include <string.h>

enum { IMAGE_SIZE = XSAVE_SIZE + FP_XSTATE_MAGIC2_SIZE, USER_CS = 0x33, USER_SS = 0x2b };

/* What rt_sigreturn may change in RFLAGS. */
#define RFLAGS_RESTORED (RFLAGS_ARITH | RFLAGS_TF | RFLAGS_DF | RFLAGS_RF | RFLAGS_AC)

static uint64_t top_of_frame(const struct task *task, const struct delivery *delivery, bool *on_altstack) {
    const uint64_t rsp = task->cpu->state.gpr[RSP];
    const struct task_altstack *alt = &task->altstack;
    *on_altstack = altstack_holds(alt, rsp);
    const bool usable = alt->size != 0 && !(alt->flags & SS_DISABLE) && !*on_altstack;
    if (!(delivery->action.flags & SA_ONSTACK) || !usable) return rsp - SIGFRAME_RED_ZONE;
    *on_altstack = true;
    return alt->base + alt->size;
}

static void fill_context(const struct task *task, struct guest_sigcontext *context, uint64_t mask) {
    const struct cpu_state *s = &task->cpu->state;
    const uint64_t *r = s->gpr;
    *context = (struct guest_sigcontext){
        .r8 = r[R8], .r9 = r[R9], .r10 = r[R10], .r11 = r[R11], .r12 = r[R12], .r13 = r[R13], .r14 = r[R14],
        .r15 = r[R15], .rdi = r[RDI], .rsi = r[RSI], .rbp = r[RBP], .rbx = r[RBX], .rdx = r[RDX], .rax = r[RAX],
        .rcx = r[RCX], .rsp = r[RSP], .rip = s->rip, .eflags = rflags_get(s), .cs = USER_CS, .ss = USER_SS,
        .err = task->trap.error_code, .trapno = task->trap.number, .oldmask = mask, .cr2 = task->trap.cr2};
}

static void fill_image(const struct task *task, uint8_t image[IMAGE_SIZE]) {
    const struct fp_sw_reserved software = {
        .magic1 = FP_XSTATE_MAGIC1, .extended_size = IMAGE_SIZE, .features = XCR0_ALL, .xstate_size = XSAVE_SIZE};
    const uint32_t magic2 = FP_XSTATE_MAGIC2;
    xsave_write(&task->cpu->state, image);
    memcpy(image + FP_SW_RESERVED_OFFSET, &software, sizeof software);
    memcpy(image + XSAVE_SIZE, &magic2, sizeof magic2);
}

static void fill_frame(const struct task *task, const struct delivery *delivery, sigset_bits mask, uint64_t image_gva,
                       struct rt_sigframe *frame) {
    memset(frame, 0, sizeof *frame);
    frame->pretcode = delivery->action.restorer;
    frame->uc.flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
    frame->uc.stack = (struct guest_stack){
        .sp = task->altstack.base, .flags = task->altstack.flags, .size = task->altstack.size};
    fill_context(task, &frame->uc.mcontext, mask);
    frame->uc.mcontext.fpstate = image_gva;
    frame->uc.sigmask = mask;
    frame->info = delivery->info;
}

static void reset_fpu(struct cpu_state *s) {
    memset(&s->x87, 0, sizeof s->x87);
    s->x87.fcw = 0x37f;
    s->mxcsr = 0x1f80;
    memset(s->ymm, 0, sizeof s->ymm);
}

static void enter_handler(struct task *task, const struct delivery *delivery, uint64_t frame_gva) {
    struct cpu_state *s = &task->cpu->state;
    s->gpr[RSP] = frame_gva;
    s->gpr[RAX] = 0;
    s->gpr[RDI] = (uint64_t)delivery->signo;
    s->gpr[RSI] = frame_gva + offsetof(struct rt_sigframe, info);
    s->gpr[RDX] = frame_gva + offsetof(struct rt_sigframe, uc);
    s->rip = delivery->action.handler;
    rflags_set(s, rflags_get(s) & ~(uint64_t)(RFLAGS_DF | RFLAGS_RF | RFLAGS_TF));
    reset_fpu(s);
}

int sigframe_push(struct task *task, const struct delivery *delivery, sigset_bits saved_mask) {
    uint8_t image[IMAGE_SIZE];
    struct rt_sigframe frame;
    bool on_altstack;
    const uint64_t top = top_of_frame(task, delivery, &on_altstack);
    const uint64_t image_gva = align_down(top - IMAGE_SIZE, SIGFRAME_FP_ALIGN);
    const uint64_t frame_gva = align_down(image_gva - sizeof frame, 16) - 8;
    if (!(delivery->action.flags & SA_RESTORER)) return -EFAULT;
    if (on_altstack && !altstack_holds(&task->altstack, frame_gva)) return -EFAULT;
    fill_image(task, image);
    fill_frame(task, delivery, saved_mask, image_gva, &frame);
    if (copy_to_guest(task, image_gva, image, sizeof image) < 0) return -EFAULT;
    if (copy_to_guest(task, frame_gva, &frame, sizeof frame) < 0) return -EFAULT;
    if (task->altstack.flags & SS_AUTODISARM) task->altstack = (struct task_altstack){.flags = SS_DISABLE};
    enter_handler(task, delivery, frame_gva);
    return 0;
}

/* A frame without the magic numbers holds the 512 legacy bytes only. */
static bool is_extended(struct task *task, uint64_t gva, const uint8_t *image) {
    struct fp_sw_reserved software;
    uint32_t magic2;
    memcpy(&software, image + FP_SW_RESERVED_OFFSET, sizeof software);
    if (software.magic1 != FP_XSTATE_MAGIC1 || software.xstate_size != XSAVE_SIZE) return false;
    if (software.extended_size != IMAGE_SIZE) return false;
    return copy_from_guest(task, &magic2, gva + XSAVE_SIZE, sizeof magic2) == 0 && magic2 == FP_XSTATE_MAGIC2;
}

static int restore_fpu(struct task *task, uint64_t gva) {
    struct cpu_state *s = &task->cpu->state;
    uint8_t image[XSAVE_SIZE];
    if (!gva) {
        reset_fpu(s);
        return 0;
    }
    if (copy_from_guest(task, image, gva, FXSAVE_SIZE) < 0) return -EFAULT;
    if (!is_extended(task, gva, image)) return fxsave_read(s, image) ? 0 : -EFAULT;
    if (copy_from_guest(task, image, gva, sizeof image) < 0) return -EFAULT;
    return xsave_read(s, image) ? 0 : -EFAULT;
}

static void restore_registers(struct cpu_state *s, const struct guest_sigcontext *c) {
    const uint64_t values[16] = {c->rax, c->rcx, c->rdx, c->rbx, c->rsp, c->rbp, c->rsi, c->rdi,
                                 c->r8,  c->r9,  c->r10, c->r11, c->r12, c->r13, c->r14, c->r15};
    memcpy(s->gpr, values, sizeof values);
    s->rip = c->rip;
    rflags_set(s, (rflags_get(s) & ~(uint64_t)RFLAGS_RESTORED) | (c->eflags & RFLAGS_RESTORED));
}

int sigframe_pop(struct task *task) {
    struct cpu_state *s = &task->cpu->state;
    struct rt_sigframe frame;
    if (copy_from_guest(task, &frame, s->gpr[RSP] - 8, sizeof frame) < 0) return -EFAULT;
    if (restore_fpu(task, frame.uc.mcontext.fpstate) < 0) return -EFAULT;
    signal_set_blocked(task, frame.uc.sigmask);
    restore_registers(s, &frame.uc.mcontext);
    altstack_set(task, &frame.uc.stack, s->gpr[RSP]); /* a bad one is ignored, as Linux does */
    return 0;
}
