/* SPDX-License-Identifier: ISC */
/* What a thread has used: getrusage(2) tells the caller its own; of others /proc/self/task/TID/stat does, proc(5). */
#include "host/cpu_clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void read_self(struct host_cpu_usage *usage) {
    struct rusage now;
    if (getrusage(RUSAGE_THREAD, &now) != 0) return;
    *usage = (struct host_cpu_usage){
        .system_ns = (int64_t)now.ru_stime.tv_sec * 1000000000 + (int64_t)now.ru_stime.tv_usec * 1000,
        .minor_faults = (uint64_t)now.ru_minflt, .major_faults = (uint64_t)now.ru_majflt,
        .involuntary_switches = (uint64_t)now.ru_nivcsw,
    };
}

/* The name, which may hold anything, ends with the last bracket. What is known already is more exact than a tick. */
static void parse(const char *line, struct host_cpu_usage *usage) {
    uint64_t minor, major, system;
    const char *rest = strrchr(line, ')');
    if (!rest) return;
    if (sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %" SCNu64 " %*u %" SCNu64 " %*u %*u %" SCNu64, &minor, &major, &system) != 3) return;
    const int64_t system_ns = (int64_t)system * (1000000000 / sysconf(_SC_CLK_TCK));
    if (system_ns > usage->system_ns) usage->system_ns = system_ns;
    usage->minor_faults = minor;
    usage->major_faults = major;
}

static void read_other(int tid, struct host_cpu_usage *usage) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    FILE *file = fopen(path, "re");
    if (!file) return;
    if (fgets(line, sizeof line, file)) parse(line, usage);
    fclose(file);
}

/* A thread's clock id holds the complement of its tid above three bits. */
void host_cpu_usage_read(int64_t id, struct host_cpu_usage *usage) {
    if (id == host_cpu_clock_self()) read_self(usage);
    else read_other((int)~(id >> 3), usage);
}
