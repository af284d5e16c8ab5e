/* SPDX-License-Identifier: ISC */
/* credentials(7), capabilities(7), setuid(2) and its relatives, prctl(2): what root and others may change, and what follows. Started by
 * others than root only their half is looked at. */
#include "tests/guest/check.h"

#include <grp.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { CAP_CHOWN = 0, CAP_KILL = 5, CAP_SETUID = 7, CAP_SETPCAP = 8, CAP_SYS_TIME = 25 };
#define CAP(n) (1ull << (n))
#define VERSION_3 0x20080522

struct cap_header {
    unsigned version;
    int pid;
};

struct cap_data {
    unsigned effective, permitted, inheritable;
};

struct sets {
    unsigned long long effective, permitted, inheritable;
};

static struct sets get_caps(void) {
    struct cap_header header = {VERSION_3, 0};
    struct cap_data data[2];
    CHECK(syscall(SYS_capget, &header, data) == 0);
    return (struct sets){data[0].effective | (unsigned long long)data[1].effective << 32,
                         data[0].permitted | (unsigned long long)data[1].permitted << 32,
                         data[0].inheritable | (unsigned long long)data[1].inheritable << 32};
}

static long set_caps(unsigned long long effective, unsigned long long permitted, unsigned long long inheritable) {
    struct cap_header header = {VERSION_3, 0};
    struct cap_data data[2] = {{(unsigned)effective, (unsigned)permitted, (unsigned)inheritable},
                                             {(unsigned)(effective >> 32), (unsigned)(permitted >> 32), (unsigned)(inheritable >> 32)}};
    return syscall(SYS_capset, &header, data);
}

static int ids_are(int r, int e, int s) {
    uid_t x, y, z;
    CHECK(getresuid(&x, &y, &z) == 0);
    return (int)x == r && (int)y == e && (int)z == s;
}

/* Bare calls: the library's would do it for all threads. */
#define RAW(name, ...) syscall(SYS_##name, ##__VA_ARGS__)

static void in_child(void (*body)(void)) {
    const pid_t child = fork();
    if (child == 0) {
        body();
        exit(0);
    }
    wait_ok(child);
}

static void versions(void) {
    struct cap_header header = {0x1234, 0};
    struct cap_data data[2];
    CHECK_ERROR(syscall(SYS_capget, &header, data), EINVAL);
    CHECK(header.version == VERSION_3);
    header.pid = 1 << 22;
    CHECK_ERROR(syscall(SYS_capget, &header, data), ESRCH);
    header.pid = -1;
    CHECK_ERROR(syscall(SYS_capget, &header, data), EINVAL);
    CHECK_ERROR(syscall(SYS_capget, NULL, data), EFAULT);
}

static void views(void) {
    CHECK(prctl(PR_CAPBSET_READ, 0) >= 0 && prctl(PR_CAPBSET_READ, 40) >= 0);
    CHECK_ERROR(prctl(PR_CAPBSET_READ, 63), EINVAL);
    CHECK(prctl(PR_GET_KEEPCAPS) == 0 && prctl(PR_SET_KEEPCAPS, 1) == 0 && prctl(PR_GET_KEEPCAPS) == 1);
    CHECK_ERROR(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
    CHECK(prctl(PR_GET_SECUREBITS) == 1 << 4 && prctl(PR_SET_KEEPCAPS, 0) == 0 && prctl(PR_GET_SECUREBITS) == 0);
    CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
    CHECK_ERROR(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
    CHECK_ERROR(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    CHECK_ERROR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 63, 0, 0), EINVAL);
    CHECK_ERROR(prctl(PR_CAP_AMBIENT, 99, 0, 0, 0), EINVAL);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 1, 0, 0) == 0);
}

static void root_family(void) {
    CHECK(RAW(setresuid, 1000, 2000, 3000) == 0 && ids_are(1000, 2000, 3000));
    CHECK(get_caps().permitted == 0 && get_caps().effective == 0);
    CHECK_ERROR(RAW(setuid, 0), EPERM);
    CHECK(RAW(setuid, 3000) == 0 && ids_are(1000, 3000, 3000));
    CHECK_ERROR(RAW(setreuid, 2000, -1), EPERM);
    CHECK(RAW(setreuid, 3000, 1000) == 0 && ids_are(3000, 1000, 1000));
    CHECK_ERROR(RAW(setresuid, -1, 5, -1), EPERM);
    CHECK(RAW(setresuid, -1, 3000, -1) == 0 && ids_are(3000, 3000, 1000));
    CHECK(RAW(setreuid, -1, 1000) == 0 && ids_are(3000, 1000, 1000));
}

static void root_drops(void) {
    CHECK(RAW(setreuid, -1, 1000) == 0 && ids_are(0, 1000, 1000));
    CHECK(get_caps().permitted != 0 && get_caps().effective == 0);
    CHECK(RAW(setreuid, -1, 0) == 0 && ids_are(0, 0, 1000));
    CHECK(get_caps().effective == get_caps().permitted);
    CHECK(RAW(setuid, 7) == 0 && ids_are(7, 7, 7) && get_caps().permitted == 0);
}

static void keeps(void) {
    const struct sets before = get_caps();
    CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0 && RAW(setuid, 1000) == 0);
    CHECK(get_caps().permitted == before.permitted && get_caps().effective == 0);
    CHECK(set_caps(CAP(CAP_SETUID), CAP(CAP_SETUID), 0) == 0);
    CHECK(RAW(setuid, 2000) == 0 && ids_are(2000, 2000, 2000));
    CHECK_ERROR(set_caps(0, CAP(CAP_CHOWN), 0), EPERM);
}

