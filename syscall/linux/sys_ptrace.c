/* SPDX-License-Identifier: ISC */
/* ptrace(2): requests by the rows of ptrace_requests.def. A handler gets the tracee frozen, if its row says STOPPED; those that
 * make it go on only say how, it goes when it is let go. Registers are sys_ptrace_registers.c. */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/sys_ptrace.h"

#include "base/bits.h"

enum { TRACEME = 0, ATTACH = 16, SEIZE = 0x4206 };

static int64_t peek_memory(const struct ptrace_call *call) {
    uint64_t word;
    if (space_peek(task_space(call->tracee), &word, call->address, sizeof word) < 0) return -EIO;
    return copy_to_guest(call->tracer, call->data, &word, sizeof word);
}

static int64_t poke_memory(const struct ptrace_call *call) {
    return space_poke(task_space(call->tracee), call->address, &call->data, sizeof call->data) < 0 ? -EIO : 0;
}

static int64_t resume(const struct ptrace_call *call, enum ptrace_resume how) {
    if (call->data > SIGNAL_COUNT) return -EIO;
    ptrace_resume(call->tracee, how, (int)call->data);
    return 0;
}

static int64_t resume_freely(const struct ptrace_call *call) {
    return resume(call, PTRACE_GO);
}

static int64_t resume_to_call(const struct ptrace_call *call) {
    return resume(call, PTRACE_GO_TO_CALL);
}

static int64_t resume_by_step(const struct ptrace_call *call) {
    return resume(call, PTRACE_GO_STEP);
}

static int64_t detach(const struct ptrace_call *call) {
    if (call->data > SIGNAL_COUNT) return -EIO;
    ptrace_detach(call->tracee, (int)call->data);
    return 0;
}

static int64_t kill_tracee(const struct ptrace_call *call) {
    signal_send_task(call->tracee, SIGKILL, SI_USER);
    return 0;
}

static int64_t interrupt_tracee(const struct ptrace_call *call) {
    return ptrace_interrupt(call->tracee);
}

static int64_t listen_tracee(const struct ptrace_call *call) {
    return ptrace_listen(call->tracee);
}

static int64_t set_options(const struct ptrace_call *call) {
    if (call->data & ~(uint64_t)PTRACE_O_MASK) return -EINVAL;
    struct process *process = call->tracee->process;
    host_mutex_lock(&process->signal_lock);
    call->tracee->trace.options = (uint32_t)call->data;
    host_mutex_unlock(&process->signal_lock);
    return 0;
}

static int64_t get_message(const struct ptrace_call *call) {
    return copy_to_guest(call->tracer, call->data, &call->tracee->trace.message, sizeof(uint64_t));
}

static bool has_info(struct task *tracee) {
    host_mutex_lock(&tracee->process->signal_lock);
    const bool has = tracee->trace.has_info;
    host_mutex_unlock(&tracee->process->signal_lock);
    return has;
}

static int64_t get_siginfo(const struct ptrace_call *call) {
    if (!has_info(call->tracee)) return -EINVAL;
    return copy_to_guest(call->tracer, call->data, &call->tracee->trace.info, sizeof(struct guest_siginfo));
}

static int64_t set_siginfo(const struct ptrace_call *call) {
    struct guest_siginfo info;
    if (copy_from_guest(call->tracer, &info, call->data, sizeof info) < 0) return -EFAULT;
    if (!has_info(call->tracee)) return -EINVAL;
    call->tracee->trace.info = info;
    return 0;
}

/* The entry with that index, oldest first. */
static bool find_pending(struct task *tracee, bool shared, uint64_t index, struct guest_siginfo *out) {
    struct process *process = tracee->process;
    bool found = false;
    host_mutex_lock(&process->signal_lock);
    const struct signal_queue *queue = shared ? &process->pending : &tracee->pending;
    LIST_FOR_EACH(node, &queue->entries) {
        if (index--) continue;
        *out = CONTAINER_OF(node, struct signal_entry, node)->info;
        found = true;
        break;
    }
    host_mutex_unlock(&process->signal_lock);
    return found;
}

static int64_t peek_siginfo(const struct ptrace_call *call) {
    struct guest_peeksiginfo args;
    struct guest_siginfo info;
    if (copy_from_guest(call->tracer, &args, call->address, sizeof args) < 0) return -EFAULT;
    if ((args.flags & ~PTRACE_PEEKSIGINFO_SHARED) || args.n < 0) return -EINVAL;
    for (int64_t i = 0; i < args.n; i++) {
        if (i && task_interrupted(call->tracer)) return i;
        if (args.offset > INT32_MAX || !find_pending(call->tracee, args.flags & 1, args.offset + (uint64_t)i, &info)) return i;
        if (copy_to_guest(call->tracer, call->data + (uint64_t)i * sizeof info, &info, sizeof info) < 0) return i ? i : -EFAULT;
    }
    return args.n;
}

