/* SPDX-License-Identifier: ISC */
/* proc(5), sysfs(5): entries that programs read are there, have the shape that is documented, and agree with each other, for
 * the reader itself and for another process. */
#include "tests/guest/pty.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>

static char text[1 << 18];

static size_t slurp(const char *path) {
    const int fd = open(path, O_RDONLY);
    size_t n = 0;
    if (fd < 0) {
        printf("%s: %s\n", path, strerror(errno));
        exit(1);
    }
    for (ssize_t r; n < sizeof text - 1 && (r = read(fd, text + n, sizeof text - 1 - n)) > 0;) n += (size_t)r;
    close(fd);
    text[n] = 0;
    return n;
}

static const char *of(pid_t pid, const char *name) {
    static char path[100];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return path;
}

/* The number behind "Name:" in the text read last. */
static long long value(const char *name) {
    const char *at = strstr(text, name);
    if (!at) printf("no %s\n", name);
    CHECK(at);
    return strtoll(at + strlen(name), NULL, 10);
}

static const char *const own[] = {
    "maps", "smaps", "smaps_rollup", "status", "stat", "statm", "cmdline", "environ", "auxv", "limits", "comm", "mountinfo", "mounts",
    "cgroup", "oom_score", "oom_score_adj", "loginuid", "setgroups", "uid_map", "gid_map", "coredump_filter", "personality",
    "schedstat", "fdinfo/0", "net/dev", "net/unix", "net/tcp", "task",
};
static const char *const system_files[] = {
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/uptime", "/proc/version", "/proc/filesystems",
    "/proc/mounts", "/proc/cmdline", "/proc/devices", "/proc/partitions", "/proc/swaps", "/proc/diskstats", "/proc/vmstat",
    "/proc/net/dev", "/proc/sys/kernel/osrelease", "/proc/sys/kernel/hostname", "/proc/sys/kernel/pid_max",
    "/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/ngroups_max", "/proc/sys/vm/overcommit_memory", "/proc/sys/vm/max_map_count",
    "/proc/sys/fs/file-max", "/proc/sys/fs/nr_open", "/proc/sys/net/core/somaxconn", "/sys/devices/system/cpu/online",
    "/sys/devices/system/cpu/possible", "/sys/devices/system/cpu/cpu0/topology/core_id",
    "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list",
};

static void entries(pid_t pid) {
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) CHECK(access(of(pid, own[i]), R_OK) == 0 || (printf("%s\n", own[i]), 0));
    for (size_t i = 0; i < sizeof system_files / sizeof system_files[0]; i++) CHECK(slurp(system_files[i]) > 0 || strstr(system_files[i], "disk"));
    static const char *const ns[] = {"mnt", "pid", "net", "user", "uts", "ipc", "cgroup"};
    for (size_t i = 0; i < sizeof ns / sizeof ns[0]; i++) {
        char name[20], link[60];
        snprintf(name, sizeof name, "ns/%s", ns[i]);
        const ssize_t n = readlink(of(pid, name), link, sizeof link - 1);
        CHECK(n > 0 && (link[n] = 0, strncmp(link, ns[i], strlen(ns[i])) == 0) && strstr(link, ":["));
    }
}

static void memory(void) {
    enum { SIZE = 1 << 20 };
    char *area = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED && mprotect(area + SIZE / 2, SIZE / 2, PROT_READ) == 0);
    memset(area, 1, SIZE / 2);
    char line[40];
    snprintf(line, sizeof line, "%lx-%lx rw-p", (unsigned long)area, (unsigned long)(area + SIZE / 2));
    slurp("/proc/self/smaps");
    char *at = strstr(text, line);
    CHECK(at);
    memmove(text, at, strlen(at) + 1);
    CHECK(value("Size:") == SIZE / 2 / 1024 && value("Rss:") == SIZE / 2 / 1024 && value("Anonymous:") == SIZE / 2 / 1024);
    CHECK(value("Private_Dirty:") == SIZE / 2 / 1024 && strstr(text, "VmFlags: rd wr"));
    slurp("/proc/self/smaps_rollup");
    CHECK(strstr(text, "[rollup]") && value("Rss:") >= SIZE / 2 / 1024 && value("Anonymous:") <= value("Rss:"));
    munmap(area, SIZE);
}

