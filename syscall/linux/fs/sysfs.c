/* SPDX-License-Identifier: ISC */
/* /sys: the few texts that C libraries and runtimes read. */
#include "base/bits.h"
#include "host/thread.h"
#include "syscall/linux/fs/tree.h"
#include "syscall/linux/fs/vfs_private.h"

static int show_cpus(struct node *node, struct text *text) {
    const int n = host_cpu_count();
    if (n > 1) {
        text_printf(text, "0-%d\n", n - 1);
    } else {
        text_printf(text, "0\n");
    }
    return 0;
}

static int show_huge_pages(struct node *node, struct text *text) {
    text_printf(text, "always madvise [never]\n");
    return 0;
}

static int show_huge_page_size(struct node *node, struct text *text) {
    text_printf(text, "2097152\n");
    return 0;
}

#define DIR(p) {.path = p, .mode = S_IFDIR | 0755}
#define TEXT(p, fn) {.path = p, .mode = S_IFREG | 0444, .text = {.show = fn}}

static const struct tree_row rows[] = {
    DIR(""),
    DIR("devices"),
    DIR("devices/system"),
    DIR("devices/system/cpu"),
    TEXT("devices/system/cpu/online", show_cpus),
    TEXT("devices/system/cpu/possible", show_cpus),
    TEXT("devices/system/cpu/present", show_cpus),
    DIR("fs"),
    DIR("kernel"),
    DIR("kernel/mm"),
    DIR("kernel/mm/transparent_hugepage"),
    TEXT("kernel/mm/transparent_hugepage/enabled", show_huge_pages),
    TEXT("kernel/mm/transparent_hugepage/hpage_pmd_size", show_huge_page_size),
};

static const struct tree tree = {.rows = rows, .n_rows = ARRAY_LEN(rows), .dev = 22};

struct node *sysfs_new(struct vfs *vfs) {
    return tree_new(vfs, &tree, vfs->root, "sys");
}
