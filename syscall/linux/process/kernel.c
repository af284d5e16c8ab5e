/* SPDX-License-Identifier: ISC */
/* Life of the kernel: the first process, waiting for it, ending everything. */
#include "syscall/linux/process/kernel.h"
#include "syscall/linux/process/exec.h"
#include "syscall/linux/process/exit.h"
#include "syscall/linux/process/futex.h"
#include "syscall/linux/process/identify.h"
#include "syscall/linux/process/job_control.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/signal.h"

#include "base/error.h"
#include "sched/timer.h"
#include "syscall/linux/abi/fcntl.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/fs_context.h"
#include "syscall/linux/fs/tty.h"
#include "syscall/linux/fs/walk.h"
#include "syscall/linux/ipc/ipc.h"
#include "syscall/linux/net/net.h"

#include <stdlib.h>
#include <string.h>

static void set_names(struct kernel *kernel) {
    const char *name = kernel->options.hostname ? kernel->options.hostname : "lockstep";
    strncpy(kernel->hostname, name, sizeof kernel->hostname - 1);
    strncpy(kernel->domainname, "(none)", sizeof kernel->domainname - 1);
}

struct kernel *kernel_new(const struct kernel_options *options) {
    struct kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel) return NULL;
    kernel->options = *options;
    kernel->log = options->log;
    kernel->frame_pool = options->frame_pool;
    kernel->vfs = options->vfs;
    kernel->scheduler = options->scheduler;
    kernel->timers = scheduler_timers(options->scheduler);
    kernel->n_cpus = options->n_cpus > 0 ? options->n_cpus : host_cpu_count();
    kernel->boot_ns = scheduler_monotonic_ns(kernel->scheduler);
    kernel->last_pid = KERNEL_PID_FIRST - 1;
    host_mutex_init(&kernel->tasks_lock);
    host_mutex_init(&kernel->names_lock);
    for (int i = 0; i < KERNEL_PID_BUCKETS; i++) {
        list_init(&kernel->tasks_by_tid[i]);
        list_init(&kernel->processes_by_pid[i]);
    }
    set_names(kernel);
    job_control_init(kernel);
    kernel->futexes = futex_table_new();
    kernel->ipc = ipc_new(kernel->scheduler);
    kernel->net = net_new(&(struct net_options){
        .vfs = options->vfs, .reach = (enum net_reach)options->net, .identify = task_identify,
    });
    if (kernel->futexes && kernel->ipc && kernel->net) return kernel;
    kernel_free(kernel);
    return NULL;
}

void kernel_kill_all(struct kernel *kernel) {
    host_mutex_lock(&kernel->tasks_lock);
    kernel->shutting_down = true;
    PIDS_FOR_EACH_PROCESS(process, kernel) signal_group_exit(process, SIGKILL);
    host_mutex_unlock(&kernel->tasks_lock);
}

static void kill_all_posted(void *arg, int unused) {
    kernel_kill_all(arg);
}

/* Without a task there is nothing to kill; with some, they are a serial machine's own business. */
static void kill_everything(struct kernel *kernel) {
    if (atomic_load(&kernel->live)) scheduler_post(kernel->scheduler, kill_all_posted, kernel, 0);
    for (;;) {
        const uint32_t live = atomic_load(&kernel->live);
        if (live == 0) break;
        host_futex_wait(&kernel->live, live, HOST_NEVER);
    }
}

static void reap_everything(struct kernel *kernel) {
    host_mutex_lock(&kernel->tasks_lock);
    for (int i = 0; i < KERNEL_PID_BUCKETS; i++) {
        LIST_FOR_EACH(node, &kernel->processes_by_pid[i]) exit_reap_locked(CONTAINER_OF(node, struct process, pid_node));
    }
    host_mutex_unlock(&kernel->tasks_lock);
    process_put(kernel->init);
    kernel->init = NULL;
}

static void remove_first_task(struct task *task) {
    struct kernel *kernel = task->kernel;
    host_mutex_lock(&kernel->tasks_lock);
    host_mutex_lock(&task->process->signal_lock);
    list_remove(&task->thread_node);
    task->process->n_threads = 0;
    host_mutex_unlock(&task->process->signal_lock);
    pids_remove_task_locked(task);
    kernel->init = NULL;
    exit_reap_locked(task->process);
    host_mutex_unlock(&kernel->tasks_lock);
    process_put(task->process);
    task_put(task);
}

void kernel_free(struct kernel *kernel) {
    if (!kernel) return;
    if (kernel->first) { /* nobody waited for it */
        remove_first_task(kernel->first);
        task_put(kernel->first);
        kernel->first = NULL;
    }
    kill_everything(kernel);
    reap_everything(kernel);
    ipc_free(kernel->ipc);
    net_free(kernel->net);
    futex_table_free(kernel->futexes);
    host_mutex_fini(&kernel->tasks_lock);
    host_mutex_fini(&kernel->names_lock);
    free(kernel);
}

