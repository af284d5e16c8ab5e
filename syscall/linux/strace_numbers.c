/* SPDX-License-Identifier: ISC */
/* How strace prints numbers, names, texts and buffers. */
#include "syscall/linux/strace_line.h"

#include "base/bits.h"
#include "syscall/linux/abi/clone.h"
#include "syscall/linux/abi/futex.h"
#include "syscall/linux/abi/prctl.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void line_put(struct line *line, const char *fmt, ...) {
    const size_t room = sizeof line->text - line->n;
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(line->text + line->n, room, fmt, ap);
    va_end(ap);
    if (n > 0) line->n += (size_t)n < room ? (size_t)n : room - 1;
}

static const struct name_row {
    enum name_set set;
    uint64_t value;
    const char *name;
} names[] = {
#define NAME(set, value, name) {NAMES_##set, value, name},
#include "syscall/linux/abi/names.def"
#undef NAME
};

const char *line_name(enum name_set set, uint64_t value) {
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].set == set && names[i].value == value) return names[i].name;
    }
    return NULL;
}

void line_flags(struct line *line, enum name_set set, uint64_t value) {
    const char *all = line_name(set, value), *separator = "";
    if (all || !value) {
        line_put(line, "%s", all ? all : "0");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].set != set || !names[i].value || (value & names[i].value) != names[i].value) continue;
        line_put(line, "%s%s", separator, names[i].name);
        separator = "|";
        value &= ~names[i].value;
    }
    if (value) line_put(line, "%s%#" PRIx64, separator, value);
}

void line_signal(struct line *line, int64_t signo) {
    const char *name = line_name(NAMES_SIGNAL, (uint64_t)signo);
    if (name) line_put(line, "%s", name);
    else if (signo >= SIGRTMIN && signo <= SIGRTMAX) line_put(line, "SIGRT_%d", (int)signo - SIGRTMIN);
    else line_put(line, "%d", (int)signo);
}

void line_sigset(struct line *line, uint64_t bits) {
    const bool most = __builtin_popcountll(bits) > 32;
    const char *separator = "";
    line_put(line, most ? "~[" : "[");
    if (most) bits = ~bits;
    for (int signo = 1; signo <= SIGNAL_COUNT; signo++) {
        if (!(bits & sig_bit(signo))) continue;
        const char *name = line_name(NAMES_SIGNAL, (uint64_t)signo);
        if (name) line_put(line, "%s%s", separator, name + 3);
        else line_put(line, "%sRT_%d", separator, signo - SIGRTMIN);
        separator = " ";
    }
    line_put(line, "]");
}

static void put_character(struct line *line, unsigned char c, unsigned char next) {
    static const char escapes[] = "\a\b\t\n\v\f\r", letters[] = "abtnvfr";
    if (c >= '\a' && c <= '\r') line_put(line, "\\%c", letters[c - escapes[0]]);
    else if (c == '"' || c == '\\') line_put(line, "\\%c", c);
    else if (c >= ' ' && c <= '~') line_put(line, "%c", c);
    else line_put(line, next >= '0' && next <= '7' ? "\\%03o" : "\\%o", c);
}

void line_quoted(struct line *line, const char *text, size_t n, bool more) {
    line_put(line, "\"");
    for (size_t i = 0; i < n; i++) put_character(line, (unsigned char)text[i], i + 1 < n ? (unsigned char)text[i + 1] : 0);
    line_put(line, more ? "\"..." : "\"");
}

void line_bytes(struct line *line, uint64_t gva, int64_t n) {
    char text[STRACE_TEXT_MAX];
    const size_t want = n < 0 ? 0 : n < STRACE_TEXT_MAX ? (size_t)n : STRACE_TEXT_MAX;
    if (copy_from_guest(line->task, text, gva, want) < 0) strace_pointer(line, gva);
    else line_quoted(line, text, want, n > STRACE_TEXT_MAX);
}

bool line_fetch(struct line *line, uint64_t gva, void *out, size_t n) {
    if (gva && copy_from_guest(line->task, out, gva, n) == 0) return true;
    strace_pointer(line, gva);
    return false;
}

void strace_int(struct line *line, uint64_t value) {
    line_put(line, "%d", (int32_t)value);
}

void strace_uint(struct line *line, uint64_t value) {
    line_put(line, "%u", (uint32_t)value);
}

void strace_int64(struct line *line, uint64_t value) {
    line_put(line, "%" PRId64, (int64_t)value);
}

void strace_hex(struct line *line, uint64_t value) {
    line_put(line, "%#" PRIx64, value);
}

void strace_octal(struct line *line, uint64_t value) {
    line_put(line, "%#o", (uint32_t)value);
}

void strace_pointer(struct line *line, uint64_t value) {
    if (value) strace_hex(line, value);
    else line_put(line, "NULL");
}

void strace_dirfd(struct line *line, uint64_t value) {
    if ((int32_t)value == -100) line_put(line, "AT_FDCWD");
    else strace_int(line, value);
}

void strace_string(struct line *line, uint64_t value) {
    char text[1024];
    const int64_t n = value ? copy_string_from_guest(line->task, text, value, sizeof text) : -EFAULT;
    if (n >= 0) line_quoted(line, text, (size_t)n, false);
    else if (n == -ENAMETOOLONG) line_quoted(line, text, sizeof text - 1, true);
    else strace_pointer(line, value);
}

