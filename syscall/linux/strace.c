/* SPDX-License-Identifier: ISC */
/* Lines like "[301] openat(AT_FDCWD, "x", O_RDONLY) = 3". A line is put together in one buffer and written in one
 * piece, so that lines of threads do not mix. Reads guest memory, never writes it. */
#include "syscall/linux/strace.h"
#include "syscall/linux/dispatch.h"

#include "base/bits.h"
#include "base/error.h"
#include "syscall/linux/abi/clone.h"
#include "syscall/linux/abi/futex.h"
#include "syscall/linux/abi/prctl.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/process/task.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 1024, TEXT_MAX = 48, ARGV_MAX = 12, NR_EXECVE = 59, NR_EXIT = 60, NR_EXIT_GROUP = 231, NR_EXECVEAT = 322 };

struct line {
    struct task *task;
    char text[LINE_SIZE];
    size_t n;
    const uint64_t *args;
    int index;          /* of the argument being printed */
    int64_t result;
    bool done;          /* the handler has run: out-arguments are valid */
};

static void put(struct line *line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct line *line, const char *fmt, ...) {
    const size_t room = sizeof line->text - line->n;
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(line->text + line->n, room, fmt, ap);
    va_end(ap);
    if (n > 0) line->n += (size_t)n < room ? (size_t)n : room - 1;
}

struct flag_name {
    uint64_t bit;
    const char *name;
};

static void put_flags(struct line *line, uint64_t value, const struct flag_name *names, size_t n, const char *first) {
    const char *separator = first ? "|" : "";
    if (first) put(line, "%s", first);
    for (size_t i = 0; i < n; i++) {
        if ((value & names[i].bit) != names[i].bit) continue;
        put(line, "%s%s", separator, names[i].name);
        separator = "|";
        value &= ~names[i].bit;
    }
    if (value || !*separator) put(line, "%s%#" PRIx64, separator, value);
}

static void print_int(struct line *line, uint64_t value) {
    put(line, "%d", (int32_t)value);
}

static void print_uint(struct line *line, uint64_t value) {
    put(line, "%u", (uint32_t)value);
}

static void print_int64(struct line *line, uint64_t value) {
    put(line, "%" PRId64, (int64_t)value);
}

static void print_hex(struct line *line, uint64_t value) {
    put(line, "%#" PRIx64, value);
}

static void print_octal(struct line *line, uint64_t value) {
    put(line, "%#o", (uint32_t)value);
}

static void print_pointer(struct line *line, uint64_t value) {
    if (value) {
        print_hex(line, value);
    } else {
        put(line, "NULL");
    }
}

static void print_dirfd(struct line *line, uint64_t value) {
    if ((int32_t)value == -100) {
        put(line, "AT_FDCWD");
    } else {
        print_int(line, value);
    }
}

static void put_quoted(struct line *line, const char *text, size_t n, bool more) {
    put(line, "\"");
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '\n') put(line, "\\n");
        else if (c == '\t') put(line, "\\t");
        else if (c == '"' || c == '\\') put(line, "\\%c", c);
        else if (c < ' ' || c > '~') put(line, "\\%o", c);
        else put(line, "%c", c);
    }
    put(line, more ? "\"..." : "\"");
}

static void put_bytes(struct line *line, uint64_t gva, int64_t n) {
    char text[TEXT_MAX];
    const size_t want = n < 0 ? 0 : n < TEXT_MAX ? (size_t)n : TEXT_MAX;
    if (copy_from_guest(line->task, text, gva, want) < 0) {
        print_pointer(line, gva);
    } else {
        put_quoted(line, text, want, n > TEXT_MAX);
    }
}

static void print_string(struct line *line, uint64_t value) {
    char text[256];
    const int64_t n = copy_string_from_guest(line->task, text, value, sizeof text);
    if (n >= 0) {
        put_quoted(line, text, (size_t)n, false);
    } else {
        print_pointer(line, value);
    }
}

static void print_in_buffer(struct line *line, uint64_t value) {
    put_bytes(line, value, (int64_t)line->args[line->index + 1]);
}

static void print_out_buffer(struct line *line, uint64_t value) {
    if (line->done && line->result >= 0) {
        put_bytes(line, value, line->result);
    } else {
        print_pointer(line, value);
    }
}

static void print_int_pair(struct line *line, uint64_t value) {
    int32_t pair[2];
    if (line->done && line->result >= 0 && copy_from_guest(line->task, pair, value, sizeof pair) == 0) {
        put(line, "[%d, %d]", pair[0], pair[1]);
    } else {
        print_pointer(line, value);
    }
}

