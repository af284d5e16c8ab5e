/* SPDX-License-Identifier: ISC */
/* What /proc says about the machine: processors, memory, times, settings. */
#include "base/bits.h"
#include "base/error.h"
#include "host/system.h"
#include "cpu/model.h"
#include "syscall/linux/abi/release.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/process/cputime.h"
#include "syscall/linux/procfs/proc_node.h"

#include <string.h>

static struct kernel *kernel_of(struct node *node) {
    return proc_node_of(node)->kernel;
}

/* One CPUID bit and the name that Linux gives it; reg: 0 EAX .. 3 EDX. */
struct cpu_flag {
    uint32_t leaf;
    uint8_t subleaf, reg, bit;
    const char *name;
};

static const struct cpu_flag cpu_flags[] = {
    {1, 0, 3, 0, "fpu"},           {1, 0, 3, 1, "vme"},        {1, 0, 3, 3, "pse"},        {1, 0, 3, 4, "tsc"},
    {1, 0, 3, 5, "msr"},           {1, 0, 3, 6, "pae"},        {1, 0, 3, 8, "cx8"},        {1, 0, 3, 9, "apic"},
    {1, 0, 3, 11, "sep"},          {1, 0, 3, 13, "pge"},       {1, 0, 3, 15, "cmov"},      {1, 0, 3, 16, "pat"},
    {1, 0, 3, 19, "clflush"},      {1, 0, 3, 23, "mmx"},       {1, 0, 3, 24, "fxsr"},      {1, 0, 3, 25, "sse"},
    {1, 0, 3, 26, "sse2"},         {0x80000001, 0, 3, 11, "syscall"}, {0x80000001, 0, 3, 20, "nx"},
    {0x80000001, 0, 3, 27, "rdtscp"}, {0x80000001, 0, 3, 29, "lm"},   {1, 0, 2, 0, "pni"},
    {1, 0, 2, 1, "pclmulqdq"},     {1, 0, 2, 9, "ssse3"},      {1, 0, 2, 12, "fma"},       {1, 0, 2, 13, "cx16"},
    {1, 0, 2, 19, "sse4_1"},       {1, 0, 2, 20, "sse4_2"},    {1, 0, 2, 22, "movbe"},     {1, 0, 2, 23, "popcnt"},
    {1, 0, 2, 25, "aes"},          {1, 0, 2, 26, "xsave"},     {1, 0, 2, 28, "avx"},       {1, 0, 2, 29, "f16c"},
    {1, 0, 2, 30, "rdrand"},       {1, 0, 2, 31, "hypervisor"}, {0x80000001, 0, 2, 0, "lahf_lm"},
    {0x80000001, 0, 2, 5, "abm"},  {7, 0, 1, 0, "fsgsbase"},   {7, 0, 1, 3, "bmi1"},       {7, 0, 1, 5, "avx2"},
    {7, 0, 1, 8, "bmi2"},          {7, 0, 1, 9, "erms"},       {7, 0, 1, 18, "rdseed"},    {7, 0, 1, 19, "adx"},
    {7, 0, 1, 29, "sha_ni"},       {7, 0, 2, 22, "rdpid"},     {7, 0, 3, 4, "fsrm"},
};

static void show_flags(const struct cpu_model *model, struct text *text) {
    text_printf(text, "flags\t\t:");
    for (size_t i = 0; i < ARRAY_LEN(cpu_flags); i++) {
        const struct cpu_flag *flag = &cpu_flags[i];
        uint32_t out[4];
        cpu_model_leaf(model, flag->leaf, flag->subleaf, 0, out);
        if (out[flag->reg] >> flag->bit & 1) text_printf(text, " %s", flag->name);
    }
    text_printf(text, "\n");
}

