/* SPDX-License-Identifier: ISC */
/* The entries of /proc, one row each; a directory stands before what it contains. */
#include "base/bits.h"
#include "syscall/linux/procfs/proc_node.h"

#define DIR(p) {.path = p, .mode = S_IFDIR | 0555}
#define TEXT(p, fn) {.path = p, .mode = S_IFREG | 0444, .text = {.show = proc_show_##fn}}
#define SECRET(p, fn) {.path = p, .mode = S_IFREG | 0400, .text = {.show = proc_show_##fn}}
#define STORE(p, fn) {.path = p, .mode = S_IFREG | 0644, .text = {.show = proc_show_##fn, .store = proc_store_##fn}}
#define LINK(p, fn) {.path = p, .mode = S_IFLNK | 0777, .link = proc_link_##fn}
#define MAGIC(p, fn) {.path = p, .mode = S_IFLNK | 0777, .link = proc_link_##fn, .follow = proc_follow_##fn}

const struct proc_row proc_rows[] = {
    DIR(""),
    LINK("self", self),
    LINK("thread-self", thread_self),
    LINK("mounts", mounts),
    TEXT("cpuinfo", cpuinfo),
    TEXT("meminfo", meminfo),
    TEXT("stat", system_stat),
    TEXT("uptime", uptime),
    TEXT("version", version),
    TEXT("loadavg", loadavg),
    TEXT("filesystems", filesystems),
    DIR("sys"),
    DIR("sys/fs"),
    TEXT("sys/fs/file-max", file_max),
    TEXT("sys/fs/nr_open", file_max),
    TEXT("sys/fs/pipe-max-size", pipe_max_size),
    DIR("sys/kernel"),
    TEXT("sys/kernel/ostype", ostype),
    TEXT("sys/kernel/osrelease", osrelease),
    TEXT("sys/kernel/version", version),
    TEXT("sys/kernel/hostname", hostname),
    TEXT("sys/kernel/pid_max", pid_max),
    TEXT("sys/kernel/threads-max", threads_max),
    TEXT("sys/kernel/cap_last_cap", cap_last_cap),
    DIR("sys/kernel/random"),
    TEXT("sys/kernel/random/uuid", random_uuid),
    DIR("sys/vm"),
    TEXT("sys/vm/overcommit_memory", overcommit_memory),
    TEXT("sys/vm/mmap_min_addr", mmap_min_addr),
    TEXT("sys/vm/max_map_count", max_map_count),
    DIR("sys/net"),
    DIR("sys/net/core"),
    TEXT("sys/net/core/somaxconn", somaxconn),
    DIR("PID"),
    LINK("PID/exe", exe),
    MAGIC("PID/cwd", cwd),
    MAGIC("PID/root", root),
    TEXT("PID/cmdline", cmdline),
    SECRET("PID/environ", environ),
    SECRET("PID/auxv", auxv),
    STORE("PID/comm", comm),
    TEXT("PID/maps", maps),
    TEXT("PID/stat", process_stat),
    TEXT("PID/statm", statm),
    TEXT("PID/status", status),
    TEXT("PID/limits", limits),
    TEXT("PID/mounts", mounts),
    TEXT("PID/mountinfo", mountinfo),
    TEXT("PID/cgroup", cgroup),
    TEXT("PID/oom_score", oom_score),
    STORE("PID/oom_score_adj", oom_score_adj),
    DIR("PID/fd"),
    MAGIC("PID/fd/FD", fd),
    DIR("PID/fdinfo"),
    TEXT("PID/fdinfo/FD", fdinfo),
    DIR("PID/task"),
    DIR("PID/task/TID"),
    STORE("PID/task/TID/comm", comm),
    TEXT("PID/task/TID/stat", thread_stat),
    TEXT("PID/task/TID/status", status),
    TEXT("PID/task/TID/statm", statm),
    TEXT("PID/task/TID/cmdline", cmdline),
    TEXT("PID/task/TID/maps", maps),
    DIR("PID/task/TID/fd"),
    MAGIC("PID/task/TID/fd/FD", fd),
};

const int proc_n_rows = ARRAY_LEN(proc_rows);
