/* SPDX-License-Identifier: ISC */
/* Notes of a core file, in the order of Linux's: the thread that took the signal, the process, then the other threads.
 * Source: core(5), linux 6.1 uapi elfcore.h and fs/binfmt_elf. */
#include "syscall/linux/process/core_dump.h"
#include "syscall/linux/process/cputime.h"
#include "syscall/linux/process/registers.h"

#include "loader/elf_format.h"
#include "syscall/linux/abi/time.h"

#include <stdlib.h>
#include <string.h>

enum { NT_PRPSINFO = 3, NT_AUXV = 6, NT_FILE = 0x46494c45, NT_SIGINFO = 0x53494749 };

struct elf_prstatus {
    int32_t signo, code, error;
    int16_t current_signal, pad_;
    uint64_t pending, held;
    int32_t pid, ppid, pgid, sid;
    struct guest_timeval utime, stime, cutime, cstime;
    struct guest_user_regs regs;
    int32_t has_fp, pad2_;
};
_Static_assert(sizeof(struct elf_prstatus) == 336, "struct elf_prstatus is 336 bytes");

struct elf_prpsinfo {
    char state, state_name, zombie, nice;
    uint32_t pad_;
    uint64_t flags;
    uint32_t uid, gid;
    int32_t pid, ppid, pgid, sid;
    char name[16], arguments[80];
};
_Static_assert(sizeof(struct elf_prpsinfo) == 136, "struct elf_prpsinfo is 136 bytes");

static void pad(struct core_bytes *out) {
    static const uint8_t zeros[4];
    core_append(out, zeros, (4 - out->size % 4) % 4);
}

static void note(struct core_bytes *out, const char *name, uint32_t type, const void *content, size_t size) {
    const struct elf_note head = {.name_size = (uint32_t)strlen(name) + 1, .content_size = (uint32_t)size, .type = type};
    core_append(out, &head, sizeof head);
    core_append(out, name, head.name_size);
    pad(out);
    core_append(out, content, size);
    pad(out);
}

struct ids {
    int ppid, pgid, sid;
};

static struct ids ids_of(struct process *process) {
    struct ids ids = {.ppid = process_parent_pid(process)};
    host_mutex_lock(&process->kernel->tasks_lock);
    ids.pgid = process->pgid;
    ids.sid = process->sid;
    host_mutex_unlock(&process->kernel->tasks_lock);
    return ids;
}

static void thread_status(struct core_bytes *out, struct task *task, const struct guest_siginfo *info) {
    const struct ids ids = ids_of(task->process);
    struct elf_prstatus status = {
        .signo = info->signo, .code = info->code, .error = info->error, .current_signal = (int16_t)info->signo, .held = task->blocked,
        .pid = task_tid(task), .ppid = ids.ppid, .pgid = ids.pgid, .sid = ids.sid, .utime = timeval_from_ns(cputime_of_task(task)),
        .has_fp = 1};
    host_mutex_lock(&task->process->signal_lock);
    status.pending = task->pending.set;
    host_mutex_unlock(&task->process->signal_lock);
    registers_get(task, &status.regs);
    note(out, "CORE", NT_PRSTATUS, &status, sizeof status);
}

static void thread_fp(struct core_bytes *out, const struct task *task) {
    uint8_t image[XSAVE_SIZE];
    registers_get_fp(task, image);
    note(out, "CORE", NT_PRFPREG, image, FXSAVE_SIZE);
    registers_get_xstate(task, image);
    note(out, "LINUX", NT_X86_XSTATE, image, XSAVE_SIZE);
}

static void copy_arguments(struct process *process, char out[80]) {
    host_mutex_lock(&process->lock);
    const uint64_t start = process->arg_start, size = process->arg_end - start;
    host_mutex_unlock(&process->lock);
    size_t n = size < 79 ? (size_t)size : 79;
    if (space_peek(process->space, out, start, n) < 0) n = 0;
    memset(out + n, 0, 80 - n);
    for (size_t i = 0; i + 1 < n; i++) {
        if (!out[i]) out[i] = ' ';
    }
}

static void process_info(struct core_bytes *out, struct task *task) {
    const struct ids ids = ids_of(task->process);
    struct elf_prpsinfo info = {
        .state_name = 'R', .uid = task->cred.uid, .gid = task->cred.gid, .pid = task->process->pid, .ppid = ids.ppid, .pgid = ids.pgid,
        .sid = ids.sid};
    memcpy(info.name, task->comm, sizeof info.name);
    copy_arguments(task->process, info.arguments);
    note(out, "CORE", NT_PRPSINFO, &info, sizeof info);
}

static void auxiliary_vector(struct core_bytes *out, struct process *process) {
    host_mutex_lock(&process->lock);
    if (process->auxv) note(out, "CORE", NT_AUXV, process->auxv, (size_t)process->auxv_size);
    host_mutex_unlock(&process->lock);
}

/* Count and page size, an address range and a page of the file for each, then the names. */
static void files(struct core_bytes *out, const struct core_map *map) {
    struct core_bytes content = {0};
    uint64_t head[2] = {0, GUEST_PAGE_SIZE};
    for (size_t i = 0; i < map->n; i++) head[0] += map->region[i].is_file;
    core_append(&content, head, sizeof head);
    for (size_t i = 0; i < map->n; i++) {
        const struct core_region *r = &map->region[i];
        const uint64_t row[3] = {r->start, r->end, r->offset / GUEST_PAGE_SIZE};
        if (r->is_file) core_append(&content, row, sizeof row);
    }
    for (size_t i = 0; i < map->n; i++) {
        const struct core_region *r = &map->region[i];
        if (r->is_file) core_append(&content, r->name, strlen(r->name) + 1);
    }
    if (head[0]) note(out, "CORE", NT_FILE, content.at, content.size);
    out->failed |= content.failed;
    free(content.at);
}

struct others {
    struct core_bytes *out;
    const struct task *first;
    const struct guest_siginfo *info;
};

static int other_thread(struct task *task, void *arg) {
    const struct others *others = arg;
    if (task == others->first) return 0;
    thread_status(others->out, task, others->info);
    thread_fp(others->out, task);
    return 0;
}

void core_notes(struct core_bytes *out, struct task *task, const struct guest_siginfo *info, const struct core_map *map) {
    struct others others = {out, task, info};
    thread_status(out, task, info);
    process_info(out, task);
    note(out, "CORE", NT_SIGINFO, info, sizeof *info);
    auxiliary_vector(out, task->process);
    files(out, map);
    thread_fp(out, task);
    task_for_each(task->process, other_thread, &others);
}