/* CPUID's vendor (leaf 0: EBX EDX ECX) and brand (leaves 0x80000002-4). */
static void cpu_names(const struct cpu_model *model, char vendor[13], char brand[49]) {
    uint32_t out[4];
    cpu_model_leaf(model, 0, 0, 0, out);
    memcpy(vendor, &out[1], 4);
    memcpy(vendor + 4, &out[3], 4);
    memcpy(vendor + 8, &out[2], 4);
    vendor[12] = 0;
    for (uint32_t i = 0; i < 3; i++) {
        cpu_model_leaf(model, 0x80000002 + i, 0, 0, out);
        memcpy(brand + 16 * i, out, 16);
    }
    brand[48] = 0;
}

static void show_cpu(const struct cpu_model *model, int cpu, int n_cpus, struct text *text) {
    char vendor[13], brand[49];
    uint32_t leaf1[4];
    cpu_names(model, vendor, brand);
    cpu_model_leaf(model, 1, 0, (uint32_t)cpu, leaf1);
    const uint32_t family = (leaf1[0] >> 8 & 0xf) + (leaf1[0] >> 20 & 0xff);
    text_printf(text, "processor\t: %d\nvendor_id\t: %s\ncpu family\t: %u\n", cpu, vendor, family);
    text_printf(text, "model\t\t: %u\n", (leaf1[0] >> 4 & 0xf) | (leaf1[0] >> 12 & 0xf0));
    text_printf(text, "model name\t: %s\nstepping\t: %u\n", brand, leaf1[0] & 0xf);
    text_printf(text, "cpu MHz\t\t: 1000.000\ncache size\t: 512 KB\nphysical id\t: 0\nsiblings\t: %d\n", n_cpus);
    text_printf(text, "core id\t\t: %d\ncpu cores\t: %d\napicid\t\t: %d\n", cpu, n_cpus, cpu);
    text_printf(text, "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: 13\nwp\t\t: yes\n");
    show_flags(model, text);
    text_printf(text, "bugs\t\t:\nbogomips\t: 2000.00\nclflush size\t: 64\ncache_alignment\t: 64\n");
    text_printf(text, "address sizes\t: 46 bits physical, 48 bits virtual\npower management:\n\n");
}

PROC_TEXT(cpuinfo) {
    const struct kernel *kernel = kernel_of(node);
    for (int cpu = 0; cpu < kernel->n_cpus; cpu++) {
        show_cpu(kernel->options.cpu_env->model, cpu, kernel->n_cpus, text);
    }
    return 0;
}

