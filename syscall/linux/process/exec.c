/* SPDX-License-Identifier: ISC */
/* exec in two halves. The first makes everything that can fail: the new space with the program in it, private
 * descriptors and dispositions. The second, behind the point of no return, ends the other threads
 * and swaps. */
#include "syscall/linux/process/exec.h"
#include "syscall/linux/process/clone.h"
#include "syscall/linux/process/debugger.h"
#include "syscall/linux/process/exit.h"
#include "syscall/linux/process/futex.h"
#include "syscall/linux/process/pids.h"
#include "syscall/linux/process/posix_timer.h"
#include "syscall/linux/process/ptrace.h"
#include "syscall/linux/process/signal.h"

#include "base/error.h"
#include "cpu/engine.h"
#include "loader/loader.h"
#include "loader/vdso.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/file.h"
#include "syscall/linux/fs/vfs.h"

#include <stdlib.h>
#include <string.h>

/* EXEC_NS: what it takes of a serial machine's time. */
enum { EXEC_NS = 500000, EXE_PATH_MAX = 4096, MINSIGSTKSZ_AVX = 1376 };

struct exec_call {
    struct task *task;
    const struct exec_request *request;
    struct vfs_caller caller;
    struct file *file;              /* counted: what was asked for */
    struct file *image;             /* counted: what is mapped; NULL before */
    struct loader_result loaded;
    /* owned until commit */
    struct address_space *space;
    struct signal_actions *actions; /* counted */
    struct fd_table *fds;           /* counted; NULL: the task's own is not shared */
    char *exe_path;
    uint8_t *auxv;
};

static struct file *as_file(struct loader_file *file) {
    return (struct file *)file;
}

static int open_for_loader(void *arg, const char *path, struct loader_file **out) {
    struct exec_call *call = arg;
    struct file *file;
    const int r = vfs_open_exec(&call->caller, AT_FDCWD, path, 0, &file);
    if (r == 0) *out = (struct loader_file *)file;
    return r;
}

static int64_t read_for_loader(void *arg, struct loader_file *file, uint64_t offset, void *buf, size_t n) {
    return file_read_kernel(as_file(file), buf, n, (int64_t)offset);
}

static int object_for_loader(void *arg, struct loader_file *file, struct mem_object **out) {
    int err = -ENOMEM;
    *out = file_mem_object(as_file(file), false, &err);
    return *out ? 0 : err;
}

static void close_for_loader(void *arg, struct loader_file *file) {
    file_put(as_file(file));
}

static const struct loader_ops loader_ops = {open_for_loader, read_for_loader, object_for_loader, close_for_loader};

static uint64_t random_for_loader(void *arg) {
    const struct exec_call *call = arg;
    uint64_t bits = 0;
    entropy_fill(&call->task->kernel->options.entropy, &bits, sizeof bits);
    return bits;
}

static struct loader_facts facts(const struct task *task) {
    const struct kernel_options *options = &task->kernel->options;
    const struct cred *cred = &task->cred;
    struct loader_facts facts = {.uid = cred->uid, .euid = cred->euid, .gid = cred->gid, .egid = cred->egid,
                                 .hwcap = options->hwcap, .hwcap2 = options->hwcap2, .minsigstksz = MINSIGSTKSZ_AVX};
    entropy_fill(&options->entropy, facts.random, sizeof facts.random);
    return facts;
}

/* A script named by a close-on-exec descriptor is gone when its interpreter would open it. */
static bool path_closes(const struct exec_call *call) {
    const struct exec_request *request = call->request;
    if (request->dirfd == AT_FDCWD || request->path[0] == '/') return false;
    return fd_table_get_cloexec(call->task->fds, request->dirfd) == 1;
}

static void set_limits(struct process *process, struct address_space *space) {
    host_mutex_lock(&process->lock);
    space_set_limits(space, process->limits[RLIMIT_AS].soft, process->limits[RLIMIT_DATA].soft,
                     process->limits[RLIMIT_STACK].soft);
    host_mutex_unlock(&process->lock);
}

