/* SPDX-License-Identifier: ISC */
/* gdb's "monitor": questions that gdb has no command for. */
#include "debugger/gdb/internal.h"

#include "base/error.h"
#include "mmu/space.h"
#include "syscall/linux/process/process.h"

#include <inttypes.h>
#include <string.h>

enum { LINE_MAX = 256 };

struct monitor {
    struct gdb *gdb;
    struct text out;
};

#define MONITOR(name, function, help) static void function(struct monitor *m);
#include "debugger/gdb/monitor.def"
#undef MONITOR

static const struct {
    const char *name;
    void (*run)(struct monitor *m);
    const char *help;
} rows[] = {
#define MONITOR(name, function, help) {name, function, help},
#include "debugger/gdb/monitor.def"
#undef MONITOR
};

static void monitor_help(struct monitor *m) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) text_printf(&m->out, "%-8s %s\n", rows[i].name, rows[i].help);
}

static void monitor_when(struct monitor *m) {
    text_printf(&m->out, "thread %d has retired %" PRIu64 " instructions\n", m->gdb->tid, target_retired(m->gdb->target, m->gdb->tid));
}

static int add_task(const struct target_thread *thread, void *arg) {
    struct monitor *m = arg;
    text_printf(&m->out, "process %d thread %d %c %-15s %" PRIu64 "\n", thread->pid, thread->tid, thread->state, thread->name,
               target_retired(m->gdb->target, thread->tid));
    return 0;
}

static void monitor_tasks(struct monitor *m) {
    target_each_thread(m->gdb->target, add_task, m);
}

static int add_region(const struct region_info *info, void *arg) {
    text_printf(arg, "%012" PRIx64 "-%012" PRIx64 " %c%c%c%c %08" PRIx64 " %s\n", info->start, info->end,
               info->prot & SPACE_READ ? 'r' : '-', info->prot & SPACE_WRITE ? 'w' : '-', info->prot & SPACE_EXEC ? 'x' : '-',
               info->shared ? 's' : 'p', info->offset, info->name ? info->name : "");
    return 0;
}

static int64_t add_maps(struct process *process, void *arg) {
    return process->space ? space_walk(process->space, add_region, arg) : 0;
}

static void monitor_maps(struct monitor *m) {
    target_with_process(m->gdb->target, m->gdb->pid, add_maps, &m->out);
}

/* The only name that begins so. */
static bool find(const char *word, size_t *out) {
    const size_t n = strlen(word);
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (n == 0 || strncmp(rows[i].name, word, n) != 0) continue;
        *out = i;
        count++;
    }
    return count == 1;
}

void query_monitor(struct gdb *gdb, struct cursor *c) {
    struct monitor m = {.gdb = gdb};
    char line[LINE_MAX];
    size_t i;
    cursor_take(c, ",");
    const size_t n = cursor_bytes(c, line, sizeof line - 1);
    line[n] = '\0';
    if (find(line, &i)) rows[i].run(&m);
    else text_printf(&m.out, "\"%s\" is not a command; try help\n", line);
    text_hex(&gdb->reply, m.out.bytes, m.out.size);
    if (!m.out.size) gdb_ok(gdb);
    text_fini(&m.out);
}