PROC_TEXT(meminfo) {
    struct host_system host;
    if (proc_copy_from_host(text, "meminfo") && text->size) return 0;
    const int r = host_system_get(&host);
    if (r) return r;
    const struct row {
        const char *name;
        uint64_t bytes;
    } rows[] = {
        {"MemTotal:", host.memory_total}, {"MemFree:", host.memory_free}, {"MemAvailable:", host.memory_available},
        {"Buffers:", 0}, {"Cached:", host.memory_available - host.memory_free}, {"SwapCached:", 0}, {"Active:", 0},
        {"Inactive:", 0}, {"SwapTotal:", host.swap_total}, {"SwapFree:", host.swap_free}, {"Dirty:", 0},
        {"Shmem:", 0}, {"CommitLimit:", host.memory_total + host.swap_total}, {"Committed_AS:", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        text_printf(text, "%-16s%8llu kB\n", rows[i].name, (unsigned long long)rows[i].bytes / 1024);
    }
    text_printf(text, "HugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n");
    return 0;
}

static int add_cpu_time(struct process *process, void *arg) {
    const struct process_usage usage = cputime_usage(process);
    cputime_add(arg, &usage);
    return 0;
}

static int64_t uptime_ns(const struct kernel *kernel) {
    return scheduler_monotonic_ns(kernel->scheduler) - kernel->boot_ns;
}

PROC_TEXT(system_stat) {
    struct kernel *kernel = kernel_of(node);
    struct process_usage used = {0};
    process_for_each(kernel, add_cpu_time, &used);
    const int64_t tick = 1000000000 / USER_HZ, all = uptime_ns(kernel) * kernel->n_cpus;
    const long long user = (used.cpu_ns - used.system_ns) / tick, kernel_ticks = used.system_ns / tick;
    const long long idle = all > used.cpu_ns ? (all - used.cpu_ns) / tick : 0, n = kernel->n_cpus;
    text_printf(text, "cpu  %lld 0 %lld %lld 0 0 0 0 0 0\n", user, kernel_ticks, idle);
    for (int cpu = 0; cpu < n; cpu++) {
        text_printf(text, "cpu%d %lld 0 %lld %lld 0 0 0 0 0 0\n", cpu, user / n, kernel_ticks / n, idle / n);
    }
    const long long boot = (scheduler_realtime_ns(kernel->scheduler) - uptime_ns(kernel)) / 1000000000;
    host_mutex_lock(&kernel->tasks_lock);
    const int last_pid = kernel->last_pid;
    host_mutex_unlock(&kernel->tasks_lock);
    text_printf(text, "intr 0\nctxt 0\nbtime %lld\nprocesses %d\nprocs_running 1\nprocs_blocked 0\n", boot, last_pid);
    return 0;
}

PROC_TEXT(uptime) {
    const long long hundredths = uptime_ns(kernel_of(node)) / 10000000;
    text_printf(text, "%lld.%02lld %lld.%02lld\n", hundredths / 100, hundredths % 100, hundredths / 100,
                hundredths % 100);
    return 0;
}

PROC_TEXT(version) {
    text_printf(text, "Linux version %s (lockstep) #1 SMP PREEMPT_DYNAMIC\n", KERNEL_RELEASE);
    return 0;
}

static int count_one(struct process *process, void *arg) {
    ++*(int *)arg;
    return 0;
}

PROC_TEXT(loadavg) {
    struct host_system host = {0};
    struct kernel *kernel = kernel_of(node);
    int n = 0;
    const int r = host_system_get(&host);
    if (r) return r;
    process_for_each(kernel, count_one, &n);
    for (int i = 0; i < 3; i++) text_printf(text, "%u.%02u ", host.load[i] / 100, host.load[i] % 100);
    host_mutex_lock(&kernel->tasks_lock);
    text_printf(text, "1/%d %d\n", n, kernel->last_pid);
    host_mutex_unlock(&kernel->tasks_lock);
    return 0;
}

PROC_TEXT(filesystems) {
    text_printf(text, "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tpipefs\n\text4\n");
    return 0;
}

PROC_TEXT(ostype) {
    text_printf(text, "Linux\n");
    return 0;
}

PROC_TEXT(osrelease) {
    text_printf(text, "%s\n", KERNEL_RELEASE);
    return 0;
}

PROC_TEXT(hostname) {
    struct kernel *kernel = kernel_of(node);
    host_mutex_lock(&kernel->names_lock);
    text_printf(text, "%s\n", kernel->hostname);
    host_mutex_unlock(&kernel->names_lock);
    return 0;
}

PROC_TEXT(random_uuid) {
    uint8_t b[16];
    const int r = entropy_fill(&kernel_of(node)->options.entropy, b, sizeof b);
    if (r) return r;
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    for (int i = 0; i < 16; i++) text_printf(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
    text_printf(text, "\n");
    return 0;
}

#define NUMBER(name, value)                                     \
    PROC_TEXT(name) {                                           \
        text_printf(text, "%lld\n", (long long)(value));        \
        return 0;                                               \
    }

NUMBER(pid_max, 4194304)
NUMBER(threads_max, 32768)
NUMBER(overcommit_memory, 0)
NUMBER(mmap_min_addr, SPACE_MIN)
NUMBER(max_map_count, 65530)
NUMBER(somaxconn, 4096)
NUMBER(file_max, 1048576)
NUMBER(pipe_max_size, 1048576)
NUMBER(cap_last_cap, 40)
NUMBER(core_uses_pid, 0)

PROC_TEXT(core_pattern) {
    text_printf(text, "core\n");
    return 0;
}