static void groups(void) {
    const gid_t list[3] = {5, 6, 7};
    gid_t got[8];
    CHECK(RAW(setgroups, 3, list) == 0 && getgroups(8, got) == 3 && got[0] == 5 && got[2] == 7);
    CHECK(getgroups(0, NULL) == 3);
    CHECK_ERROR(getgroups(2, got), EINVAL);
    CHECK_ERROR(RAW(setgroups, 65537, list), EINVAL);
    CHECK(RAW(setresgid, 10, 20, 30) == 0 && getgid() == 10 && getegid() == 20);
    CHECK(RAW(setuid, 1000) == 0);
    CHECK_ERROR(RAW(setgroups, 0, NULL), EPERM);
    CHECK_ERROR(RAW(setgid, 5), EPERM);
    CHECK(RAW(setgid, 30) == 0 && getegid() == 30 && getgid() == 10);
}

static void file_system_ids(void) {
    CHECK(setfsuid(1000) == 0 && setfsuid(-1) == 1000);
    CHECK((get_caps().effective & CAP(CAP_CHOWN)) == 0 && (get_caps().effective & CAP(CAP_SETUID)));
    CHECK(setfsuid(0) == 1000 && (get_caps().effective & CAP(CAP_CHOWN)));
    CHECK(RAW(setresuid, 1000, 1000, 1000) == 0);
    CHECK(setfsuid(5) == 1000 && setfsuid(-1) == 1000);
}

static void bounding(void) {
    const struct sets all = get_caps();
    CHECK(prctl(PR_CAPBSET_DROP, CAP_SYS_TIME) == 0 && prctl(PR_CAPBSET_READ, CAP_SYS_TIME) == 0);
    CHECK_ERROR(prctl(PR_CAPBSET_DROP, 63), EINVAL);
    CHECK_ERROR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), EPERM);
    CHECK(set_caps(all.effective, all.permitted, CAP(CAP_KILL)) == 0);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) == 1);
    CHECK(set_caps(all.effective, all.permitted, 0) == 0);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECUREBITS, 1 << 6) == 0);
    CHECK(set_caps(all.effective, all.permitted, CAP(CAP_KILL)) == 0);
    CHECK_ERROR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), EPERM);
    CHECK(set_caps(all.effective & ~CAP(CAP_SETPCAP), all.permitted & ~CAP(CAP_SETPCAP), 0) == 0);
    CHECK_ERROR(prctl(PR_CAPBSET_DROP, CAP_CHOWN), EPERM);
    CHECK_ERROR(prctl(PR_SET_SECUREBITS, 1), EPERM);
}

/* SECBIT_NO_SETUID_FIXUP: ids change, capabilities stay. */
static void no_fixup(void) {
    const struct sets all = get_caps();
    CHECK(prctl(PR_SET_SECUREBITS, 1 << 2) == 0 && RAW(setresuid, 9, 9, 9) == 0);
    CHECK(get_caps().permitted == all.permitted && get_caps().effective == all.effective);
}

static void subreaper(void) {
    int on = -1, report[2];
    pid_t seen;
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && prctl(PR_GET_CHILD_SUBREAPER, &on) == 0 && on == 1);
    CHECK(pipe(report) == 0);
    const pid_t middle = fork();
    if (middle == 0) {
        const pid_t parent = getpid();
        if (fork() == 0) {
            while (getppid() == parent) usleep(500);
            seen = getppid();
            CHECK(write(report[1], &seen, sizeof seen) == sizeof seen);
            exit(0);
        }
        exit(0);
    }
    wait_ok(middle);
    CHECK(read(report[0], &seen, sizeof seen) == sizeof seen && seen == getpid());
    int status;
    CHECK(wait(&status) > 0 && status == 0);
    CHECK_ERROR(wait(&status), ECHILD);
}

static const char *self;

/* What the next program has: "e" effective or "p" permitted, in hexadecimal. */
static void expect_after_exec(unsigned long long effective, unsigned long long permitted) {
    char e[20], p[20];
    snprintf(e, sizeof e, "%llx", effective);
    snprintf(p, sizeof p, "%llx", permitted);
    const pid_t child = fork();
    if (child == 0) {
        execl(self, self, e, p, NULL);
        exit(2);
    }
    wait_ok(child);
}

static void across_exec(void) {
    const struct sets all = get_caps();
    expect_after_exec(all.permitted, all.permitted);
    CHECK(RAW(setresuid, 0, 1000, 0) == 0);
    expect_after_exec(0, all.permitted);
}

static void across_exec_of_others(void) {
    const struct sets all = get_caps();
    CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0 && RAW(setresuid, 1000, 1000, 1000) == 0);
    CHECK(set_caps(CAP(CAP_KILL), all.permitted, CAP(CAP_KILL)) == 0);
    expect_after_exec(0, 0);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0);
    expect_after_exec(CAP(CAP_KILL), CAP(CAP_KILL));
}

int main(int argc, char **argv) {
    self = "/proc/self/exe";
    if (argc == 3) {
        const struct sets now = get_caps();
        return now.effective != strtoull(argv[1], NULL, 16) || now.permitted != strtoull(argv[2], NULL, 16);
    }
    in_child(versions);
    in_child(views);
    in_child(subreaper);
    if (geteuid() == 0 && (get_caps().effective & CAP(CAP_SETPCAP))) {
        in_child(root_family);
        in_child(root_drops);
        in_child(keeps);
        in_child(groups);
        in_child(file_system_ids);
        in_child(bounding);
        in_child(no_fixup);
        in_child(across_exec);
        in_child(across_exec_of_others);
    }
    puts("credentials change as they may");
}
