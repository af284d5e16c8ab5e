/* SPDX-License-Identifier: ISC */
/* /proc/PID/stat and status: who a thread is, what it does and what it has used. Source: proc(5). */
#include "base/error.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/fs/tty.h"
#include "syscall/linux/fs/vfs.h"
#include "syscall/linux/process/cputime.h"
#include "syscall/linux/process/signal.h"
#include "syscall/linux/procfs/proc_node.h"

#include <string.h>

/* Everything both texts need, gathered under the locks one after another. */
struct facts {
    int pid, tid, ppid, tracer, pgid, sid, n_threads, exit_signal, nice, priority;
    int tty_group; /* in the foreground of its terminal; -1: it has none */
    uint32_t tty;  /* device number */
    uint64_t affinity;
    char state;
    char comm[TASK_COMM_SIZE];
    struct cred cred;
    sigset_bits pending, shared_pending, blocked, ignored, caught;
    struct process_usage own, thread, children;
    int64_t start_ns;
    uint64_t rss_limit, arg_start, arg_end, env_start, env_end;
    unsigned umask;
    int n_queued;
    uint64_t queue_limit;
    struct space_usage memory;
};

static void gather_tree(struct process *process, struct facts *facts) {
    host_mutex_lock(&process->kernel->tasks_lock);
    facts->pgid = process->pgid;
    facts->sid = process->sid;
    facts->tty = process->tty ? (uint32_t)process->tty->rdev : 0;
    facts->tty_group = process->tty ? atomic_load(&process->tty->foreground) : -1;
    facts->n_threads = process->n_threads;
    facts->exit_signal = process->exit_signal;
    facts->children = process->waited_for;
    facts->state = process->state == PROCESS_RUNNING ? 'S' : 'Z';
    host_mutex_unlock(&process->kernel->tasks_lock);
    facts->pid = process->pid;
    facts->tid = process->pid;
    facts->ppid = process_parent_pid(process);
    facts->start_ns = process->start_ns - process->kernel->boot_ns;
    facts->own = cputime_usage(process);
}

static void gather_image(struct process *process, struct facts *facts) {
    host_mutex_lock(&process->lock);
    facts->nice = process->nice;
    facts->rss_limit = process->limits[RLIMIT_RSS].soft;
    facts->queue_limit = process->limits[RLIMIT_SIGPENDING].soft;
    facts->arg_start = process->arg_start;
    facts->arg_end = process->arg_end;
    facts->env_start = process->env_start;
    facts->env_end = process->env_end;
    host_mutex_unlock(&process->lock);
}

static void gather_actions(struct process *process, struct facts *facts) {
    for (int signo = 1; signo <= SIGNAL_COUNT; signo++) {
        const struct guest_sigaction action = signal_action_of(process->actions, signo);
        if (action.handler == SIG_IGN) facts->ignored |= sig_bit(signo);
        if (action.handler != SIG_IGN && action.handler != SIG_DFL) facts->caught |= sig_bit(signo);
    }
}

static void gather_signals(struct process *process, struct task *task, struct facts *facts) {
    host_mutex_lock(&process->signal_lock);
    facts->shared_pending = process->pending.set;
    facts->n_queued = process->pending.n_entries;
    if (task) {
        facts->pending = task->pending.set;
        facts->blocked = task->blocked;
    }
    host_mutex_unlock(&process->signal_lock);
}

static int tracer_of(struct task *task) {
    host_mutex_lock(&task->kernel->tasks_lock);
    const struct task *tracer = atomic_load(&task->trace.tracer);
    const int tid = tracer ? task_tid(tracer) : 0;
    host_mutex_unlock(&task->kernel->tasks_lock);
    return tid;
}

