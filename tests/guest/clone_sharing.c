/* SPDX-License-Identifier: ISC */
/* clone(2), flag by flag: what a child shares with the flag and has for itself without it. */
#include "check.h"

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <time.h>

enum { SETTLS = 0x80000, PIDFD = 0x1000 };

static char stack[65536] __attribute__((aligned(16)));
static volatile int *shared; /* seen by all */
static volatile int own;
static int fd, sem;

static void handler(int signo) {
}

/* Everything that a flag can share is changed. */
static int change(void *arg) {
    own = 1;
    close(fd);
    umask(0123);
    chdir("/");
    signal(SIGUSR1, handler);
    shared[0] = getppid();
    semop(sem, &(struct sembuf){0, 1, SEM_UNDO}, 1);
    return 0;
}

static void show(const char *name, int flags, int exit_signal) {
    int status = 0;
    char cwd[4096];
    own = 0;
    fd = open("/dev/null", O_RDONLY);
    umask(022);
    CHECK(chdir("/tmp") == 0 && signal(SIGUSR1, SIG_IGN) != SIG_ERR);
    sem = semget(IPC_PRIVATE, 1, 0600);
    const pid_t pid = clone(change, stack + sizeof stack, flags | exit_signal, NULL);
    if (pid < 0) {
        printf("%s: %s\n", name, strerror(errno));
    } else {
        const pid_t waited = waitpid(pid, &status, __WALL);
        printf("%s: memory %d, files %d, directory %d, mask %o, handlers %d, ", name, own, fcntl(fd, F_GETFD) < 0, !strcmp(getcwd(cwd, 4096), "/"),
               umask(022), signal(SIGUSR1, SIG_IGN) == handler);
        printf("parent %d, undone %d, waited for %d\n", shared[0] == getpid(), !semctl(sem, 0, GETVAL), waited == pid && status == 0);
    }
    semctl(sem, 0, IPC_RMID);
    close(fd);
}

static void sharing(void) {
    show("nothing", 0, SIGCHLD);
    show("CLONE_VM", CLONE_VM, SIGCHLD);
    show("CLONE_FS", CLONE_FS, SIGCHLD);
    show("CLONE_FILES", CLONE_FILES, SIGCHLD);
    show("CLONE_VM | CLONE_SIGHAND", CLONE_VM | CLONE_SIGHAND, SIGCHLD);
    show("CLONE_VFORK", CLONE_VFORK, SIGCHLD);
    show("CLONE_VFORK | CLONE_VM", CLONE_VFORK | CLONE_VM, SIGCHLD);
    show("CLONE_IO", CLONE_IO, SIGCHLD);
    show("CLONE_UNTRACED", CLONE_UNTRACED, SIGCHLD);
    show("CLONE_DETACHED", CLONE_DETACHED, SIGCHLD);
    show("no signal", 0, 0);
    show("another signal", 0, SIGURG);
    show("no such signal", 0, 99);
    show("CLONE_SIGHAND", CLONE_SIGHAND, SIGCHLD);
    show("CLONE_THREAD", CLONE_THREAD, SIGCHLD);
    show("CLONE_THREAD | CLONE_VM", CLONE_THREAD | CLONE_VM, SIGCHLD);
    show("CLONE_THREAD | CLONE_SIGHAND", CLONE_THREAD | CLONE_SIGHAND, SIGCHLD);
}

/* The list of undos goes when its last user ends, not when the child does. */
static void undo(void) {
    CHECK(semop((sem = semget(IPC_PRIVATE, 1, 0600)), &(struct sembuf){0, 1, SEM_UNDO}, 1) == 0);
    const pid_t pid = clone(change, stack + sizeof stack, CLONE_SYSVSEM | SIGCHLD, NULL);
    CHECK(pid > 0);
    wait_ok(pid);
    CHECK(semctl(sem, 0, GETVAL) == 2 && semctl(sem, 0, IPC_RMID) == 0);
}

static int grandchild(void *arg) {
    shared[1] = getppid();
    return 7;
}

static int make_sibling(void *arg) {
    static char more[16384] __attribute__((aligned(16)));
    const pid_t pid = clone(grandchild, more + sizeof more, CLONE_PARENT, NULL);
    shared[2] = pid;
    CHECK_ERROR(waitpid(pid, NULL, __WALL), ECHILD);
    return 0;
}

/* CLONE_PARENT: the child is its maker's sibling, with the signal of its maker. */
static void parent(void) {
    int status;
    const pid_t pid = clone(make_sibling, stack + sizeof stack, SIGCHLD, NULL);
    CHECK(pid > 0);
    while (!shared[2]) usleep(1000);
    CHECK(waitpid(shared[2], &status, 0) == shared[2] && WEXITSTATUS(status) == 7 && shared[1] == getpid());
    wait_ok(pid);
}

static long raw(unsigned long flags, void *parent_tid, void *child_tid, unsigned long tls) {
    return syscall(SYS_clone, flags, 0, parent_tid, child_tid, tls);
}

static void words(void) {
    uint32_t *tids = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const long pid = raw(CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, &tids[0], &tids[1], 0);
    if (pid == 0) {
        tids[2] = tids[1] == (uint32_t)getpid() && tids[0] == tids[1];
        _exit(0);
    }
    CHECK(pid > 0 && tids[0] == (uint32_t)pid);
    wait_ok((pid_t)pid);
    printf("tids seen %u, child's word %s\n", tids[2], tids[1] ? "stays when nobody else is in the memory" : "cleared");
    /* Bad addresses are no errors. */
    const long other = raw(CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, (void *)8, (void *)8, 0);
    if (other == 0) _exit(0);
    CHECK(other > 0);
    wait_ok((pid_t)other);
    int *pidfd = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK_ERROR(raw(PIDFD | CLONE_PARENT_SETTID | SIGCHLD, pidfd, 0, 0), EINVAL);
    CHECK_ERROR(raw(PIDFD | CLONE_DETACHED | SIGCHLD, pidfd, 0, 0), EINVAL);
    CHECK_ERROR(raw(PIDFD | SIGCHLD, (void *)8, 0, 0), EFAULT);
    const long third = raw(PIDFD | SIGCHLD, pidfd, 0, 0);
    if (third == 0) _exit(0);
    CHECK(third > 0 && fcntl(*pidfd, F_GETFD) == FD_CLOEXEC);
    wait_ok((pid_t)third);
    CHECK_ERROR(raw(CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0), EINVAL);
    CHECK_ERROR(raw(CLONE_NEWUSER | CLONE_FS | SIGCHLD, 0, 0, 0), EINVAL);
    CHECK_ERROR(raw(CLONE_NEWIPC | CLONE_SYSVSEM | SIGCHLD, 0, 0, 0), EINVAL);
    CHECK_ERROR(raw(SETTLS | SIGCHLD, 0, 0, 0xffff800000000000), EPERM);
}

static void unshare_flags(void) {
    CHECK(unshare(0) == 0 && unshare(CLONE_FS) == 0 && unshare(CLONE_FILES) == 0 && unshare(CLONE_SYSVSEM) == 0);
    CHECK(unshare(CLONE_VM) == 0 && unshare(CLONE_SIGHAND) == 0 && unshare(CLONE_THREAD) == 0);
    CHECK_ERROR(unshare(CLONE_PARENT), EINVAL);
    CHECK_ERROR(unshare(SIGCHLD), EINVAL);
}

int main(void) {
    shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sharing();
    undo();
    parent();
    words();
    unshare_flags();
    printf("clone shares what its flags say\n");
}