static void print_argv(struct line *line, uint64_t value) {
    put(line, "[");
    for (int i = 0; i < ARGV_MAX; i++) {
        uint64_t text;
        if (copy_from_guest(line->task, &text, value + 8 * (uint64_t)i, sizeof text) < 0 || !text) break;
        if (i) put(line, ", ");
        print_string(line, text);
    }
    put(line, "]");
}

static void print_open_flags(struct line *line, uint64_t value) {
    static const struct flag_name names[] = {
        {0100, "O_CREAT"},      {0200, "O_EXCL"},       {0400, "O_NOCTTY"},    {01000, "O_TRUNC"},
        {02000, "O_APPEND"},    {04000, "O_NONBLOCK"},  {020200000, "O_TMPFILE"}, {0200000, "O_DIRECTORY"},
        {0400000, "O_NOFOLLOW"}, {02000000, "O_CLOEXEC"}, {010000000, "O_PATH"}, {04010000, "O_SYNC"},
        {0100000, "O_LARGEFILE"}};
    static const char *const access[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
    const uint64_t rest = value & ~3ull;
    if (rest) {
        put_flags(line, rest, names, ARRAY_LEN(names), access[value & 3]);
    } else {
        put(line, "%s", access[value & 3]);
    }
}

static void print_prot(struct line *line, uint64_t value) {
    static const struct flag_name names[] = {{1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}};
    if (!value) {
        put(line, "PROT_NONE");
    } else {
        put_flags(line, value, names, ARRAY_LEN(names), NULL);
    }
}

static void print_map_flags(struct line *line, uint64_t value) {
    static const struct flag_name names[] = {
        {1, "MAP_SHARED"}, {2, "MAP_PRIVATE"}, {0x10, "MAP_FIXED"}, {0x20, "MAP_ANONYMOUS"}, {0x40, "MAP_32BIT"},
        {0x100, "MAP_GROWSDOWN"}, {0x800, "MAP_DENYWRITE"}, {0x4000, "MAP_NORESERVE"}, {0x8000, "MAP_POPULATE"},
        {0x20000, "MAP_STACK"}, {0x100000, "MAP_FIXED_NOREPLACE"}};
    put_flags(line, value, names, ARRAY_LEN(names), NULL);
}

static void print_clone_flags(struct line *line, uint64_t value) {
    static const struct flag_name names[] = {
        {CLONE_VM, "CLONE_VM"}, {CLONE_FS, "CLONE_FS"}, {CLONE_FILES, "CLONE_FILES"}, {CLONE_SIGHAND, "CLONE_SIGHAND"},
        {CLONE_PIDFD, "CLONE_PIDFD"}, {CLONE_VFORK, "CLONE_VFORK"}, {CLONE_PARENT, "CLONE_PARENT"},
        {CLONE_THREAD, "CLONE_THREAD"}, {CLONE_SYSVSEM, "CLONE_SYSVSEM"}, {CLONE_SETTLS, "CLONE_SETTLS"},
        {CLONE_PARENT_SETTID, "CLONE_PARENT_SETTID"}, {CLONE_CHILD_CLEARTID, "CLONE_CHILD_CLEARTID"},
        {CLONE_DETACHED, "CLONE_DETACHED"}, {CLONE_CHILD_SETTID, "CLONE_CHILD_SETTID"}};
    put_flags(line, value, names, ARRAY_LEN(names), NULL);
}

static void print_wait_flags(struct line *line, uint64_t value) {
    static const struct flag_name names[] = {{1, "WNOHANG"}, {2, "WUNTRACED"}, {4, "WEXITED"}, {8, "WCONTINUED"},
                                             {0x1000000, "WNOWAIT"}};
    put_flags(line, value & 0xffffffff, names, ARRAY_LEN(names), NULL);
}

static void print_futex_op(struct line *line, uint64_t value) {
    static const char *const names[] = {
#define FUTEX_OP(number, name, fn) [number] = "FUTEX_" #name,
#include "syscall/linux/abi/futex_ops.def"
#undef FUTEX_OP
    };
    const uint64_t op = value & 0x7f;
    if (op >= ARRAY_LEN(names)) {
        print_hex(line, value);
        return;
    }
    put(line, "%s%s%s", names[op], value & FUTEX_PRIVATE_FLAG ? "_PRIVATE" : "",
        value & FUTEX_CLOCK_REALTIME ? "|FUTEX_CLOCK_REALTIME" : "");
}

static void print_clock(struct line *line, uint64_t value) {
    static const char *const names[] = {"REALTIME", "MONOTONIC", "PROCESS_CPUTIME_ID", "THREAD_CPUTIME_ID",
                                        "MONOTONIC_RAW", "REALTIME_COARSE", "MONOTONIC_COARSE", "BOOTTIME"};
    if (value < ARRAY_LEN(names)) {
        put(line, "CLOCK_%s", names[value]);
    } else {
        print_int(line, value);
    }
}

static void print_timespec(struct line *line, uint64_t value) {
    struct guest_timespec ts;
    if (value && copy_from_guest(line->task, &ts, value, sizeof ts) == 0) {
        put(line, "{%" PRId64 ".%09" PRId64 "}", ts.sec, ts.nsec);
    } else {
        print_pointer(line, value);
    }
}

static void print_timespec_out(struct line *line, uint64_t value) {
    if (line->done && line->result >= 0) {
        print_timespec(line, value);
    } else {
        print_pointer(line, value);
    }
}

static const char *const signal_names[] = {
    "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV",
    "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
    "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS"};

static void print_signal(struct line *line, uint64_t value) {
    if (value < ARRAY_LEN(signal_names)) {
        put(line, "%s", signal_names[value]);
    } else {
        put(line, "SIG%d", (int32_t)value);
    }
}

static void print_sigset(struct line *line, uint64_t value) {
    sigset_bits set;
    if (value && copy_from_guest(line->task, &set, value, sizeof set) == 0) {
        put(line, "{%#" PRIx64 "}", set);
    } else {
        print_pointer(line, value);
    }
}

static void print_sig_how(struct line *line, uint64_t value) {
    static const char *const names[] = {"SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK"};
    if (value < ARRAY_LEN(names)) {
        put(line, "%s", names[value]);
    } else {
        print_int(line, value);
    }
}

static void print_prctl(struct line *line, uint64_t value) {
    switch ((int32_t)value) {
#define PRCTL(number, name, handler) case number: put(line, "PR_" #name); return;
#include "syscall/linux/abi/prctl.def"
#undef PRCTL
    default: print_int(line, value);
    }
}

static void (*const printers[])(struct line *line, uint64_t value) = {
#define KIND(name, print) print,
#include "syscall/linux/args.def"
#undef KIND
};

/* With the instructions that the thread has retired, the call's own included, when they are counted. */
static void put_thread(struct line *line) {
    const struct cpu *cpu = line->task->cpu;
    put(line, "[%d] ", task_tid(line->task));
    if (cpu->env->counting) put(line, "%" PRIu64 " ", cpu->retired);
}

static void put_call(struct line *line, const struct syscall_row *row) {
    put_thread(line);
    if (!row) {
        put(line, "syscall_%" PRIu64 "(", line->task->syscall.number);
    } else {
        put(line, "%s(", row->name);
        for (line->index = 0; line->index < row->n_args; line->index++) {
            if (line->index) put(line, ", ");
            printers[row->args[line->index]](line, line->args[line->index]);
        }
    }
    put(line, ")");
}

static void put_result(struct line *line, const struct syscall_row *row) {
    const int64_t r = line->result;
    put(line, " = ");
    if (r < 0 && r >= -MAX_ERRNO) {
        put(line, "-%s", error_name((int)r));
    } else {
        printers[row ? row->result : KIND_INT64](line, (uint64_t)r);
    }
}

static void print_line(struct line *line) {
    put(line, "\n");
    line->text[sizeof line->text - 2] = '\n';
    fputs(line->text, stderr);
}

static bool may_not_return(uint64_t number) {
    return number == NR_EXECVE || number == NR_EXECVEAT || number == NR_EXIT || number == NR_EXIT_GROUP;
}

void strace_enter(struct task *task, const struct syscall_row *row) {
    struct line line = {.task = task, .args = task->syscall.args};
    if (!may_not_return(task->syscall.number)) return;
    put_call(&line, row);
    print_line(&line);
}

void strace_exit(struct task *task, const struct syscall_row *row, int64_t result) {
    struct line line = {.task = task, .args = task->syscall.args, .result = result, .done = true};
    if (may_not_return(task->syscall.number)) {
        if (task->exiting) return;
        put_thread(&line);
        put(&line, "%s(...)", row->name);
    } else {
        put_call(&line, row);
    }
    put_result(&line, row);
    print_line(&line);
}