static bool has_saved_mask(const struct task *task) {
    return (atomic_load(&task->attention) & ATTENTION_RESTORE_MASK) != 0;
}

static int64_t get_sigmask(const struct ptrace_call *call) {
    const struct task *tracee = call->tracee;
    if (call->address != SIGSET_SIZE) return -EINVAL;
    const sigset_bits mask = has_saved_mask(tracee) ? tracee->saved_mask : tracee->blocked;
    return copy_to_guest(call->tracer, call->data, &mask, sizeof mask);
}

static int64_t set_sigmask(const struct ptrace_call *call) {
    struct task *tracee = call->tracee;
    sigset_bits mask;
    if (call->address != SIGSET_SIZE) return -EINVAL;
    if (copy_from_guest(call->tracer, &mask, call->data, sizeof mask) < 0) return -EFAULT;
    host_mutex_lock(&tracee->process->signal_lock);
    tracee->blocked = mask & ~SIGSET_UNBLOCKABLE;
    task_notify(tracee, ATTENTION_SIGNAL); /* it looks itself at what that lets through */
    host_mutex_unlock(&tracee->process->signal_lock);
    atomic_fetch_and(&tracee->attention, ~(uint32_t)ATTENTION_RESTORE_MASK);
    return 0;
}

static bool is_call_stop(const struct task *tracee) {
    return tracee->trace.has_info && tracee->trace.info.code == (SIGTRAP | PTRACE_SYSCALL_MARK);
}

static size_t describe_call(struct task *tracee, struct guest_syscall_info *out) {
    const struct cpu_state *s = &tracee->cpu->state;
    const uint64_t *r = s->gpr;
    *out = (struct guest_syscall_info){.arch = AUDIT_ARCH_X86_64, .ip = s->rip, .sp = r[RSP]};
    if (has_info(tracee) && is_call_stop(tracee) && tracee->trace.message == PTRACE_EVENTMSG_SYSCALL_ENTRY) {
        const uint64_t args[6] = {r[RDI], r[RSI], r[RDX], r[R10], r[R8], r[R9]};
        out->op = PTRACE_SYSCALL_INFO_ENTRY;
        out->entry.nr = tracee->syscall.is_current ? tracee->syscall.number : UINT64_MAX;
        for (int i = 0; i < 6; i++) out->entry.args[i] = args[i];
        return offsetof(struct guest_syscall_info, entry) + sizeof out->entry.nr + sizeof args;
    }
    if (has_info(tracee) && is_call_stop(tracee) && tracee->trace.message == PTRACE_EVENTMSG_SYSCALL_EXIT) {
        out->op = PTRACE_SYSCALL_INFO_EXIT;
        out->exit.rval = (int64_t)r[RAX];
        out->exit.is_error = r[RAX] >= (uint64_t)-4095;
        return offsetof(struct guest_syscall_info, exit.is_error) + 1;
    }
    return offsetof(struct guest_syscall_info, entry);
}

static int64_t get_syscall_info(const struct ptrace_call *call) {
    struct guest_syscall_info info;
    const size_t size = describe_call(call->tracee, &info);
    const size_t n = call->address < size ? (size_t)call->address : size;
    return copy_to_guest(call->tracer, call->data, &info, n) < 0 ? -EFAULT : (int64_t)size;
}

enum when { ANY, STOPPED };

static const struct ptrace_row {
    uint64_t number;
    int64_t (*handler)(const struct ptrace_call *call);
    enum when when;
} rows[] = {
#define PTRACE(number, name, handler, when) {number, handler, when},
#include "syscall/linux/abi/ptrace_requests.def"
#undef PTRACE
};

static const struct ptrace_row *find_row(uint64_t number) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].number == number) return &rows[i];
    }
    return NULL;
}

static int64_t serve(struct ptrace_call *call, const struct ptrace_row *row, int tid) {
    const bool frozen = !row || row->when == STOPPED;
    call->tracee = frozen ? ptrace_begin(call->tracer, tid) : ptrace_find(call->tracer, tid);
    if (!call->tracee) return -ESRCH;
    const int64_t r = row ? row->handler(call) : -EIO;
    if (frozen) ptrace_end(call->tracee);
    else task_put(call->tracee);
    return r;
}

int64_t sys_ptrace(struct task *task, const uint64_t args[6]) {
    struct ptrace_call call = {.tracer = task, .address = args[2], .data = args[3]};
    switch (args[0]) {
    case TRACEME: return ptrace_traceme(task);
    case ATTACH: return ptrace_attach(task, (int)args[1], false, 0);
    case SEIZE: return args[2] ? -EIO : ptrace_attach(task, (int)args[1], true, args[3]);
    default: return serve(&call, find_row(args[0]), (int)args[1]);
    }
}