/* fexecve: the program is known by its descriptor. */
static const char *loader_path(const struct exec_request *request, char buf[32]) {
    static const char digits[] = "0123456789";
    if (request->path[0] || request->dirfd < 0) return request->path;
    char *p = buf + 31;
    *p = 0;
    for (int fd = request->dirfd; p == buf + 31 || fd; fd /= 10) *--p = digits[fd % 10];
    p -= strlen("/dev/fd/");
    memcpy(p, "/dev/fd/", strlen("/dev/fd/"));
    return p;
}

static void report_failure(const struct exec_call *call) {
    struct kernel *kernel = call->task->kernel;
    log_verbose(kernel->log, "%s: %s", call->request->path, call->loaded.reason);
    host_mutex_lock(&kernel->tasks_lock);
    if (!call->task->process->has_execed) memcpy(kernel->start_reason, call->loaded.reason, sizeof call->loaded.reason);
    host_mutex_unlock(&kernel->tasks_lock);
}

static int load(struct exec_call *call) {
    struct task *task = call->task;
    char fd_path[32];
    call->space = space_new(task->kernel->frame_pool);
    if (!call->space) return -ENOMEM;
    set_limits(task->process, call->space);
    const struct loader_request request = {
        .ops = &loader_ops, .arg = call, .file = (struct loader_file *)call->file,
        .path = loader_path(call->request, fd_path), .path_closes = path_closes(call), .argv = call->request->argv,
        .envp = call->request->envp, .stack_limit = process_limit(task->process, RLIMIT_STACK),
        .random = task->kernel->options.fixed_addresses ? NULL : random_for_loader, .facts = facts(task), .vdso = &vdso_image};
    const int r = load_program(call->space, &request, &call->loaded);
    if (r < 0) {
        report_failure(call);
        if (call->loaded.fatal) signal_group_exit(task->process, SIGSEGV);
        return r;
    }
    call->image = as_file(call->loaded.image);
    if (call->image == call->file) file_get(call->image);
    return 0;
}

/* Copies what others share with us, so that exec changes only our own. */
static int make_private(struct exec_call *call) {
    struct task *task = call->task;
    struct process *process = task->process;
    call->actions = signal_actions_copy(process->actions);
    call->fds = fd_table_unshare(task->fds);
    call->exe_path = malloc(EXE_PATH_MAX);
    if (!call->fds) return -ENOMEM;
    host_mutex_lock(&task->lock);
    task->fds = call->fds;
    host_mutex_unlock(&task->lock);
    if (!call->actions || !call->exe_path) return -ENOMEM;
    const int64_t n = file_path(call->image, call->exe_path, EXE_PATH_MAX - 1);
    call->exe_path[n < 0 ? 0 : n] = 0;
    const uint64_t size = call->loaded.auxv_end - call->loaded.auxv_start;
    call->auxv = malloc(size);
    return call->auxv ? space_peek(call->space, call->auxv, call->loaded.auxv_start, size) : -ENOMEM;
}

/* Ends all other threads. Returns 0, or -EAGAIN when this process is to die or another thread execs. */
static int end_other_threads(struct task *task) {
    struct process *process = task->process;
    host_mutex_lock(&process->signal_lock);
    const bool refused = process->group_exit || process->exec_task;
    if (!refused) {
        process->exec_task = task;
        LIST_FOR_EACH(node, &process->threads) {
            struct task *other = CONTAINER_OF(node, struct task, thread_node);
            if (other != task) task_notify(other, ATTENTION_EXIT);
        }
    }
    host_mutex_unlock(&process->signal_lock);
    if (refused) return -EAGAIN;
    bool alone = false, dying = false;
    while (!alone && !dying) {
        host_mutex_lock(&process->signal_lock);
        alone = process->n_threads == 1;
        dying = process->group_exit;
        if (alone || dying) process->exec_task = NULL;
        host_mutex_unlock(&process->signal_lock);
        if (!alone && !dying) sched_block_uninterruptible(&task->sched, SCHED_NEVER);
    }
    return alone && !dying ? 0 : -EAGAIN;
}

/* The process keeps its pid whichever thread of it called exec. */
static void become_leader(struct task *task) {
    struct process *process = task->process;
    host_mutex_lock(&task->kernel->tasks_lock);
    ptrace_become_leader_locked(task, process);
    if (task_tid(task) != process->pid) pids_renumber_task_locked(task, process->pid);
    process->leader = task;
    process->exit_signal = SIGCHLD;
    process->has_execed = true;
    host_mutex_unlock(&task->kernel->tasks_lock);
}