/* The first task, not yet in any table. fds and fs move to it. */
static struct task *make_first_task(struct kernel *kernel, struct fd_table *fds, struct fs_context *fs) {
    struct process *process = process_new(kernel);
    struct task *task = process ? task_new(process) : NULL;
    if (task) process->actions = signal_actions_new();
    if (!task || !process->actions) {
        task_put(task);
        process_put(process);
        fd_table_put(fds);
        fs_context_put(fs);
        return NULL;
    }
    process_put(process); /* the task holds it */
    task->fds = fds;
    task->fs = fs;
    cred_init(&task->cred, kernel->options.uid, kernel->options.gid);
    task->blocked = kernel->options.inherited_blocked & ~SIGSET_UNBLOCKABLE;
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        const bool ignored = (kernel->options.inherited_ignored >> i) & 1;
        if (ignored) process->actions->action[i].handler = SIG_IGN;
    }
    process->limits[RLIMIT_CORE].soft = kernel->options.core_limit;
    fd_table_set_limit(fds, process->limits[RLIMIT_NOFILE].soft);
    return task;
}

/* The session is the machine's: the terminal belongs to whoever started us. */
static int enter_first_task(struct task *task) {
    struct kernel *kernel = task->kernel;
    struct process *process = task->process;
    host_mutex_lock(&kernel->tasks_lock);
    const int pid = pids_allocate_locked(kernel);
    if (pid > 0) {
        process->pid = process->pgid = pid;
        process->sid = KERNEL_PID;
        job_control_start_locked(process);
        process->exit_signal = SIGCHLD;
        process->leader = task;
        atomic_store(&task->tid, pid);
        host_mutex_lock(&process->signal_lock);
        list_append(&process->threads, &task->thread_node);
        process->n_threads = 1;
        host_mutex_unlock(&process->signal_lock);
        kernel->init = process_get(process);
        pids_add_process_locked(process_get(process));
        pids_add_task_locked(task_get(task));
    }
    host_mutex_unlock(&kernel->tasks_lock);
    return pid < 0 ? pid : 0;
}

static int start_first_task(struct task *task) {
    struct kernel *kernel = task->kernel;
    task_get(task); /* the host thread's, or kernel->first's */
    if (kernel->options.open) {
        kernel->first = task;
        return 0;
    }
    const int r = task_start(task);
    if (r < 0) task_put(task);
    return r;
}

int kernel_start_init(struct kernel *kernel, const char *path, char *const argv[], char *const envp[],
                      struct fd_table *fds, struct fs_context *fs) {
    struct task *task = make_first_task(kernel, fds, fs);
    if (!task) return -ENOMEM;
    int r = enter_first_task(task);
    if (r == 0) {
        const struct exec_request request = {.dirfd = AT_FDCWD, .path = path, .argv = (const char *const *)argv,
                                             .envp = (const char *const *)envp};
        r = exec_program(task, &request);
        if (r == 0) r = start_first_task(task);
        if (r < 0) remove_first_task(task);
    }
    task_put(task);
    return r;
}

void kernel_run_first(struct kernel *kernel) {
    struct task *task = kernel->first;
    if (!task) return;
    kernel->first = NULL;
    task_run_here(task);
}

bool kernel_runs_first(struct kernel *kernel, const struct task *task) {
    return atomic_load(&kernel->notified) == task;
}

void kernel_notify_first(struct kernel *kernel) {
    struct task *task = atomic_load(&kernel->notified);
    if (task) task_notify(task, ATTENTION_HOST);
}

int kernel_wait(struct kernel *kernel) {
    while (!atomic_load(&kernel->init_event)) host_futex_wait(&kernel->init_event, 0, HOST_NEVER);
    host_mutex_lock(&kernel->tasks_lock);
    const int status = kernel->init_status;
    host_mutex_unlock(&kernel->tasks_lock);
    kill_everything(kernel);
    return status;
}

/* Signals that a terminal sends, to its foreground process group. */
static bool comes_from_terminal(int signo) {
    return signo == SIGINT || signo == SIGQUIT || signo == SIGTSTP || signo == SIGWINCH;
}

/* What the host's shell or its terminal's end sends to our group: the first process's and the foreground's. */
static bool goes_to_all(int signo) {
    return signo == SIGCONT || signo == SIGHUP;
}

void kernel_signal_from_host(struct kernel *kernel, int signo, enum host_signal_reach reach) {
    if (signo < 1 || signo > SIGNAL_COUNT) return;
    host_mutex_lock(&kernel->tasks_lock);
    struct process *init = kernel->init;
    struct tty *tty = kernel->vfs ? vfs_terminal(kernel->vfs) : NULL;
    const int foreground = tty && tty->session == KERNEL_PID ? atomic_load(&tty->foreground) : init ? init->pgid : 0;
    PIDS_FOR_EACH_PROCESS(process, kernel) {
        const bool to_group = reach != HOST_SIGNAL_PROCESS && init && process->pgid == init->pgid;
        const bool in_group = to_group || (process->pgid == foreground && (comes_from_terminal(signo) || goes_to_all(signo)));
        const bool is_init = process == init && !comes_from_terminal(signo);
        if (process == init && reach == HOST_SIGNAL_REST) continue;
        if ((in_group || is_init) && process->state == PROCESS_RUNNING) signal_send_process(process, signo, SI_KERNEL);
    }
    host_mutex_unlock(&kernel->tasks_lock);
}
