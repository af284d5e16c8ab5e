/* SPDX-License-Identifier: ISC */
/* The entries of /proc, one row each; a directory stands before what it contains. */
#include "base/bits.h"
#include "syscall/linux/procfs/proc_node.h"

#define DIR(p) {.path = p, .mode = S_IFDIR | 0555}
#define TEXT(p, fn) {.path = p, .mode = S_IFREG | 0444, .text = {.show = proc_show_##fn}}
#define SECRET(p, fn) {.path = p, .mode = S_IFREG | 0400, .guarded = true, .text = {.show = proc_show_##fn}}
#define STORE(p, fn) {.path = p, .mode = S_IFREG | 0644, .text = {.show = proc_show_##fn, .store = proc_store_##fn}}
#define MEMORY(p, fn) {.path = p, .mode = S_IFREG | 0600, .open = proc_open_##fn}
#define MAP(p, fn) {.path = p, .mode = S_IFREG | 0400, .open = proc_open_##fn}
#define GUARDED(p, fn) {.path = p, .mode = S_IFREG | 0444, .guarded = true, .text = {.show = proc_show_##fn}}
#define HOST(p) {.path = p, .mode = S_IFREG | 0444, .text = {.show = proc_show_host}}
#define HOST_NET(p, name) {.path = p name, .mode = S_IFREG | 0444, .value = "net/" name, .text = {.show = proc_show_host}}
/* What concerns the host's sockets is the host's. */
#define NET_ROWS(p)                                                                                                    \
    TEXT(p "unix", net_unix), HOST_NET(p, "arp"), HOST_NET(p, "dev"), HOST_NET(p, "if_inet6"), HOST_NET(p, "ipv6_route"),  \
        HOST_NET(p, "netstat"), HOST_NET(p, "protocols"), HOST_NET(p, "raw"), HOST_NET(p, "route"), HOST_NET(p, "snmp"),   \
        HOST_NET(p, "snmp6"), HOST_NET(p, "sockstat"), HOST_NET(p, "sockstat6"), HOST_NET(p, "tcp"), HOST_NET(p, "tcp6"),   \
        HOST_NET(p, "udp"), HOST_NET(p, "udp6"), HOST_NET(p, "wireless"),
#define SETTING(p, content) {.path = p, .mode = S_IFREG | 0444, .value = content, .text = {.show = proc_show_setting}},
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
    DIR("sysvipc"),
    TEXT("sysvipc/msg", sysvipc_msg),
    TEXT("sysvipc/sem", sysvipc_sem),
    TEXT("sysvipc/shm", sysvipc_shm),
    LINK("net", net),
    TEXT("interrupts", interrupts),
    HOST("vmstat"),
    HOST("diskstats"),
    HOST("partitions"),
    HOST("swaps"),
    HOST("zoneinfo"),
    HOST("buddyinfo"),
    HOST("softirqs"),
    HOST("crypto"),
    HOST("modules"),
    DIR("sys"),
    DIR("sys/fs"),
    TEXT("sys/fs/file-max", file_max),
    TEXT("sys/fs/nr_open", file_max),
    TEXT("sys/fs/pipe-max-size", pipe_max_size),
    DIR("sys/fs/mqueue"),
    TEXT("sys/fs/mqueue/msg_default", mqueue_msg_default),
    TEXT("sys/fs/mqueue/msg_max", mqueue_msg_max),
    TEXT("sys/fs/mqueue/msgsize_default", mqueue_msgsize_default),
    TEXT("sys/fs/mqueue/msgsize_max", mqueue_msgsize_max),
    TEXT("sys/fs/mqueue/queues_max", mqueue_queues_max),
    DIR("sys/kernel"),
    TEXT("sys/kernel/ostype", ostype),
    TEXT("sys/kernel/osrelease", osrelease),
    TEXT("sys/kernel/version", version),
    TEXT("sys/kernel/hostname", hostname),
    TEXT("sys/kernel/domainname", domainname),
    TEXT("sys/kernel/pid_max", pid_max),
    TEXT("sys/kernel/threads-max", threads_max),
    TEXT("sys/kernel/cap_last_cap", cap_last_cap),
    TEXT("sys/kernel/core_pattern", core_pattern),
    TEXT("sys/kernel/core_uses_pid", core_uses_pid),
    TEXT("sys/kernel/msgmax", msgmax),
    TEXT("sys/kernel/msgmnb", msgmnb),
    TEXT("sys/kernel/msgmni", msgmni),
    TEXT("sys/kernel/sem", sem),
    TEXT("sys/kernel/shmall", shmall),
    TEXT("sys/kernel/shmmax", shmall),
    TEXT("sys/kernel/shmmni", shmmni),
    DIR("sys/kernel/random"),
    TEXT("sys/kernel/random/uuid", random_uuid),
    TEXT("sys/kernel/random/boot_id", boot_id),
    DIR("sys/kernel/yama"),
    DIR("sys/kernel/seccomp"),
    DIR("sys/fs/inotify"),
    DIR("sys/fs/epoll"),
    DIR("sys/crypto"),
    DIR("sys/vm"),
    TEXT("sys/vm/overcommit_memory", overcommit_memory),
    TEXT("sys/vm/mmap_min_addr", mmap_min_addr),
    TEXT("sys/vm/max_map_count", max_map_count),
    DIR("sys/net"),
    DIR("sys/net/core"),
    TEXT("sys/net/core/somaxconn", somaxconn),
    DIR("sys/net/ipv4"),
    DIR("sys/net/unix"),
#include "syscall/linux/procfs/settings.def"
    DIR("PID"),
    TEXT("PID/stat", process_stat),
    SECRET("PID/io", process_io),
    TEXT("PID/coredump_filter", coredump_filter),
    TEXT("PID/timerslack_ns", timerslack),
    DIR("PID/task"),
#define AT(name) "PID/" name
#include "syscall/linux/procfs/process_rows.def"
#undef AT
    DIR("PID/task/TID"),
    TEXT("PID/task/TID/stat", thread_stat),
    SECRET("PID/task/TID/io", thread_io),
    TEXT("PID/task/TID/children", children),
#define AT(name) "PID/task/TID/" name
#include "syscall/linux/procfs/process_rows.def"
#undef AT
};

const int proc_n_rows = ARRAY_LEN(proc_rows);