/* The old memory's last words: robust locks and CLEARTID. */
static void leave_old_space(struct task *task) {
    if (!task->process->space) return;
    futex_exit(task);
    exit_clear_tid(task);
}

/* Everything but the new space: until enter_new_space the process has none, as after its exit. */
static void swap_process(struct exec_call *call) {
    struct process *process = call->task->process;
    host_mutex_lock(&process->signal_lock);
    host_mutex_lock(&process->lock);
    struct address_space *old_space = process->space;
    struct signal_actions *old_actions = process->actions;
    char *old_path = process->exe_path;
    uint8_t *old_auxv = process->auxv;
    process->space = NULL;
    process->actions = call->actions;
    process->exe_path = call->exe_path;
    process->auxv = call->auxv;
    process->auxv_size = call->loaded.auxv_end - call->loaded.auxv_start;
    process->arg_start = call->loaded.arg_start;
    process->arg_end = call->loaded.arg_end;
    process->env_start = call->loaded.env_start;
    process->env_end = call->loaded.env_end;
    process->dumpable = 1;
    process->membarrier_registered = 0;
    host_mutex_unlock(&process->lock);
    host_mutex_unlock(&process->signal_lock);
    if (old_space) space_put(old_space);
    signal_actions_put(old_actions);
    free(old_path);
    free(old_auxv);
    call->actions = NULL;
    call->exe_path = NULL;
    call->auxv = NULL;
}

static void set_comm(struct task *task, const char *path) {
    const char *slash = strrchr(path, '/');
    host_mutex_lock(&task->lock);
    memset(task->comm, 0, sizeof task->comm);
    strncpy(task->comm, slash ? slash + 1 : path, sizeof task->comm - 1);
    cred_exec(&task->cred);
    host_mutex_unlock(&task->lock);
}

/* The old space may be gone by now, and the place that it had free. */
static void enter_new_space(struct exec_call *call) {
    struct task *task = call->task;
    struct process *process = task->process;
    task->kernel->options.engine->flush(task->cpu);
    tlb_attach(&task->cpu->tlb, NULL);
    space_take_identity(call->space);
    host_mutex_lock(&process->lock);
    process->space = call->space;
    host_mutex_unlock(&process->lock);
    call->space = NULL;
    tlb_attach(&task->cpu->tlb, process->space);
}

static void reset_cpu(struct exec_call *call) {
    struct task *task = call->task;
    cpu_reset_state(task->cpu);
    task->cpu->state.rip = call->loaded.entry;
    task->cpu->state.gpr[RSP] = call->loaded.stack;
}

static void commit(struct exec_call *call) {
    struct task *task = call->task;
    become_leader(task);
    posix_timers_end(task->process);
    leave_old_space(task);
    signal_actions_reset(call->actions, true);
    swap_process(call);
    enter_new_space(call);
    reset_cpu(call);
    clone_vfork_release(task);
    fd_table_exec(task->fds);
    task->altstack = (struct task_altstack){.flags = SS_DISABLE};
    task->syscall.restartable = false;
    task->restart.fn = NULL;
    set_comm(task, call->request->path[0] ? call->request->path : task->process->exe_path);
}

static void release(struct exec_call *call) {
    if (call->space) space_put(call->space);
    signal_actions_put(call->actions);
    if (call->image) file_put(call->image);
    if (call->file) file_put(call->file);
    free(call->exe_path);
    free(call->auxv);
}

int exec_program(struct task *task, const struct exec_request *request) {
    struct exec_call call = {
        .task = task, .request = request,
        .caller = {.fs = task->fs, .fds = task->fds, .task = task, .self = &task->sched}};
    const int former_tid = task_tid(task);
    int r = vfs_open_exec(&call.caller, request->dirfd, request->path, request->at_flags, &call.file);
    if (r == 0) r = load(&call);
    if (r == 0) r = make_private(&call);
    if (r == 0) r = end_other_threads(task);
    if (r == 0) commit(&call);
    sched_spend(&task->sched, EXEC_NS);
    release(&call);
    if (r == 0) debugger_event(task, DEBUGGER_EXEC, former_tid);
    if (r == 0) ptrace_exec(task, former_tid);
    return r;
}
