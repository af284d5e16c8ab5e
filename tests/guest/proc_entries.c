/* SPDX-License-Identifier: ISC */
/* proc(5): a process finds itself, its descriptors, its memory and its children under /proc; links in /dev lead there. */
#include "tests/guest/check.h"
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static char text[65536];

static long slurp(const char *path) {
    int fd = open(path, O_RDONLY);
    CHECK(fd >= 0);
    long n = 0, r;
    while ((r = read(fd, text + n, sizeof text - 1 - (size_t)n)) > 0) n += r;
    CHECK(r == 0);
    text[n] = 0;
    close(fd);
    return n;
}

static void test_self(char **argv) {
    char b[PATH_MAX], path[64];
    long n = readlink("/proc/self", b, sizeof b);
    CHECK(n > 0);
    b[n] = 0;
    CHECK(atoi(b) == getpid());
    n = readlink("/proc/self/exe", b, sizeof b);
    CHECK(n > 0 && b[0] == '/');
    b[n] = 0;
    struct stat st, by_link;
    CHECK(stat(b, &st) == 0 && stat("/proc/self/exe", &by_link) == 0 && st.st_ino == by_link.st_ino);
    CHECK(slurp("/proc/self/cmdline") > 0 && !strcmp(text, argv[0]));
    snprintf(path, sizeof path, "/proc/%d/stat", getpid());
    CHECK(slurp(path) > 0 && atoi(text) == getpid() && strstr(text, "proc_entr"));
    CHECK(slurp("/proc/self/status") > 0 && strstr(text, "\nPid:\t") && strstr(text, "\nThreads:\t1\n"));
    CHECK(slurp("/proc/self/maps") > 0 && strstr(text, "[stack]") && strstr(text, " r-xp "));
    CHECK(slurp("/proc/self/auxv") >= 16);
    CHECK(prctl(PR_SET_NAME, "renamed") == 0 && slurp("/proc/self/comm") == 8 && !strcmp(text, "renamed\n"));
    int fd = open("/proc/self/comm", O_WRONLY);
    CHECK(fd >= 0 && write(fd, "again", 5) == 5 && close(fd) == 0 && slurp("/proc/self/comm") == 6);
    CHECK_ERROR(open("/proc/none", O_RDONLY), ENOENT);
    CHECK_ERROR(open("/proc/self/stat/x", O_RDONLY), ENOTDIR);
    CHECK_ERROR(open("/proc/99999999/stat", O_RDONLY), ENOENT);
    CHECK_ERROR(unlink("/proc/version"), EPERM);
}

static void test_descriptors(void) {
    int fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0600), p[2];
    char path[64], b[PATH_MAX], cwd[PATH_MAX];
    CHECK(write(fd, "hello", 5) == 5 && getcwd(cwd, sizeof cwd));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    long n = readlink(path, b, sizeof b);
    CHECK(n > 2 && !memcmp(b + n - 2, "/f", 2) && !memcmp(b, cwd, strlen(cwd)));
    int again = open(path, O_RDONLY);
    CHECK(again >= 0 && read(again, b, 9) == 5 && lseek(fd, 0, SEEK_CUR) == 5);
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    CHECK(open(path, O_RDONLY) >= 0);
    CHECK(pipe(p) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", p[1]);
    n = readlink(path, b, sizeof b);
    CHECK(n > 6 && !memcmp(b, "pipe:[", 6));
    int writer = open(path, O_WRONLY);
    CHECK(writer >= 0 && write(writer, "z", 1) == 1 && read(p[0], b, 2) == 1);
    int seen = 0;
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir);
    struct dirent *e;
    while ((e = readdir(dir))) seen += atoi(e->d_name) == fd && e->d_type == DT_LNK;
    closedir(dir);
    CHECK(seen == 1);
    n = readlink("/proc/self/cwd", b, sizeof b);
    CHECK(n == (long)strlen(cwd) && !memcmp(b, cwd, (size_t)n));
    CHECK(access("/proc/self/cwd/f", F_OK) == 0 && access("/proc/self/root/proc/version", F_OK) == 0);
    CHECK(access("/proc/self/../version", F_OK) == 0 && access("/proc/../proc/self/../../proc/version", F_OK) == 0);
    CHECK(unlink("f") == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    n = readlink(path, b, sizeof b);
    CHECK(n > 10 && !memcmp(b + n - 10, " (deleted)", 10));
    CHECK((again = open(path, O_RDONLY)) >= 0 && read(again, b, 9) == 5);
}

