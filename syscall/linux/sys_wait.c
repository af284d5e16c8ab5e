/* SPDX-License-Identifier: ISC */
/* wait4 and waitid: arguments and results of wait_for_child. */
#include "syscall/linux/handlers.h"
#include "syscall/linux/pidfd.h"
#include "syscall/linux/process/wait.h"
#include "syscall/linux/usage.h"

#include <string.h>

struct guest_rusage usage_to_guest(const struct process_usage *usage) {
    return (struct guest_rusage){
        .utime = timeval_from_ns(usage->cpu_ns - usage->system_ns), .stime = timeval_from_ns(usage->system_ns), .maxrss = (int64_t)(usage->max_resident / 1024),
        .minflt = (int64_t)usage->minor_faults, .majflt = (int64_t)usage->major_faults,
        .nvcsw = (int64_t)usage->voluntary_switches, .nivcsw = (int64_t)usage->involuntary_switches};
}

static int store_usage(struct task *task, uint64_t gva, const struct process_usage *usage) {
    if (!gva) return 0;
    const struct guest_rusage out = usage_to_guest(usage);
    return copy_to_guest(task, gva, &out, sizeof out);
}

int64_t sys_wait4(struct task *task, const uint64_t args[6]) {
    const int pid = (int)args[0];
    const uint32_t options = (uint32_t)args[2];
    struct wait_result result;
    struct wait_request request = {.options = options | WAIT_EXITED};
    if (options & ~(WAIT_NOHANG | WAIT_STOPPED | WAIT_CONTINUED | WAIT_NOTHREAD | WAIT_ALL | WAIT_CLONE)) return -EINVAL;
    if (pid == INT32_MIN) return -ESRCH;
    request.type = pid == -1 ? WAIT_P_ALL : pid > 0 ? WAIT_P_PID : WAIT_P_PGID;
    request.id = pid > 0 ? pid : -pid;
    const int r = wait_for_child(task, &request, &result);
    if (r < 0 || result.pid == 0) return r;
    if (args[1] && copy_to_guest(task, args[1], &result.status, sizeof result.status) < 0) return -EFAULT;
    if (store_usage(task, args[3], &result.usage) < 0) return -EFAULT;
    return result.pid;
}

static int fill_request(struct task *task, const uint64_t args[6], struct wait_request *request) {
    const uint32_t options = (uint32_t)args[3];
    const uint32_t what = WAIT_EXITED | WAIT_STOPPED | WAIT_CONTINUED;
    int r = 0;
    *request = (struct wait_request){.type = (enum waitid_type)args[0], .id = (int)args[1], .options = options};
    if (options & ~(WAIT_NOHANG | WAIT_NOWAIT | what | WAIT_NOTHREAD | WAIT_ALL | WAIT_CLONE)) return -EINVAL;
    if (!(options & what)) return -EINVAL;
    switch ((int)args[0]) {
    case WAIT_P_ALL: return 0;
    case WAIT_P_PID: return request->id > 0 ? 0 : -EINVAL;
    case WAIT_P_PGID: return request->id >= 0 ? 0 : -EINVAL;
    case WAIT_P_PIDFD:
        if (request->id < 0) return -EINVAL;
        request->target = pidfd_process(task, request->id, &r);
        return request->target ? 0 : r;
    default: return -EINVAL;
    }
}

int64_t sys_waitid(struct task *task, const uint64_t args[6]) {
    struct wait_request request;
    struct wait_result result;
    struct guest_siginfo info;
    memset(&result, 0, sizeof result);
    int r = fill_request(task, args, &request);
    if (r == 0) {
        r = wait_for_child(task, &request, &result);
        process_put(request.target);
    }
    memset(&info, 0, sizeof info);
    if (r >= 0 && result.pid) {
        info.signo = SIGCHLD;
        info.code = result.code;
        info.chld.pid = result.pid;
        info.chld.uid = result.uid;
        info.chld.status = result.code_status;
    }
    /* The call leaves utime and stime of the union alone. It stores zeros when it fails, too. */
    if (args[2] && copy_to_guest(task, args[2], &info, offsetof(struct guest_siginfo, chld.utime)) < 0) return -EFAULT;
    if (r < 0) return r;
    if (result.pid && store_usage(task, args[4], &result.usage) < 0) return -EFAULT;
    return 0;
}
