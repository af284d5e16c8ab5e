/* SPDX-License-Identifier: ISC */
/* getresuid(2), prlimit(2), prctl(2), uname(2), sched(7), membarrier(2): what a process can ask about itself. */
#define _GNU_SOURCE
#include "tests/guest/check.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { MEMBARRIER_CMD_QUERY = 0, MEMBARRIER_CMD_PRIVATE_EXPEDITED = 8, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 16 };

static void ids(void) {
    uid_t r, e, s;
    CHECK(getresuid(&r, &e, &s) == 0 && r == getuid() && e == geteuid());
    CHECK(setresuid((uid_t)-1, (uid_t)-1, (uid_t)-1) == 0);
    CHECK(syscall(SYS_gettid) == getpid());
    CHECK(getgroups(0, NULL) >= 0);
}

static void limits(void) {
    struct rlimit limit, old;
    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0 && old.rlim_cur > 0);
    limit = (struct rlimit){20, old.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    int last = -1, fd;
    while ((fd = dup(1)) >= 0) last = fd;
    CHECK(errno == EMFILE && last == 19);
    CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
    for (fd = 3; fd < 20; fd++) close(fd);
    limit = (struct rlimit){10, 5};
    CHECK_ERROR(setrlimit(RLIMIT_NOFILE, &limit), EINVAL);
    CHECK_ERROR(getrlimit(99, &limit), EINVAL);
}

static void names(void) {
    char name[17] = {0};
    struct utsname names;
    CHECK(prctl(PR_SET_NAME, "a name that is too long") == 0);
    CHECK(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "a name that is ") == 0);
    CHECK(uname(&names) == 0 && strcmp(names.sysname, "Linux") == 0 && strcmp(names.machine, "x86_64") == 0);
    CHECK_ERROR(prctl(12345), EINVAL);
}

static void scheduling(void) {
    cpu_set_t set;
    struct sched_param param;
    CHECK(sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0);
    CHECK(sched_setaffinity(0, sizeof set, &set) == 0);
    CHECK(syscall(SYS_sched_getscheduler, 0) == SCHED_OTHER);
    CHECK(syscall(SYS_sched_getparam, 0, &param) == 0 && param.sched_priority == 0);
    CHECK(sched_get_priority_max(SCHED_FIFO) == 99 && sched_get_priority_min(SCHED_FIFO) == 1);
    const int nice_value = getpriority(PRIO_PROCESS, 0); /* the tests may run at any */
    CHECK(nice_value >= 0 && nice_value <= 19 && setpriority(PRIO_PROCESS, 0, nice_value) == 0);
    CHECK(sched_yield() == 0);
}

static void usage(void) {
    struct rusage usage;
    struct sysinfo info;
    struct tms times_;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_maxrss > 0);
    CHECK(getrusage(RUSAGE_CHILDREN, &usage) == 0);
    CHECK(sysinfo(&info) == 0 && info.totalram > 0 && info.mem_unit > 0);
    CHECK(times(&times_) != -1);
}

static void *spin(void *arg) {
    volatile int *stop = arg;
    while (!*stop) {
    }
    return NULL;
}

static void fences(void) {
    volatile int stop = 0;
    pthread_t thread;
    const long query = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    CHECK(query > 0 && (query & MEMBARRIER_CMD_PRIVATE_EXPEDITED));
    CHECK_ERROR(syscall(SYS_membarrier, 1 << 20, 0, 0), EINVAL);
    CHECK(pthread_create(&thread, NULL, spin, (void *)&stop) == 0);
    CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0);
    for (int i = 0; i < 100; i++) CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0);
    stop = 1;
    pthread_join(thread, NULL);
}

int main(void) {
    ids();
    limits();
    names();
    scheduling();
    usage();
    fences();
    puts("process attributes: ok");
    return 0;
}