static void *thread(void *arg) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%ld/comm", (long)syscall(SYS_gettid));
    CHECK(slurp(path) > 0);
    CHECK(slurp("/proc/self/status") > 0 && strstr(text, "\nThreads:\t2\n"));
    CHECK(slurp("/proc/thread-self/stat") > 0 && atoi(text) == syscall(SYS_gettid));
    return NULL;
}

static void test_children(void) {
    int p[2];
    char path[64], b;
    CHECK(pipe(p) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(p[1]);
        _exit(read(p[0], &b, 1) != 0);
    }
    close(p[0]);
    snprintf(path, sizeof path, "/proc/%d/status", child);
    char want[32];
    snprintf(want, sizeof want, "\nPPid:\t%d\n", getpid());
    CHECK(slurp(path) > 0 && strstr(text, want));
    int seen = 0;
    DIR *dir = opendir("/proc");
    struct dirent *e;
    while ((e = readdir(dir))) seen += atoi(e->d_name) == child || atoi(e->d_name) == getpid();
    closedir(dir);
    CHECK(seen == 2);
    close(p[1]);
    wait_ok(child);
    CHECK_ERROR(open(path, O_RDONLY), ENOENT);
}

static unsigned long long number(const char *path, const char *name) {
    CHECK(slurp(path) > 0 && strstr(text, name));
    return strtoull(strstr(text, name) + strlen(name), NULL, 10);
}

static void test_io(void) {
    char b[1000] = "";
    int p[2];
    CHECK(pipe(p) == 0);
    const unsigned long long written = number("/proc/self/io", "wchar: "), reads = number("/proc/self/io", "syscr: ");
    const unsigned long long read_bytes = number("/proc/self/io", "rchar: ");
    CHECK(write(p[1], b, sizeof b) == sizeof b && read(p[0], b, sizeof b) == sizeof b);
    CHECK(number("/proc/self/io", "wchar: ") == written + sizeof b && number("/proc/self/io", "rchar: ") >= read_bytes + sizeof b);
    CHECK(number("/proc/self/io", "syscr: ") > reads && number("/proc/thread-self/io", "wchar: ") >= written + sizeof b);
    const pid_t child = fork();
    if (child == 0) _exit(write(p[1], b, sizeof b) != sizeof b);
    wait_ok(child);
    CHECK(number("/proc/self/io", "wchar: ") == written + 2 * sizeof b);
}

static void test_machine(void) {
    CHECK(slurp("/proc/meminfo") > 0 && !memcmp(text, "MemTotal:", 9));
    CHECK(slurp("/proc/cpuinfo") > 0 && strstr(text, "flags\t\t:") && strstr(text, " sse2"));
    CHECK(slurp("/proc/uptime") > 0 && slurp("/proc/loadavg") > 0 && slurp("/proc/stat") > 0 && !memcmp(text, "cpu ", 4));
    CHECK(slurp("/proc/sys/kernel/ostype") == 6 && !strcmp(text, "Linux\n"));
    CHECK(slurp("/proc/sys/kernel/pid_max") > 0 && slurp("/proc/mounts") > 0 && slurp("/proc/self/mountinfo") > 0);
    CHECK(slurp("/sys/devices/system/cpu/online") > 0 && text[0] == '0');
}

static void test_devices(void) {
    struct stat st;
    char b[16] = "xxxxxxxxxxxxxxx";
    int fd = open("/dev/null", O_RDWR);
    CHECK(fd >= 0 && read(fd, b, 4) == 0 && write(fd, b, 16) == 16 && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode));
    CHECK(st.st_rdev == 0x103);
    fd = open("/dev/zero", O_RDWR);
    CHECK(read(fd, b, 16) == 16 && b[0] == 0 && b[15] == 0);
    fd = open("/dev/full", O_RDWR);
    CHECK_ERROR(write(fd, b, 1), ENOSPC);
    fd = open("/dev/urandom", O_RDONLY);
    CHECK(read(fd, b, 16) == 16 && (b[0] | b[3] | b[7] | b[12] | b[15]));
}

int main(int argc, char **argv) {
    test_self(argv);
    test_descriptors();
    pthread_t t;
    CHECK(pthread_create(&t, NULL, thread, NULL) == 0 && pthread_join(t, NULL) == 0);
    test_children();
    test_io();
    test_machine();
    test_devices();
    puts("proc_entries: ok");
    return 0;
}
