/* SPDX-License-Identifier: ISC */
/* What /proc says about a process's memory, names, limits and surroundings. */
#include "base/bits.h"
#include "base/error.h"
#include "syscall/linux/abi/fcntl.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/procfs/proc_node.h"

#include <stdlib.h>
#include <string.h>

enum { IMAGE_MAX = 1 << 20 };

/* Copies [start, end) of the process's memory, as much as is mapped. */
static int show_memory(const struct proc_node *node, struct text *text, uint64_t start, uint64_t end) {
    struct address_space *space = proc_space(node);
    if (!space) return 0;
    uint8_t page[GUEST_PAGE_SIZE];
    if (end - start > IMAGE_MAX) end = start + IMAGE_MAX;
    while (start < end) {
        const uint64_t room = GUEST_PAGE_SIZE - start % GUEST_PAGE_SIZE;
        const size_t n = (size_t)(end - start < room ? end - start : room);
        if (space_peek(space, page, start, n)) break;
        text_append(text, page, n);
        start += n;
    }
    space_put(space);
    return 0;
}

PROC_TEXT(cmdline) {
    struct process *process = proc_process(proc_node_of(node));
    if (!process) return -ESRCH;
    host_mutex_lock(&process->lock);
    const uint64_t start = process->arg_start, end = process->arg_end;
    host_mutex_unlock(&process->lock);
    process_put(process);
    return start < end ? show_memory(proc_node_of(node), text, start, end) : 0;
}

PROC_TEXT(environ) {
    struct process *process = proc_process(proc_node_of(node));
    if (!process) return -ESRCH;
    host_mutex_lock(&process->lock);
    const uint64_t start = process->env_start, end = process->env_end;
    host_mutex_unlock(&process->lock);
    process_put(process);
    return start < end ? show_memory(proc_node_of(node), text, start, end) : 0;
}

PROC_TEXT(auxv) {
    struct process *process = proc_process(proc_node_of(node));
    if (!process) return -ESRCH;
    host_mutex_lock(&process->lock);
    text_append(text, process->auxv, (size_t)process->auxv_size);
    host_mutex_unlock(&process->lock);
    process_put(process);
    return 0;
}

PROC_TEXT(comm) {
    struct task *task = proc_task(proc_node_of(node));
    if (!task) return -ESRCH;
    host_mutex_lock(&task->lock);
    text_printf(text, "%s\n", task->comm);
    host_mutex_unlock(&task->lock);
    task_put(task);
    return 0;
}

int64_t proc_store_comm(struct node *node, const char *bytes, size_t n) {
    struct task *task = proc_task(proc_node_of(node));
    if (!task) return -ESRCH;
    size_t length = n < TASK_COMM_SIZE - 1 ? n : TASK_COMM_SIZE - 1;
    if (length && bytes[length - 1] == '\n') length--;
    host_mutex_lock(&task->lock);
    memset(task->comm, 0, sizeof task->comm);
    memcpy(task->comm, bytes, length);
    host_mutex_unlock(&task->lock);
    task_put(task);
    return (int64_t)n;
}

void proc_show_region(const struct region_info *info, struct text *text) {
    const size_t before = text->size;
    text_printf(text, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu", (unsigned long long)info->start,
                (unsigned long long)info->end, info->prot & SPACE_READ ? 'r' : '-',
                info->prot & SPACE_WRITE ? 'w' : '-', info->prot & SPACE_EXEC ? 'x' : '-', info->shared ? 's' : 'p',
                (unsigned long long)info->offset, dev_major(info->dev), dev_minor(info->dev),
                (unsigned long long)info->ino);
    if (info->name[0]) {
        const size_t width = text->size - before;
        text_printf(text, "%*s%s", width < 72 ? (int)(73 - width) : 1, "", info->name);
    }
    text_printf(text, "\n");
}

static int show_region(const struct region_info *info, void *arg) {
    proc_show_region(info, arg);
    return ((struct text *)arg)->failed;
}

PROC_TEXT(maps) {
    struct address_space *space = proc_space(proc_node_of(node));
    if (!space) return 0;
    space_walk(space, show_region, text);
    space_put(space);
    return 0;
}

PROC_TEXT(statm) {
    struct space_usage usage = {0};
    struct address_space *space = proc_space(proc_node_of(node));
    if (space) {
        space_get_usage(space, &usage);
        space_put(space);
    }
    const uint64_t values[] = {usage.mapped, usage.resident, usage.shared, usage.text, 0, usage.data + usage.stack, 0};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        text_printf(text, "%llu%c", (unsigned long long)values[i] / GUEST_PAGE_SIZE, i == 6 ? '\n' : ' ');
    }
    return 0;
}