static void gather_thread(struct task *task, bool whole_process, struct facts *facts) {
    facts->tid = task_tid(task);
    facts->tracer = tracer_of(task);
    const char state = atomic_load(&task->state);
    const bool waits = atomic_load(&task->sched.token) == SCHED_ASLEEP || atomic_load(&task->sched.poll_fd) >= 0; /* for a file, say */
    facts->state = state == 'R' && waits ? 'S' : state;
    facts->thread = cputime_usage_of_task(task);
    if (!whole_process) facts->own = facts->thread;
    host_mutex_lock(&task->lock);
    memcpy(facts->comm, task->comm, sizeof facts->comm);
    facts->cred = task->cred;
    facts->priority = task->sched_priority;
    facts->affinity = task->affinity[0];
    if (task->fs) facts->umask = atomic_load(&task->fs->umask);
    host_mutex_unlock(&task->lock);
}

/* Returns 0 or -ESRCH. */
static int gather(const struct proc_node *node, bool whole_process, struct facts *facts) {
    struct process *process = proc_process(node);
    *facts = (struct facts){0};
    if (!process) return -ESRCH;
    struct task *task = proc_task(node);
    gather_tree(process, facts);
    gather_image(process, facts);
    gather_signals(process, task, facts);
    if (task) {
        gather_thread(task, whole_process, facts);
        gather_actions(process, facts);
        task_put(task);
    }
    if (whole_process) facts->tid = facts->pid;
    process_put(process);
    struct address_space *space = proc_space(node);
    if (space) {
        space_get_usage(space, &facts->memory);
        space_put(space);
    }
    return 0;
}

static long long ticks(int64_t ns) {
    return ns / (1000000000 / USER_HZ);
}

static int show_stat(const struct proc_node *node, struct text *text, bool whole_process) {
    struct facts f;
    const int r = gather(node, whole_process, &f);
    if (r) return r;
    text_printf(text, "%d (%s) %c %d %d %d %u %d 4194304 ", f.tid, f.comm, f.state, f.ppid, f.pgid, f.sid, f.tty, f.tty_group);
    text_printf(text, "%llu %llu %llu %llu ", (unsigned long long)f.own.minor_faults, (unsigned long long)f.children.minor_faults,
                (unsigned long long)f.own.major_faults, (unsigned long long)f.children.major_faults);
    text_printf(text, "%lld %lld ", ticks(f.own.cpu_ns - f.own.system_ns), ticks(f.own.system_ns));
    text_printf(text, "%lld %lld ", ticks(f.children.cpu_ns - f.children.system_ns), ticks(f.children.system_ns));
    text_printf(text, "%d %d %d 0 %lld ", f.priority ? -1 - f.priority : 20 + f.nice, f.nice, f.n_threads,
                ticks(f.start_ns));
    text_printf(text, "%llu %llu %llu ", (unsigned long long)f.memory.mapped,
                (unsigned long long)f.memory.resident / GUEST_PAGE_SIZE, (unsigned long long)f.rss_limit);
    text_printf(text, "1 1 0 0 0 %llu %llu %llu %llu 0 0 0 ", (unsigned long long)(f.pending | f.shared_pending),
                (unsigned long long)f.blocked, (unsigned long long)f.ignored, (unsigned long long)f.caught);
    text_printf(text, "%d 0 %d 0 0 0 0 0 0 0 %llu %llu %llu %llu 0\n", f.exit_signal, f.priority,
                (unsigned long long)f.arg_start, (unsigned long long)f.arg_end, (unsigned long long)f.env_start,
                (unsigned long long)f.env_end);
    return 0;
}

PROC_TEXT(process_stat) {
    return show_stat(proc_node_of(node), text, true);
}

PROC_TEXT(thread_stat) {
    return show_stat(proc_node_of(node), text, false);
}

static const char *state_name(char state) {
    switch (state) {
    case 'R': return "R (running)";
    case 'D': return "D (disk sleep)";
    case 'T': return "T (stopped)";
    case 't': return "t (tracing stop)";
    case 'Z': return "Z (zombie)";
    default: return "S (sleeping)";
    }
}

