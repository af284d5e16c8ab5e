/* SPDX-License-Identifier: ISC */
/* One process looks into another: process_vm_readv and writev, kcmp, pidfd_getfd; I/O priorities and memory policies. */
#include "check.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { PAGE = 4096, KCMP_FILE = 0, KCMP_VM = 1, KCMP_FILES = 2, KCMP_FS = 3, KCMP_SIGHAND = 4 };

static int ready[2], done[2];

static long kcmp(pid_t a, pid_t b, int type, long x, long y) {
    return syscall(SYS_kcmp, a, b, type, x, y);
}

static void memory(pid_t child, char *page) {
    char buf[32] = {0};
    struct iovec local[2] = {{buf, 3}, {buf + 10, 4}}, remote[2] = {{page + 1, 4}, {page + 100, 3}};
    CHECK(process_vm_readv(child, local, 2, remote, 2, 0) == 7);
    CHECK(memcmp(buf, "hil", 3) == 0 && memcmp(buf + 10, "dxyz", 4) == 0);
    strcpy(buf, "parent");
    CHECK(process_vm_writev(child, &(struct iovec){buf, 7}, 1, &(struct iovec){page + 200, 7}, 1, 0) == 7);
    /* Up to the first page that is not there. */
    static char big[3 * PAGE];
    CHECK(process_vm_readv(child, &(struct iovec){big, sizeof big}, 1, &(struct iovec){page + PAGE - 8, 64}, 1, 0) == 8);
    CHECK_ERROR(process_vm_readv(child, local, 1, &(struct iovec){page + PAGE, 8}, 1, 0), EFAULT);
    CHECK_ERROR(process_vm_readv(child, local, 1, remote, 1, 1), EINVAL);
    CHECK_ERROR(process_vm_readv(child, local, 1025, remote, 1, 0), EINVAL);
    CHECK_ERROR(process_vm_readv(0x3ffffff, local, 1, remote, 1, 0), ESRCH);
    CHECK(process_vm_readv(getpid(), local, 1, &(struct iovec){(void *)"own", 3}, 1, 0) == 3 && memcmp(buf, "own", 3) == 0);
}

static void sharing(pid_t child) {
    const pid_t self = getpid();
    CHECK(kcmp(self, self, KCMP_VM, 0, 0) == 0 && kcmp(self, child, KCMP_VM, 0, 0) > 0);
    CHECK(kcmp(self, child, KCMP_FILE, ready[0], ready[0]) == 0 && kcmp(self, child, KCMP_FILE, ready[0], ready[1]) > 0);
    CHECK(kcmp(self, child, KCMP_FILES, 0, 0) > 0 && kcmp(self, child, KCMP_FS, 0, 0) > 0);
    CHECK(kcmp(self, child, KCMP_SIGHAND, 0, 0) > 0);
    CHECK_ERROR(kcmp(self, child, KCMP_FILE, 999, 0), EBADF);
    CHECK_ERROR(kcmp(self, child, 99, 0, 0), EINVAL);
    CHECK_ERROR(kcmp(self, 0x3ffffff, KCMP_VM, 0, 0), ESRCH);
}

static void descriptors(pid_t child) {
    const int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    CHECK(pidfd >= 0);
    const int fd = (int)syscall(SYS_pidfd_getfd, pidfd, ready[1], 0);
    CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && kcmp(getpid(), child, KCMP_FILE, fd, ready[1]) == 0);
    CHECK_ERROR(syscall(SYS_pidfd_getfd, pidfd, 999, 0), EBADF);
    CHECK_ERROR(syscall(SYS_pidfd_getfd, pidfd, 0, 1), EINVAL);
    CHECK_ERROR(syscall(SYS_pidfd_getfd, fd, 0, 0), EBADF);
    CHECK(close(fd) == 0 && close(pidfd) == 0);
}

static void priorities(void) {
    CHECK(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6) == 0 && syscall(SYS_ioprio_get, 1, 0) == (2 << 13 | 6));
    CHECK(syscall(SYS_ioprio_set, 1, getpid(), 3 << 13) == 0 && syscall(SYS_ioprio_get, 1, getpid()) == 3 << 13);
    CHECK_ERROR(syscall(SYS_ioprio_set, 1, 0, 5 << 13), EINVAL);
    CHECK_ERROR(syscall(SYS_ioprio_get, 4, 0), EINVAL);
    CHECK_ERROR(syscall(SYS_ioprio_get, 1, 0x3ffffff), ESRCH);
}

/* A machine with one node, or a kernel that has none of this. */
static void policies(void) {
    unsigned long mask[16] = {1}, two = 2;
    int mode = -1;
    if (syscall(SYS_get_mempolicy, &mode, 0, 0, 0, 0) != 0) return;
    CHECK(mode == 0);
    CHECK(syscall(SYS_set_mempolicy, 2, mask, 64) == 0);
    mask[0] = 0;
    CHECK(syscall(SYS_get_mempolicy, &mode, mask, 1025, 0, 0) == 0 && mode == 2 && mask[0] == 1);
    CHECK_ERROR(syscall(SYS_set_mempolicy, 2, &two, 1), EINVAL);
    CHECK_ERROR(syscall(SYS_set_mempolicy, 77, 0, 0), EINVAL);
    CHECK_ERROR(syscall(SYS_get_mempolicy, &mode, 0, 0, 1, 0), EINVAL);
    CHECK(syscall(SYS_set_mempolicy, 0, 0, 0) == 0);
}

int main(void) {
    char *page = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), c;
    CHECK(pipe(ready) == 0 && pipe(done) == 0 && munmap(page + PAGE, PAGE) == 0);
    const pid_t child = fork();
    if (child == 0) {
        strcpy(page, "child");
        strcpy(page + 100, "xyz");
        CHECK(write(ready[1], "r", 1) == 1 && read(done[0], &c, 1) == 1);
        CHECK(strcmp(page + 200, "parent") == 0);
        _exit(0);
    }
    CHECK(read(ready[0], &c, 1) == 1);
    memory(child, page);
    sharing(child);
    descriptors(child);
    CHECK(write(done[1], "d", 1) == 1);
    wait_ok(child);
    priorities();
    policies();
    printf("one process looks into another\n");
}
