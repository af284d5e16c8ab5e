/* SPDX-License-Identifier: ISC */
/* mmap(2), munmap(2), mprotect(2), mremap(2), madvise(2), mincore(2), msync(2), mlock(2), brk(2): what real Linux says. */
#include "tests/guest/check.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096l
#define MAP_FIXED_NOREPLACE_ 0x100000
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf escape;
static volatile sig_atomic_t got_signal, got_code;
static void *volatile got_address;

static void on_fault(int signo, siginfo_t *info, void *context) {
    got_signal = signo;
    got_code = info->si_code;
    got_address = info->si_addr;
    siglongjmp(escape, 1);
}

/* The signal that the access raises, or 0; and its code. */
static int touch(volatile char *at, int write, int *code) {
    got_signal = 0;
    if (sigsetjmp(escape, 1) == 0) {
        if (write) *at = 1;
        else (void)*at;
    }
    *code = got_signal ? got_code : 0;
    if (got_signal) CHECK(got_address == at);
    return got_signal;
}

static char *map(long pages, int prot) {
    char *at = mmap(NULL, (size_t)(pages * PAGE), prot, ANON, -1, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

static int temporary_file(long size) {
    char name[] = "/tmp/memory_map.XXXXXX";
    const int fd = mkstemp(name);
    CHECK(fd >= 0);
    unlink(name);
    CHECK(ftruncate(fd, size) == 0);
    return fd;
}

static void faults(void) {
    int code;
    char *at = map(3, RW);
    CHECK(mprotect(at + PAGE, PAGE, PROT_READ) == 0);
    CHECK(munmap(at + 2 * PAGE, PAGE) == 0);
    CHECK(touch(at, 1, &code) == 0);
    CHECK(touch(at + PAGE, 0, &code) == 0);
    CHECK(touch(at + PAGE, 1, &code) == SIGSEGV && code == SEGV_ACCERR);
    CHECK(touch(at + 2 * PAGE, 0, &code) == SIGSEGV && code == SEGV_MAPERR);
    const int fd = temporary_file(PAGE + 10);
    char *file = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);
    CHECK(file != MAP_FAILED);
    CHECK(touch(file + PAGE + 4000, 0, &code) == 0);
    CHECK(touch(file + 2 * PAGE, 0, &code) == SIGBUS && code == BUS_ADRERR);
    CHECK(touch(file + PAGE, 1, &code) == 0);
    CHECK(ftruncate(fd, PAGE) == 0);
    CHECK(touch(file + PAGE, 0, &code) == SIGBUS && code == BUS_ADRERR);
    CHECK(touch(file, 1, &code) == 0);
    CHECK(munmap(file, 3 * PAGE) == 0);
    close(fd);
}

static void map_errors(void) {
    const int read_only = open("/proc/self/exe", O_RDONLY), write_only = open("/dev/null", O_WRONLY);
    CHECK_ERROR((long)mmap(NULL, 0, RW, ANON, -1, 0), EINVAL);
    CHECK_ERROR((long)mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
    CHECK_ERROR((long)mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
    CHECK_ERROR((long)mmap((void *)1, PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
    CHECK_ERROR((long)mmap(NULL, 1ul << 47, RW, ANON | MAP_NORESERVE, -1, 0), ENOMEM);
    CHECK_ERROR((long)mmap(NULL, PAGE, RW, MAP_SHARED, read_only, 0), EACCES);
    CHECK_ERROR((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, write_only, 0), EACCES);
    CHECK_ERROR(syscall(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, read_only, 5), EINVAL);
    char *at = map(2, RW);
    CHECK_ERROR((long)mmap(at, PAGE, RW, ANON | MAP_FIXED_NOREPLACE_, -1, 0), EEXIST);
    CHECK_ERROR(munmap(at + 1, PAGE), EINVAL);
    CHECK_ERROR(munmap(at, 0), EINVAL);
    CHECK_ERROR(syscall(SYS_mprotect, at + 1, PAGE, RW), EINVAL);
    CHECK(mprotect(at, 0, RW) == 0);
    char *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, read_only, 0);
    CHECK(shared != MAP_FAILED);
    CHECK_ERROR(mprotect(shared, PAGE, RW), EACCES);
    close(read_only);
    close(write_only);
}

static void holes(void) {
    int code;
    char *at = map(3, RW);
    CHECK(munmap(at + PAGE, PAGE) == 0);
    CHECK_ERROR(mprotect(at, 3 * PAGE, PROT_READ), ENOMEM);
    CHECK(touch(at, 1, &code) == SIGSEGV);
    CHECK(touch(at + 2 * PAGE, 1, &code) == 0);
    CHECK_ERROR(madvise(at, 3 * PAGE, MADV_DONTNEED), ENOMEM);
    CHECK(at[2 * PAGE] == 0);
    unsigned char vec[3];
    CHECK_ERROR(mincore(at, 3 * PAGE, vec), ENOMEM);
    CHECK_ERROR(msync(at, 3 * PAGE, MS_SYNC), ENOMEM);
    CHECK_ERROR(mlock(at, 3 * PAGE), ENOMEM);
    CHECK(munmap(at, 3 * PAGE) == 0);
}

static void remapping(void) {
    char *at = map(4, RW);
    at[0] = 1;
    at[PAGE] = 2;
    CHECK_ERROR((long)mremap(at, PAGE, 2 * PAGE, 0), ENOMEM);
    CHECK(munmap(at + 2 * PAGE, 2 * PAGE) == 0);
    CHECK_ERROR((long)mremap(at + 2 * PAGE, PAGE, 2 * PAGE, 0), EFAULT);
    char *to = mremap(at, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    CHECK(to != MAP_FAILED && to[0] == 1 && to[PAGE] == 2 && to[63 * PAGE] == 0);
    char *target = map(8, RW);
    CHECK(mremap(to, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target + PAGE) == target + PAGE);
    CHECK(target[PAGE] == 1 && target[2 * PAGE] == 2 && target[3 * PAGE] == 0);
    CHECK_ERROR((long)mremap(target, PAGE, 0, 0), EINVAL);
    CHECK_ERROR((long)mremap(target + 1, PAGE, PAGE, 0), EINVAL);
    CHECK_ERROR((long)mremap(target, PAGE, PAGE, MREMAP_FIXED, at), EINVAL);
    char *shared = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *again = mremap(shared, 0, PAGE, MREMAP_MAYMOVE);
    CHECK(again != MAP_FAILED && again != shared);
    shared[7] = 9;
    CHECK(again[7] == 9);
}

static void advice(void) {
    unsigned char vec[2];
    char *at = map(2, RW);
    at[0] = 5;
    CHECK(mincore(at, 2 * PAGE, vec) == 0 && (vec[0] & 1) && !(vec[1] & 1));
    CHECK(madvise(at, PAGE, MADV_DONTNEED) == 0);
    CHECK(at[0] == 0);
    CHECK_ERROR(madvise(at, PAGE, 12345), EINVAL);
    CHECK_ERROR(madvise(at + 1, PAGE, MADV_NORMAL), EINVAL);
    CHECK_ERROR(mincore(at + 1, PAGE, vec), EINVAL);
    CHECK_ERROR(mincore(at, PAGE, (unsigned char *)8), EFAULT);
    CHECK(mlock(at, PAGE) == 0);
    CHECK_ERROR(madvise(at, PAGE, MADV_DONTNEED), EINVAL);
    CHECK(munlock(at, PAGE) == 0);
    CHECK_ERROR(mlockall(0), EINVAL);
    CHECK_ERROR(msync(at, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
    CHECK_ERROR(syscall(SYS_pkey_alloc, 1, 0), EINVAL);
}

static void files(void) {
    const int fd = temporary_file(2 * PAGE);
    char byte;
    char *shared = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
    shared[10] = 'a';
    CHECK(pread(fd, &byte, 1, 10) == 1 && byte == 'a');
    CHECK(private[10] == 'a');
    private[10] = 'b';
    CHECK(shared[10] == 'a');
    CHECK(pwrite(fd, "c", 1, 11) == 1 && shared[11] == 'c');
    CHECK(msync(shared, PAGE, MS_SYNC) == 0);
    close(fd);
    const pid_t child = fork();
    if (child == 0) {
        shared[20] = 'x';
        private[20] = 'y';
        _exit(0);
    }
    wait_ok(child);
    CHECK(shared[20] == 'x' && private[20] == 0);
}

static void heap(void) {
    char *start = sbrk(0);
    CHECK((char *)syscall(SYS_brk, start + 3 * PAGE) == start + 3 * PAGE);
    start[2 * PAGE] = 1;
    CHECK((char *)syscall(SYS_brk, start) == start);
    CHECK((char *)syscall(SYS_brk, start + 3 * PAGE) == start + 3 * PAGE);
    CHECK(start[2 * PAGE] == 0);
    CHECK((char *)syscall(SYS_brk, 1) == start + 3 * PAGE);
    CHECK((char *)syscall(SYS_brk, start) == start);
}

static void big_reservations(void) {
    const size_t size = 1ul << 40;
    char *at = mmap(NULL, size, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
    CHECK(at != MAP_FAILED);
    CHECK(mprotect(at + size / 2, PAGE, RW) == 0);
    at[size / 2] = 1;
    CHECK(munmap(at, size) == 0);
}

static int deep(int n) {
    volatile char page[PAGE];
    page[0] = (char)n;
    return n ? deep(n - 1) + page[0] : 0;
}

/* The main stack grows by itself, to RLIMIT_STACK. */
static void stack(void) {
    deep(500);
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        deep(1000000);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void address_space_limit(void) {
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {64 << 20, 64 << 20};
        CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
        CHECK_ERROR((long)mmap(NULL, 100 << 20, PROT_NONE, ANON, -1, 0), ENOMEM);
        CHECK(mmap(NULL, 1 << 20, PROT_NONE, ANON, -1, 0) != MAP_FAILED);
        exit(0);
    }
    wait_ok(child);
}

int main(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    faults();
    map_errors();
    holes();
    remapping();
    advice();
    files();
    heap();
    big_reservations();
    stack();
    address_space_limit();
    puts("ok");
    return 0;
}
