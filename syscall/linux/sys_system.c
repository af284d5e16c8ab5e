/* SPDX-License-Identifier: ISC */
/* The machine as a whole: names, memory and load, randomness. */
#include "syscall/linux/handlers.h"
#include "syscall/linux/process/task.h"

#include "host/system.h"
#include "syscall/linux/abi/prctl.h"
#include "syscall/linux/abi/release.h"
#include "syscall/linux/abi/resource.h"

#include <string.h>

static void fill_names(struct kernel *kernel, struct guest_utsname *out) {
    strcpy(out->sysname, "Linux");
    strcpy(out->release, KERNEL_RELEASE);
    strcpy(out->version, "#1 SMP PREEMPT_DYNAMIC");
    strcpy(out->machine, "x86_64");
    host_mutex_lock(&kernel->names_lock);
    memcpy(out->nodename, kernel->hostname, sizeof out->nodename);
    memcpy(out->domainname, kernel->domainname, sizeof out->domainname);
    host_mutex_unlock(&kernel->names_lock);
}

int64_t sys_uname(struct task *task, const uint64_t args[6]) {
    struct guest_utsname out;
    memset(&out, 0, sizeof out);
    fill_names(task->kernel, &out);
    return copy_to_guest(task, args[0], &out, sizeof out);
}

static int64_t set_name(struct task *task, uint64_t gva, int64_t n, char name[65]) {
    char text[65] = "";
    if (!cred_capable(&task->cred, CAP_SYS_ADMIN)) return -EPERM;
    if (n < 0 || n > 64) return -EINVAL;
    if (copy_from_guest(task, text, gva, (size_t)n) < 0) return -EFAULT;
    host_mutex_lock(&task->kernel->names_lock);
    memcpy(name, text, sizeof text);
    host_mutex_unlock(&task->kernel->names_lock);
    return 0;
}

int64_t sys_sethostname(struct task *task, const uint64_t args[6]) {
    return set_name(task, args[0], (int)args[1], task->kernel->hostname);
}

int64_t sys_setdomainname(struct task *task, const uint64_t args[6]) {
    return set_name(task, args[0], (int)args[1], task->kernel->domainname);
}

int64_t sys_sysinfo(struct task *task, const uint64_t args[6]) {
    struct kernel *kernel = task->kernel;
    struct host_system host;
    const int r = host_system_get(&host);
    if (r < 0) return r;
    host_mutex_lock(&kernel->tasks_lock);
    const int n_tasks = kernel->n_tasks;
    host_mutex_unlock(&kernel->tasks_lock);
    struct guest_sysinfo out = {
        .uptime = (scheduler_monotonic_ns(kernel->scheduler) - kernel->boot_ns) / 1000000000, .totalram = host.memory_total,
        .freeram = host.memory_free, .totalswap = host.swap_total, .freeswap = host.swap_free, .procs = (uint16_t)n_tasks,
        .mem_unit = 1};
    for (int i = 0; i < 3; i++) out.loads[i] = host.load[i] * 65536ull / 100;
    return copy_to_guest(task, args[0], &out, sizeof out);
}

int64_t sys_getrandom(struct task *task, const uint64_t args[6]) {
    const uint64_t flags = args[2];
    uint64_t left = args[1] > INT32_MAX ? INT32_MAX : args[1], gva = args[0];
    const uint64_t all = left;
    if (flags & ~(uint64_t)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) return -EINVAL;
    if ((flags & GRND_RANDOM) && (flags & GRND_INSECURE)) return -EINVAL;
    while (left) {
        uint8_t bytes[256];
        const size_t n = left < sizeof bytes ? (size_t)left : sizeof bytes;
        const int r = entropy_fill(&task->kernel->options.entropy, bytes, n);
        if (r < 0) return r;
        if (copy_to_guest(task, gva, bytes, n) < 0) return all == left ? -EFAULT : (int64_t)(all - left);
        gva += n;
        left -= n;
        if (left && task_interrupted(task)) break;
    }
    return (int64_t)(all - left);
}
