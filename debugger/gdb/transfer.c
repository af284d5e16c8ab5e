/* SPDX-License-Identifier: ISC */
/* qXfer: objects that gdb reads in parts. Each is made whole when a part is asked for that does not follow the last one. */
#include "debugger/gdb/internal.h"

#include "base/error.h"
#include "syscall/linux/process/process.h"

#include <string.h>

static bool make_features(struct gdb *gdb, struct cursor *annex, struct text *out) {
    if (cursor_take(annex, "target.xml")) gdb_describe_registers(out);
    return out->size > 0;
}

static int64_t add_auxv(struct process *process, void *arg) {
    host_mutex_lock(&process->lock);
    text_append(arg, process->auxv, process->auxv_size);
    host_mutex_unlock(&process->lock);
    return 0;
}

static bool make_auxv(struct gdb *gdb, struct cursor *annex, struct text *out) {
    return target_with_process(gdb->target, gdb->pid, add_auxv, out) == 0;
}

static int64_t add_path(struct process *process, void *arg) {
    host_mutex_lock(&process->lock);
    const char *path = process->exe_path ? process->exe_path : "";
    text_append(arg, path, strlen(path));
    host_mutex_unlock(&process->lock);
    return 0;
}

/* The annex is the process. */
static bool make_exec_file(struct gdb *gdb, struct cursor *annex, struct text *out) {
    uint64_t pid;
    if (!cursor_hex(annex, &pid)) pid = (uint64_t)gdb->pid;
    return pid <= INT32_MAX && target_with_process(gdb->target, (int)pid, add_path, out) == 0;
}

static bool make_siginfo(struct gdb *gdb, struct cursor *annex, struct text *out) {
    struct guest_siginfo info;
    if (target_get_siginfo(gdb->target, gdb->tid, &info) < 0) return false;
    text_append(out, &info, sizeof info);
    return true;
}

struct thread_list {
    struct gdb *gdb;
    struct text *out;
};

static void add_escaped(struct text *out, const char *word) {
    for (; *word; word++) {
        if (strchr("<>&\"'", *word) || (unsigned char)*word < ' ') text_printf(out, "&#%d;", (unsigned char)*word);
        else text_append(out, word, 1);
    }
}

static int add_thread(const struct target_thread *thread, void *arg) {
    struct thread_list *list = arg;
    text_printf(list->out, "<thread id=\"");
    gdb_thread_name(list->gdb, list->out, thread->pid, thread->tid);
    text_printf(list->out, "\" name=\"");
    add_escaped(list->out, thread->name);
    text_printf(list->out, "\"/>");
    return 0;
}

static bool make_threads(struct gdb *gdb, struct cursor *annex, struct text *out) {
    struct thread_list list = {gdb, out};
    text_printf(out, "<?xml version=\"1.0\"?><threads>");
    target_each_thread(gdb->target, add_thread, &list);
    text_printf(out, "</threads>");
    return true;
}

static const struct object {
    const char *prefix;
    bool (*make)(struct gdb *gdb, struct cursor *annex, struct text *out);
} objects[] = {
    {"features:read:", make_features}, {"auxv:read:", make_auxv},       {"exec-file:read:", make_exec_file},
    {"siginfo:read:", make_siginfo},   {"threads:read:", make_threads},
};

/* The annex ends at ':'; then OFFSET,LENGTH. */
static void read_part(struct gdb *gdb, struct cursor *c, const struct object *object) {
    struct cursor annex = {c->at, memchr(c->at, ':', (size_t)(c->end - c->at))};
    uint64_t offset, length;
    if (!annex.end) {
        gdb_error(gdb, -EINVAL);
        return;
    }
    c->at = annex.end + 1;
    if (!cursor_range(c, &offset, &length)) {
        gdb_error(gdb, -EINVAL);
        return;
    }
    const bool goes_on = offset > 0 && offset == gdb->list_next && gdb->list_of == object;
    if (!goes_on) {
        gdb->list_of = object;
        text_clear(&gdb->list);
        if (!object->make(gdb, &annex, &gdb->list)) {
            gdb_error(gdb, -EINVAL);
            return;
        }
    }
    const size_t n = gdb->list.size, at = offset < n ? (size_t)offset : n;
    const size_t most = GDB_PACKET_MAX / 2 - 8, want = length < most ? (size_t)length : most, rest = n - at;
    text_printf(&gdb->reply, rest > want ? "m" : "l");
    text_append(&gdb->reply, gdb->list.bytes + at, rest < want ? rest : want);
    gdb->list_next = at + (rest < want ? rest : want);
}

/* OFFSET:DATA, the whole of it. */
static void write_siginfo(struct gdb *gdb, struct cursor *c) {
    struct guest_siginfo info;
    if (!cursor_take(c, ":0:") || (size_t)(c->end - c->at) != sizeof info) {
        gdb_error(gdb, -EINVAL);
        return;
    }
    memcpy(&info, c->at, sizeof info);
    const int r = target_set_siginfo(gdb->target, gdb->tid, &info);
    if (r < 0) gdb_error(gdb, r);
    else text_printf(&gdb->reply, "%zx", sizeof info);
}

void query_transfer(struct gdb *gdb, struct cursor *c) {
    if (!cursor_take(c, ":")) return;
    for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
        if (!cursor_take(c, objects[i].prefix)) continue;
        read_part(gdb, c, &objects[i]);
        return;
    }
    if (cursor_take(c, "siginfo:write:")) write_siginfo(gdb, c);
}
