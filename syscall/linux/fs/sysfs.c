/* SPDX-License-Identifier: ISC */
/* /sys: processors, memory nodes and the few settings that C libraries, runtimes and tools read. The rows of one processor are made
 * for each. */
#include "base/bits.h"
#include "host/system.h"
#include "host/thread.h"
#include "syscall/linux/fs/tree.h"
#include "syscall/linux/fs/vfs_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU_DIR "devices/system/cpu/cpu"

static int show_cpus(struct node *node, struct text *text) {
    const int n = host_cpu_count();
    text_printf(text, n > 1 ? "0-%d\n" : "%d\n", n - 1);
    return 0;
}

static void put_mask(struct text *text, int from, int to) {
    const int words = (host_cpu_count() + 31) / 32;
    for (int word = words - 1; word >= 0; word--) {
        uint32_t bits = 0;
        for (int i = 0; i < 32; i++) bits |= (uint32_t)(32 * word + i >= from && 32 * word + i < to) << i;
        text_printf(text, word == words - 1 && words == 1 ? "%x%s" : "%08x%s", bits, word ? "," : "\n");
    }
}

static int show_cpu_mask(struct node *node, struct text *text) {
    put_mask(text, 0, host_cpu_count());
    return 0;
}

/* The processor whose place it is: its number stands in the path. */
static int cpu_of(struct node *node) {
    return atoi(tree_row_of(node)->path + sizeof CPU_DIR - 1);
}

static int show_own_number(struct node *node, struct text *text) {
    text_printf(text, "%d\n", cpu_of(node));
    return 0;
}

static int show_own_mask(struct node *node, struct text *text) {
    put_mask(text, cpu_of(node), cpu_of(node) + 1);
    return 0;
}

static int show_node_memory(struct node *node, struct text *text) {
    struct host_system host;
    const int r = host_system_get(&host);
    if (r) return r;
    const unsigned long long total = host.memory_total / 1024, unused = host.memory_free / 1024;
    text_printf(text, "Node 0 MemTotal:       %llu kB\nNode 0 MemFree:        %llu kB\nNode 0 MemUsed:        %llu kB\n", total, unused,
                total - unused);
    return 0;
}

/* A text that never changes has it as its link. */
static int show_constant(struct node *node, struct text *text);

#define DIR(p) {.path = p, .mode = S_IFDIR | 0755}
#define TEXT(p, fn) {.path = p, .mode = S_IFREG | 0444, .text = {.show = fn}}
#define CONSTANT(p, content) {.path = p, .mode = S_IFREG | 0444, .link = content, .text = {.show = show_constant}}

static const struct tree_row fixed_rows[] = {
    DIR(""),
    DIR("devices"),
    DIR("devices/system"),
    DIR("devices/system/cpu"),
    TEXT("devices/system/cpu/online", show_cpus),
    TEXT("devices/system/cpu/possible", show_cpus),
    TEXT("devices/system/cpu/present", show_cpus),
    CONSTANT("devices/system/cpu/offline", ""),
    CONSTANT("devices/system/cpu/isolated", ""),
    CONSTANT("devices/system/cpu/kernel_max", "8191"),
    DIR("devices/system/node"),
    CONSTANT("devices/system/node/online", "0"),
    CONSTANT("devices/system/node/possible", "0"),
    CONSTANT("devices/system/node/has_cpu", "0"),
    CONSTANT("devices/system/node/has_memory", "0"),
    CONSTANT("devices/system/node/has_normal_memory", "0"),
    DIR("devices/system/node/node0"),
    TEXT("devices/system/node/node0/cpulist", show_cpus),
    TEXT("devices/system/node/node0/cpumap", show_cpu_mask),
    TEXT("devices/system/node/node0/meminfo", show_node_memory),
    CONSTANT("devices/system/node/node0/distance", "10"),
    DIR("fs"),
    DIR("fs/cgroup"),
    CONSTANT("fs/cgroup/cgroup.controllers", ""),
    CONSTANT("fs/cgroup/cgroup.subtree_control", ""),
    DIR("kernel"),
    DIR("kernel/mm"),
    DIR("kernel/mm/transparent_hugepage"),
    CONSTANT("kernel/mm/transparent_hugepage/enabled", "always madvise [never]"),
    CONSTANT("kernel/mm/transparent_hugepage/defrag", "always defer defer+madvise [madvise] never"),
    CONSTANT("kernel/mm/transparent_hugepage/shmem_enabled", "always within_size advise [never] deny force"),
    CONSTANT("kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152"),
};

/* Below devices/system/cpu/cpuN. */
static const struct tree_row cpu_rows[] = {
    DIR(""),
    DIR("/topology"),
    TEXT("/topology/core_id", show_own_number),
    CONSTANT("/topology/physical_package_id", "0"),
    CONSTANT("/topology/die_id", "0"),
    TEXT("/topology/thread_siblings", show_own_mask),
    TEXT("/topology/thread_siblings_list", show_own_number),
    TEXT("/topology/core_cpus", show_own_mask),
    TEXT("/topology/core_cpus_list", show_own_number),
    TEXT("/topology/core_siblings", show_cpu_mask),
    TEXT("/topology/core_siblings_list", show_cpus),
    TEXT("/topology/package_cpus", show_cpu_mask),
    TEXT("/topology/package_cpus_list", show_cpus),
};

static int show_constant(struct node *node, struct text *text) {
    text_printf(text, "%s\n", tree_row_of(node)->link);
    return 0;
}

struct sysfs {
    struct tree tree;
    char (*paths)[80];       /* owned: of the processors' rows */
    struct tree_row rows[];
};

static int fill(struct sysfs *sysfs, int n_cpus) {
    int n = 0;
    memcpy(sysfs->rows, fixed_rows, sizeof fixed_rows);
    n += (int)ARRAY_LEN(fixed_rows);
    for (int cpu = 0; cpu < n_cpus; cpu++) {
        for (size_t i = 0; i < ARRAY_LEN(cpu_rows); i++, n++) {
            char *path = sysfs->paths[cpu * (int)ARRAY_LEN(cpu_rows) + (int)i];
            snprintf(path, sizeof sysfs->paths[0], CPU_DIR "%d%s", cpu, cpu_rows[i].path);
            sysfs->rows[n] = cpu_rows[i];
            sysfs->rows[n].path = path;
        }
    }
    return n;
}

static struct sysfs *rows_new(void) {
    const size_t n_cpus = (size_t)host_cpu_count(), n_cpu_rows = n_cpus * ARRAY_LEN(cpu_rows);
    struct sysfs *sysfs = calloc(1, sizeof *sysfs + (ARRAY_LEN(fixed_rows) + n_cpu_rows) * sizeof sysfs->rows[0]);
    if (!sysfs) return NULL;
    sysfs->paths = calloc(n_cpu_rows, sizeof sysfs->paths[0]);
    if (!sysfs->paths) {
        free(sysfs);
        return NULL;
    }
    sysfs->tree = (struct tree){.rows = sysfs->rows, .n_rows = fill(sysfs, (int)n_cpus), .dev = 22};
    return sysfs;
}

void sysfs_rows_free(struct sysfs *sysfs) {
    if (sysfs) free(sysfs->paths);
    free(sysfs);
}

struct node *sysfs_new(struct vfs *vfs) {
    vfs->sysfs = rows_new();
    return vfs->sysfs ? tree_new(vfs, &vfs->sysfs->tree, vfs->root, "sys") : NULL;
}
