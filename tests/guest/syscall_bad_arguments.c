// Every supported row of the system call table, with a bad pointer in each pointer argument and a bad descriptor in each
// descriptor argument: the error must be the one that Linux gives. Each probe runs in a child of its own, so that one that
// blocks or kills cannot disturb the others; the parent prints every result, and real Linux is the expectation.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct row {
    int number;
    const char *name, *handler, *args;
};

static const struct row rows[] = {
#define S(number, name, handler, class, result, args, man) {number, #name, #handler, #args},
#include "syscall/linux/table.def"
#undef S
};

/* Whether pid 1 exists, and whether flag 1 does, depends on the machine: these get only 0. */
static const char *const zero_only[] = {"sched_setparam", "sched_getparam", "sched_setscheduler", "sched_getscheduler",
                                        "sched_rr_get_interval", "sched_setaffinity", "sched_getaffinity",
                                        "sched_setattr", "sched_getattr", "get_robust_list", "prlimit64",
                                        "pidfd_send_signal"};

/* Calls whose probe would end, block or reboot the prober by design, or whose result depends on the machine. */
static const char *const skipped[] = {"exit", "exit_group", "rt_sigreturn", "fork", "vfork", "clone", "clone3", "pause",
                                      "restart_syscall", "rt_sigsuspend", "kill", "vhangup", "sync", "setsid", "reboot",
                                      "pivot_root", "swapon", "swapoff", "acct", "umount2", "mount", "sethostname",
                                      "setdomainname", "syslog", "chroot", "rseq",
                                      /* kernels differ in the order of their checks, or we have none */
                                      "execve", "execveat", "seccomp", "name_to_handle_at"};

static const char *const pointers[] = {"PTR", "OUT", "IN", "PATH", "STR", "SIGSET", "TIMESPEC", "TIMESPEC_OUT",
                                       "ARGV", "INT_PAIR"};

static char *buffer;
static long *shared;

static int member(const char *const *list, int n, const char *word) {
    for (int i = 0; i < n; i++) {
        if (!strcmp(list[i], word)) return 1;
    }
    return 0;
}
#define MEMBER(list, word) member(list, sizeof list / sizeof list[0], word)

static int split(const char *args, char kinds[6][32]) {
    int n = 0;
    const char *at = strchr(args, '(') + 1;
    while (*at && *at != ')' && n < 6) {
        at += strspn(at, ", ");
        const size_t length = strcspn(at, ",)");
        if (!length) break;
        snprintf(kinds[n++], 32, "%.*s", (int)length, at);
        at += length;
    }
    return n;
}

/* number: what counts and flags get; 0 often means "nothing to do", 1 often a bad flag, so both are tried. */
static long benign(const char *kind, int fd, long number) {
    if (!strcmp(kind, "FD")) return fd;
    if (!strcmp(kind, "DIRFD")) return AT_FDCWD;
    if (!strcmp(kind, "PATH") || !strcmp(kind, "STR")) return (long)"probe-file";
    if (!strcmp(kind, "SIZE")) return 8;
    return MEMBER(pointers, kind) ? (long)buffer : number;
}

static void probe_in_child(const struct row *row, const long a[6]) {
    alarm(1);
    if (!strcmp(row->name, "prlimit64")) memset(buffer, 0xff, 16); /* no CPU time at all would kill it, sooner or later */
    const long r = syscall(row->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    *shared = r < 0 ? errno : 0;
    _exit(0);
}

static void probe(const struct row *row, const long a[6], int at, const char *kind, long number) {
    *shared = -1;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) probe_in_child(row, a);
    int status;
    waitpid(child, &status, 0);
    printf("%s: bad argument %d (%s), numbers %ld: ", row->name, at + 1, kind, number);
    if (WIFSIGNALED(status)) printf("killed by %d\n", WTERMSIG(status));
    else printf("%s\n", *shared ? strerror((int)*shared) : "no error");
}

static void probe_row(const struct row *row, int fd, long number) {
    char kinds[6][32];
    const int n = split(row->args, kinds);
    for (int i = 0; i < n; i++) {
        long a[6] = {0};
        for (int k = 0; k < n; k++) a[k] = benign(kinds[k], fd, number);
        if (MEMBER(pointers, kinds[i])) {
            a[i] = 0x10;
            probe(row, a, i, kinds[i], number);
        } else if (!strcmp(kinds[i], "FD") || !strcmp(kinds[i], "DIRFD")) {
            a[i] = 999;
            probe(row, a, i, kinds[i], number);
        }
    }
}

int main(void) {
    buffer = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const int fd = open("probe-file", O_RDWR | O_CREAT, 0700);
    if (buffer == MAP_FAILED || shared == MAP_FAILED || fd < 0 || write(fd, "0123456789", 10) != 10) return 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!strcmp(rows[i].handler, "sys_enosys") || !strcmp(rows[i].handler, "sys_eperm") || MEMBER(skipped, rows[i].name)) continue;
        for (long number = 0; number < 2 && !(number && MEMBER(zero_only, rows[i].name)); number++) {
            lseek(fd, 0, SEEK_SET);
            probe_row(&rows[i], fd, number);
        }
    }
    puts("syscall_bad_arguments: ok");
    return 0;
}