static void status(pid_t pid, const char *name) {
    slurp(of(pid, "status"));
    CHECK(value("Pid:") == pid && value("Tgid:") == pid && value("PPid:") == (pid == getpid() ? getppid() : getpid()));
    CHECK(strncmp(text, "Name:\t", 6) == 0 && strncmp(text + 6, name, strlen(name)) == 0 && value("Threads:") == 1);
    CHECK(value("VmSize:") > 0 && value("VmRSS:") > 0 && strstr(text, "Cpus_allowed_list:\t") && strstr(text, "CapEff:\t"));
    slurp(of(pid, "cmdline"));
    CHECK(strlen(text) > 0);
    CHECK(slurp(of(pid, "auxv")) % 16 == 0);
}

/* Fields of stat after the name. */
static void terminal_in_stat(void) {
    struct pair p = open_pair();
    struct stat st;
    CHECK(fstat(p.slave, &st) == 0);
    const pid_t child = fork();
    if (child == 0) {
        int ppid, pgid, sid, tty, foreground;
        char state;
        CHECK(setsid() > 0 && ioctl(p.slave, TIOCSCTTY, 0) == 0);
        slurp("/proc/self/stat");
        CHECK(sscanf(strrchr(text, ')') + 2, "%c %d %d %d %d %d", &state, &ppid, &pgid, &sid, &tty, &foreground) == 6);
        CHECK(state == 'R' && pgid == getpid() && sid == getpid() && foreground == getpid());
        CHECK((unsigned)tty == (unsigned)st.st_rdev);
        exit(0);
    }
    wait_ok(child);
    close_pair(&p);
}

static void other_users_secrets(void) {
    if (geteuid() != 0) return;
    const pid_t child = fork();
    if (child == 0) {
        const pid_t parent = getppid();
        CHECK(setgid(65534) == 0 && setuid(65534) == 0);
        CHECK_ERROR(open(of(parent, "environ"), O_RDONLY), EACCES);
        CHECK_ERROR(open(of(parent, "maps"), O_RDONLY), EACCES);
        CHECK_ERROR(open(of(parent, "mem"), O_RDONLY), EACCES);
        CHECK(access("/proc/cpuinfo", R_OK) == 0);
        slurp(of(parent, "stat"));
        exit(0);
    }
    wait_ok(child);
}

static void devices(void) {
    static const struct {
        const char *name;
        unsigned major, minor;
    } rows[] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}, {"ptmx", 5, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[30];
        struct stat st;
        snprintf(path, sizeof path, "/dev/%s", rows[i].name);
        CHECK(stat(path, &st) == 0 && (S_ISCHR(st.st_mode) || strcmp(rows[i].name, "ptmx") == 0));
        CHECK(st.st_rdev == makedev(rows[i].major, rows[i].minor));
    }
    CHECK(access("/dev/pts", X_OK) == 0 && access("/dev/fd/0", F_OK) == 0);
}

int main(void) {
    prctl(PR_SET_NAME, "own name");
    entries(getpid());
    memory();
    status(getpid(), "own name");
    int hold[2];
    CHECK(pipe(hold) == 0);
    const pid_t child = fork();
    if (child == 0) {
        char c;
        close(hold[1]);
        CHECK(read(hold[0], &c, 1) == 0);
        exit(0);
    }
    entries(child);
    status(child, "own name");
    close(hold[1]);
    wait_ok(child);
    terminal_in_stat();
    other_users_secrets();
    devices();
    puts("what is said of processes and the system is there");
}