static void show_ids(const struct facts *f, struct text *text) {
    const struct cred *c = &f->cred;
    text_printf(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t256\nGroups:\t", c->uid, c->euid, c->suid,
                c->fsuid, c->gid, c->egid, c->sgid, c->fsgid);
    for (uint32_t i = 0; i < c->n_groups; i++) text_printf(text, "%u ", c->groups[i]);
    text_printf(text, "\n");
}

static void show_memory(const struct space_usage *m, struct text *text) {
    const struct row {
        const char *name;
        uint64_t bytes;
    } rows[] = {
        {"VmPeak", m->mapped}, {"VmSize", m->mapped}, {"VmLck", m->locked}, {"VmPin", 0}, {"VmHWM", m->resident},
        {"VmRSS", m->resident}, {"RssAnon", m->resident - m->shared}, {"RssFile", m->shared}, {"RssShmem", 0},
        {"VmData", m->data}, {"VmStk", m->stack}, {"VmExe", m->text}, {"VmLib", 0}, {"VmPTE", 0}, {"VmSwap", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text_printf(text, "%s:\t%8llu kB\n", rows[i].name, (unsigned long long)rows[i].bytes / 1024);
    }
}

static void show_signals(const struct facts *f, struct text *text) {
    const struct row {
        const char *name;
        uint64_t bits;
    } rows[] = {
        {"SigPnd", f->pending}, {"ShdPnd", f->shared_pending}, {"SigBlk", f->blocked}, {"SigIgn", f->ignored},
        {"SigCgt", f->caught}, {"CapInh", f->cred.cap_inheritable}, {"CapPrm", f->cred.cap_permitted},
        {"CapEff", f->cred.cap_effective}, {"CapBnd", f->cred.cap_bounding}, {"CapAmb", f->cred.cap_ambient},
    };
    text_printf(text, "Threads:\t%d\nSigQ:\t%d/%llu\n", f->n_threads, f->n_queued, (unsigned long long)f->queue_limit);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text_printf(text, "%s:\t%016llx\n", rows[i].name, (unsigned long long)rows[i].bits);
    }
}

/* Bits 0 to 63 as Linux lists them: "0-3,6". */
static void show_list(uint64_t bits, struct text *text) {
    const char *separator = "";
    for (int i = 0; i < 64; i++) {
        if (!(bits >> i & 1)) continue;
        int last = i;
        while (last < 63 && bits >> (last + 1) & 1) last++;
        text_printf(text, last > i ? "%s%d-%d" : "%s%d", separator, i, last);
        separator = ",";
        i = last;
    }
    text_printf(text, "\n");
}

static void show_scheduling(const struct facts *f, int n_cpus, struct text *text) {
    const uint64_t all = n_cpus < 64 ? (1ull << n_cpus) - 1 : UINT64_MAX;
    const uint64_t allowed = f->affinity & all ? f->affinity & all : all;
    text_printf(text, "NoNewPrivs:\t%d\nSeccomp:\t0\nSeccomp_filters:\t0\nSpeculation_Store_Bypass:\tvulnerable\n", f->cred.no_new_privs);
    text_printf(text, "Cpus_allowed:\t%llx\nCpus_allowed_list:\t", (unsigned long long)allowed);
    show_list(allowed, text);
    text_printf(text, "Mems_allowed:\t1\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n",
                (unsigned long long)f->thread.voluntary_switches, (unsigned long long)f->thread.involuntary_switches);
}

PROC_TEXT(status) {
    struct facts f;
    const struct proc_node *place = proc_node_of(node);
    const int r = gather(place, place->tid == 0, &f);
    if (r) return r;
    text_printf(text, "Name:\t%s\nUmask:\t%04o\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
                f.comm, f.umask, state_name(f.state), f.pid, f.tid, f.ppid, f.tracer);
    show_ids(&f, text);
    text_printf(text, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", f.pid, f.tid, f.pgid, f.sid);
    if (f.memory.mapped) show_memory(&f.memory, text);
    show_signals(&f, text);
    show_scheduling(&f, place->kernel->n_cpus, text);
    return 0;
}