static const struct limit_row {
    const char *name, *unit;
} limit_rows[RLIMIT_COUNT] = {
    [RLIMIT_CPU] = {"Max cpu time", "seconds"},         [RLIMIT_FSIZE] = {"Max file size", "bytes"},
    [RLIMIT_DATA] = {"Max data size", "bytes"},         [RLIMIT_STACK] = {"Max stack size", "bytes"},
    [RLIMIT_CORE] = {"Max core file size", "bytes"},    [RLIMIT_RSS] = {"Max resident set", "bytes"},
    [RLIMIT_NPROC] = {"Max processes", "processes"},    [RLIMIT_NOFILE] = {"Max open files", "files"},
    [RLIMIT_MEMLOCK] = {"Max locked memory", "bytes"},  [RLIMIT_AS] = {"Max address space", "bytes"},
    [RLIMIT_LOCKS] = {"Max file locks", "locks"},       [RLIMIT_SIGPENDING] = {"Max pending signals", "signals"},
    [RLIMIT_MSGQUEUE] = {"Max msgqueue size", "bytes"}, [RLIMIT_NICE] = {"Max nice priority", ""},
    [RLIMIT_RTPRIO] = {"Max realtime priority", ""},    [RLIMIT_RTTIME] = {"Max realtime timeout", "us"},
};

static void show_limit(struct text *text, uint64_t value) {
    if (value == RLIM_INFINITY) {
        text_printf(text, "%-20s ", "unlimited");
    } else {
        text_printf(text, "%-20llu ", (unsigned long long)value);
    }
}

PROC_TEXT(limits) {
    struct process *process = proc_process(proc_node_of(node));
    if (!process) return -ESRCH;
    text_printf(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    host_mutex_lock(&process->lock);
    for (int i = 0; i < RLIMIT_COUNT; i++) {
        text_printf(text, "%-25s ", limit_rows[i].name);
        show_limit(text, process->limits[i].soft);
        show_limit(text, process->limits[i].hard);
        text_printf(text, "%-10s\n", limit_rows[i].unit);
    }
    host_mutex_unlock(&process->lock);
    process_put(process);
    return 0;
}

PROC_TEXT(mounts) {
    text_printf(text, "rootfs / ext4 rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n"
                      "devtmpfs /dev devtmpfs rw,nosuid,relatime 0 0\n"
                      "devpts /dev/pts devpts rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666 0 0\nsysfs /sys sysfs ro,nosuid,nodev,noexec,relatime 0 0\n");
    return 0;
}

PROC_TEXT(mountinfo) {
    text_printf(text, "20 1 0:19 / / rw,relatime - ext4 rootfs rw\n"
                      "21 20 0:23 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n"
                      "22 20 0:6 / /dev rw,nosuid,relatime - devtmpfs devtmpfs rw\n"
                      "24 22 0:24 / /dev/pts rw,nosuid,noexec,relatime - devpts devpts rw,gid=5,mode=620,ptmxmode=666\n"
                      "23 20 0:22 / /sys ro,nosuid,nodev,noexec,relatime - sysfs sysfs ro\n");
    return 0;
}

PROC_TEXT(mountstats) {
    text_printf(text, "device rootfs mounted on / with fstype ext4\ndevice proc mounted on /proc with fstype proc\n"
                      "device devtmpfs mounted on /dev with fstype devtmpfs\ndevice devpts mounted on /dev/pts with fstype devpts\n"
                      "device sysfs mounted on /sys with fstype sysfs\n");
    return 0;
}

PROC_TEXT(cgroup) {
    text_printf(text, "0::/\n");
    return 0;
}

/* What process/core_dump.c writes. */
PROC_TEXT(coredump_filter) {
    text_printf(text, "00000033\n");
    return 0;
}

PROC_TEXT(oom_score) {
    text_printf(text, "0\n");
    return 0;
}

PROC_TEXT(oom_score_adj) {
    struct process *process = proc_process(proc_node_of(node));
    if (!process) return -ESRCH;
    host_mutex_lock(&process->lock);
    text_printf(text, "%d\n", process->oom_score_adj);
    host_mutex_unlock(&process->lock);
    process_put(process);
    return 0;
}

int64_t proc_store_oom_score_adj(struct node *node, const char *bytes, size_t n) {
    char number[16] = "", *end;
    if (n >= sizeof number) return -EINVAL;
    memcpy(number, bytes, n);
    const long value = strtol(number, &end, 10);
    if (end == number || (*end && *end != '\n') || value < -1000 || value > 1000) return -EINVAL;
    struct process *process = proc_process(proc_node_of(node));
    if (!process) return -ESRCH;
    host_mutex_lock(&process->lock);
    process->oom_score_adj = (int)value;
    host_mutex_unlock(&process->lock);
    process_put(process);
    return (int64_t)n;
}

PROC_TEXT(fdinfo) {
    const struct proc_node *place = proc_node_of(node);
    struct fd_table *fds = proc_fds(place);
    struct file *file = fds ? fd_table_file(fds, place->fd) : NULL;
    const bool cloexec = fds && fd_table_get_cloexec(fds, place->fd) > 0;
    fd_table_put(fds);
    if (!file) return -ENOENT;
    const int64_t position = file_seek(file, 0, 1);
    text_printf(text, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t20\n", position > 0 ? (long long)position : 0,
                (unsigned)atomic_load(&file->flags) | (cloexec ? O_CLOEXEC : 0));
    file_put(file);
    return 0;
}
