/* SPDX-License-Identifier: ISC */
/* Why the machine has stopped, in gdb's words, and gdb's numbers of signals. */
#include "debugger/gdb/internal.h"

#include "syscall/linux/process/process.h"

#include <string.h>

/* gdb's numbers by Linux's; 143: one that gdb has no number for. */
static const uint8_t numbers[SIGNAL_COUNT + 1] = {
    [SIGHUP] = 1, [SIGINT] = 2, [SIGQUIT] = 3, [SIGILL] = 4, [SIGTRAP] = 5, [SIGABRT] = 6, [SIGBUS] = 10, [SIGFPE] = 8,
    [SIGKILL] = 9, [SIGUSR1] = 30, [SIGSEGV] = 11, [SIGUSR2] = 31, [SIGPIPE] = 13, [SIGALRM] = 14, [SIGTERM] = 15,
    [SIGSTKFLT] = 143, [SIGCHLD] = 20, [SIGCONT] = 19, [SIGSTOP] = 17, [SIGTSTP] = 18, [SIGTTIN] = 21, [SIGTTOU] = 22,
    [SIGURG] = 16, [SIGXCPU] = 24, [SIGXFSZ] = 25, [SIGVTALRM] = 26, [SIGPROF] = 27, [SIGWINCH] = 28, [SIGIO] = 23,
    [SIGPWR] = 32, [SIGSYS] = 12, [SIGRTMIN] = 77, [SIGRTMAX] = 78,
};
enum { GDB_SIGNAL_REALTIME_33 = 45 };

int gdb_signal_of(int signo) {
    if (signo < 0 || signo > SIGNAL_COUNT) return 143;
    return numbers[signo] ? numbers[signo] : signo > SIGRTMIN ? GDB_SIGNAL_REALTIME_33 + signo - SIGRTMIN - 1 : 0;
}

int gdb_signal_from(int number) {
    for (int signo = 1; signo <= SIGNAL_COUNT; signo++) {
        if (number && gdb_signal_of(signo) == number) return signo;
    }
    return 0;
}

static void add_thread(struct gdb *gdb) {
    text_printf(&gdb->reply, "thread:");
    gdb_thread_name(gdb, &gdb->reply, gdb->stop.pid, gdb->stop.tid);
    text_printf(&gdb->reply, ";");
}

static void add_child(struct gdb *gdb, const char *word) {
    text_printf(&gdb->reply, "%s:p%x.%x;", word, (unsigned)gdb->stop.value, (unsigned)gdb->stop.value);
}

static int64_t add_path(struct process *process, void *arg) {
    host_mutex_lock(&process->lock);
    const char *path = process->exe_path ? process->exe_path : "";
    text_hex(arg, path, strlen(path));
    host_mutex_unlock(&process->lock);
    return 0;
}

static void add_reason(struct gdb *gdb) {
    struct text *reply = &gdb->reply;
    const struct target_stop *stop = &gdb->stop;
    switch (stop->kind) {
    case TARGET_BREAKPOINT:
        if (gdb->swbreak) text_printf(reply, "swbreak:;");
        break;
    case TARGET_WATCH_CHANGED: text_printf(reply, "watch:%llx;", (unsigned long long)stop->address); break;
    case TARGET_WATCH_READ: text_printf(reply, "rwatch:%llx;", (unsigned long long)stop->address); break;
    case TARGET_WATCH_ACCESSED: text_printf(reply, "awatch:%llx;", (unsigned long long)stop->address); break;
    case TARGET_HISTORY_BEGINS: text_printf(reply, "replaylog:begin;"); break;
    case TARGET_HISTORY_ENDS: text_printf(reply, "replaylog:end;"); break;
    case TARGET_FORKED: add_child(gdb, "fork"); break;
    case TARGET_VFORKED: add_child(gdb, "vfork"); break;
    case TARGET_VFORK_DONE: text_printf(reply, "vforkdone:;"); break;
    case TARGET_CLONED: text_printf(reply, "create:;"); break;
    case TARGET_EXECED:
        text_printf(reply, "exec:");
        target_with_process(gdb->target, stop->pid, add_path, reply);
        text_printf(reply, ";");
        break;
    case TARGET_CALL_ENTRY: text_printf(reply, "syscall_entry:%llx;", (unsigned long long)stop->value); break;
    case TARGET_CALL_EXIT: text_printf(reply, "syscall_return:%llx;", (unsigned long long)stop->value); break;
    default: break;
    }
}

static void reply_end(struct gdb *gdb) {
    const int status = (int)gdb->stop.value, signo = status & 0x7f;
    if (signo) text_printf(&gdb->reply, "X%02x", (unsigned)gdb_signal_of(signo));
    else text_printf(&gdb->reply, "W%02x", (unsigned)(status >> 8) & 0xff);
    if (gdb->multiprocess) text_printf(&gdb->reply, ";process:%x", (unsigned)gdb->stop.pid);
}

static int signal_of_stop(const struct target_stop *stop) {
    if (stop->kind == TARGET_SIGNALLED) return stop->signo;
    return stop->kind == TARGET_INTERRUPTED ? SIGINT : SIGTRAP;
}

void gdb_reply_stop(struct gdb *gdb) {
    const struct target_stop *stop = &gdb->stop;
    if (stop->kind == TARGET_PROCESS_ENDED) {
        reply_end(gdb);
        return;
    }
    if (stop->kind == TARGET_THREAD_ENDED) {
        text_printf(&gdb->reply, "w%02x;", (unsigned)(stop->value >> 8) & 0xff);
        gdb_thread_name(gdb, &gdb->reply, stop->pid, stop->tid);
        return;
    }
    text_printf(&gdb->reply, "T%02x", (unsigned)gdb_signal_of(signal_of_stop(stop)));
    gdb_add_expedited(gdb, stop->tid, &gdb->reply);
    add_thread(gdb);
    add_reason(gdb);
}

void packet_why(struct gdb *gdb, struct cursor *c) {
    gdb_reply_stop(gdb);
}
