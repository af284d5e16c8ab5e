/* SPDX-License-Identifier: ISC */
/* getrusage(2), times(2), wait4(2), /proc/PID/stat: CPU time is the user's or the system's, of a thread, a process or its ended children. */
#include "check.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

enum { MS = 1000000, PAGES = 256 };
static char page[1 << 16];

static long long ns_of(struct timeval t) {
    return t.tv_sec * 1000000000ll + t.tv_usec * 1000ll;
}

/* Both: how a process's time is split is a matter of ticks, and need not be the sum of its threads' splits. */
static long long total(const struct rusage *r) {
    return ns_of(r->ru_utime) + ns_of(r->ru_stime);
}

static struct rusage usage(int who) {
    struct rusage r;
    CHECK(getrusage(who, &r) == 0);
    return r;
}

static long long cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* Until half of it is seen as the user's: the host's kernel may go by ticks, which miss most of a busy host's. */
static void compute(long long ns) {
    volatile unsigned x = 0;
    const long long start = cpu_ns(), user = ns_of(usage(RUSAGE_THREAD).ru_utime);
    while (cpu_ns() < start + ns || (ns_of(usage(RUSAGE_THREAD).ru_utime) < user + ns / 2 && cpu_ns() < start + 20 * ns)) {
        for (int i = 0; i < 100000; i++) x = x + (unsigned)i;
    }
}

/* Writes to a file: nearly all of it is the kernel's work. Until some of it is seen as that: ticks may miss it. */
static void make_calls(long long ns) {
    const int fd = memfd_create("usage", 0);
    const long long start = cpu_ns(), kernel = ns_of(usage(RUSAGE_THREAD).ru_stime);
    while (cpu_ns() < start + ns || (ns_of(usage(RUSAGE_THREAD).ru_stime) == kernel && cpu_ns() < start + 20 * ns)) {
        CHECK(pwrite(fd, page, sizeof page, 0) == sizeof page);
    }
    close(fd);
}

static void splits(void) {
    const struct rusage a = usage(RUSAGE_THREAD), all = usage(RUSAGE_SELF);
    compute(60 * MS);
    const struct rusage b = usage(RUSAGE_THREAD);
    CHECK(ns_of(b.ru_utime) - ns_of(a.ru_utime) >= 30 * MS);
    make_calls(100 * MS);
    const struct rusage c = usage(RUSAGE_THREAD), all_after = usage(RUSAGE_SELF);
    CHECK(ns_of(c.ru_stime) - ns_of(b.ru_stime) > 0);
    CHECK(ns_of(c.ru_utime) >= ns_of(b.ru_utime) && ns_of(b.ru_stime) >= ns_of(a.ru_stime));
    CHECK(total(&all_after) - total(&all) >= 130 * MS);
}

static void *other(void *arg) {
    compute(40 * MS);
    const struct rusage r = usage(RUSAGE_THREAD);
    CHECK(ns_of(r.ru_utime) >= 20 * MS);
    return NULL;
}

static void of_threads(void) {
    pthread_t thread;
    const struct rusage own = usage(RUSAGE_THREAD), all = usage(RUSAGE_SELF);
    CHECK(pthread_create(&thread, NULL, other, NULL) == 0 && pthread_join(thread, NULL) == 0);
    const struct rusage own_after = usage(RUSAGE_THREAD), all_after = usage(RUSAGE_SELF);
    CHECK(total(&all_after) - total(&all) >= 30 * MS);
    CHECK(total(&own_after) - total(&own) < 30 * MS);
}

static void of_children(void) {
    struct rusage child;
    struct tms before, after;
    int status;
    CHECK(times(&before) != -1);
    const struct rusage old = usage(RUSAGE_CHILDREN);
    const pid_t pid = fork();
    if (pid == 0) {
        compute(50 * MS);
        make_calls(100 * MS);
        _exit(0);
    }
    CHECK(wait4(pid, &status, 0, &child) == pid && status == 0);
    const struct rusage new = usage(RUSAGE_CHILDREN);
    CHECK(total(&child) >= 120 * MS);
    CHECK(ns_of(new.ru_utime) - ns_of(old.ru_utime) == ns_of(child.ru_utime));
    CHECK(ns_of(new.ru_stime) - ns_of(old.ru_stime) == ns_of(child.ru_stime));
    CHECK(times(&after) != -1);
    CHECK(after.tms_cutime + after.tms_cstime > before.tms_cutime + before.tms_cstime);
    CHECK(after.tms_utime + after.tms_stime > 0 && after.tms_stime >= before.tms_stime);
}

static void in_proc(void) {
    unsigned long user, kernel;
    FILE *file = fopen("/proc/self/stat", "r");
    CHECK(file && fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) == 2);
    fclose(file);
    CHECK(user + kernel >= 10);
}

static void errors(void) {
    struct rusage r;
    CHECK_ERROR(getrusage(2, &r), EINVAL);
    CHECK_ERROR(getrusage(-2, &r), EINVAL);
    CHECK_ERROR(getrusage(RUSAGE_SELF, (void *)8), EFAULT);
}

int main(void) {
    splits();
    of_threads();
    of_children();
    in_proc();
    errors();
    puts("usage: user and system time, of threads and children");
    return 0;
}