void strace_argv(struct line *line, uint64_t value) {
    line_put(line, "[");
    for (int i = 0;; i++) {
        uint64_t text;
        if (copy_from_guest(line->task, &text, value + 8 * (uint64_t)i, sizeof text) < 0 || !text) break;
        if (i) line_put(line, ", ");
        if (i == STRACE_ITEMS_MAX) {
            line_put(line, "...");
            break;
        }
        strace_string(line, text);
    }
    line_put(line, "]");
}

void strace_envp(struct line *line, uint64_t value) {
    int n = 0;
    for (uint64_t text; n < 10000; n++) {
        if (copy_from_guest(line->task, &text, value + 8 * (uint64_t)n, sizeof text) < 0 || !text) break;
    }
    strace_pointer(line, value);
    if (value) line_put(line, " /* %d vars */", n);
}

void strace_in_buffer(struct line *line, uint64_t value) {
    line_bytes(line, value, (int64_t)line->args[line->index + 1]);
}

void strace_out_buffer(struct line *line, uint64_t value) {
    line_bytes(line, value, line->result);
}

void strace_int_pair(struct line *line, uint64_t value) {
    int32_t pair[2];
    if (line_fetch(line, value, pair, sizeof pair)) line_put(line, "[%d, %d]", pair[0], pair[1]);
}

void strace_int_out(struct line *line, uint64_t value) {
    int32_t number;
    if (line_fetch(line, value, &number, sizeof number)) line_put(line, "[%d]", number);
}

void strace_flags(struct line *line, uint64_t value) {
    line_flags(line, line->set, (uint32_t)value);
}

void strace_name(struct line *line, uint64_t value) {
    const char *name = line_name(line->set, (uint32_t)value);
    if (name) line_put(line, "%s", name);
    else line_put(line, (uint32_t)value < 1024 ? "%u" : "%#x", (uint32_t)value);
}

void strace_open_flags(struct line *line, uint64_t value) {
    const uint64_t rest = (uint32_t)value & ~3ull;
    line_put(line, "%s", line_name(NAMES_ACCESS_MODE, value & 3));
    if (!rest) return;
    line_put(line, "|");
    line_flags(line, NAMES_OPEN, rest);
}

void strace_clone_flags(struct line *line, uint64_t value) {
    const uint64_t signo = value & CSIGNAL;
    if (value & ~(uint64_t)CSIGNAL || !signo) line_flags(line, NAMES_CLONE, value & ~(uint64_t)CSIGNAL);
    if (!signo) return;
    if (value & ~(uint64_t)CSIGNAL) line_put(line, "|");
    line_signal(line, (int64_t)signo);
}

/* What the argument is depends on the command before it. */
void strace_fcntl_arg(struct line *line, uint64_t value) {
    switch ((uint32_t)line->args[line->index - 1]) {
    case 2: line_put(line, value == 1 ? "FD_CLOEXEC" : "%d", (int)value); break; /* F_SETFD */
    case 4: strace_open_flags(line, value); break;                                /* F_SETFL */
    case 5: case 6: case 7: case 36: case 37: case 38: strace_pointer(line, value); break; /* locks */
    default: line_put(line, "%" PRId64, (int64_t)value);
    }
}

void strace_sock_type(struct line *line, uint64_t value) {
    const char *type = line_name(NAMES_SOCK, value & 0xf);
    if (type) line_put(line, "%s", type);
    else line_put(line, "%#" PRIx64, value & 0xf);
    if (!(value & ~0xfull)) return;
    line_put(line, "|");
    line_flags(line, NAMES_SOCK_FLAG, (uint32_t)value & ~0xfu);
}

void strace_sock_option(struct line *line, uint64_t value) {
    const char *name = line->args[line->index - 1] == 1 ? line_name(NAMES_SO, value) : NULL;
    if (name) line_put(line, "%s", name);
    else strace_int(line, value);
}

void strace_ipc_flags(struct line *line, uint64_t value) {
    const uint32_t flags = (uint32_t)value & 07000;
    if (flags) {
        line_flags(line, NAMES_IPC, flags);
        line_put(line, "|");
    }
    line_put(line, "%#o", (uint32_t)value & ~07000u);
}

void strace_futex_op(struct line *line, uint64_t value) {
    static const char *const ops[] = {
#define FUTEX_OP(number, name, fn) [number] = "FUTEX_" #name,
#include "syscall/linux/abi/futex_ops.def"
#undef FUTEX_OP
    };
    const uint64_t op = value & 0x7f;
    if (op >= ARRAY_LEN(ops) || !ops[op]) strace_hex(line, value);
    else line_put(line, "%s%s%s", ops[op], value & FUTEX_PRIVATE_FLAG ? "_PRIVATE" : "",
                  value & FUTEX_CLOCK_REALTIME ? "|FUTEX_CLOCK_REALTIME" : "");
}

void strace_signal_number(struct line *line, uint64_t value) {
    line_signal(line, (int32_t)value);
}

void strace_prctl(struct line *line, uint64_t value) {
    switch ((int32_t)value) {
#define PRCTL(number, name, handler) case number: line_put(line, "PR_" #name); return;
#include "syscall/linux/abi/prctl.def"
#undef PRCTL
    default: strace_int(line, value);
    }
}
