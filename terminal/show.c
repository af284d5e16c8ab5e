/* SPDX-License-Identifier: ISC */
/* Commands that only look: registers, memory, source, code, threads, mappings. And `set`, which looks for the place that it changes. */
#include "terminal/breaks.h"
#include "terminal/travel.h"

#include "base/bits.h"
#include "base/error.h"
#include "mmu/space.h"
#include "syscall/linux/process/process.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_LINES = 10, CODE_LINES = 10, EXAMINE_MAX = 4096, STRING_MAX = 200 };

static bool has_thread(struct session *s) {
    if (!s->has_registers) session_fail(s, "there is no thread");
    return s->has_registers;
}

/* --- Registers --- */

static const struct {
    char letter[3];
    uint32_t bit;
} flags[] = {{"CF", 1}, {"PF", 4}, {"AF", 0x10}, {"ZF", 0x40}, {"SF", 0x80}, {"TF", 0x100}, {"DF", 0x400}, {"OF", 0x800}};

void do_registers(struct session *s, const char *arguments) {
    static const char *const names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8",  "r9",
                                        "r10", "r11", "r12", "r13", "r14", "r15", "rip", "fs_base", "gs_base"};
    if (!has_thread(s)) return;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const uint64_t value = *session_register(s, names[i], strlen(names[i]));
        text_printf(&s->out, "%-8s%#18" PRIx64 "%s", names[i], value, i % 3 == 2 ? "\n" : "   ");
    }
    text_printf(&s->out, "eflags  %#18" PRIx64 " ", s->registers.user.eflags);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        if (s->registers.user.eflags & flags[i].bit) text_printf(&s->out, " %s", flags[i].letter);
    }
    text_printf(&s->out, "\n");
}

/* --- Values --- */

void do_print(struct session *s, const char *arguments) {
    struct value v;
    if (!expression(s, arguments, NULL, &v)) return;
    text_printf(&s->out, v.is_signed ? "%" PRId64 : "%" PRIu64, v.number);
    text_printf(&s->out, " (%#" PRIx64 ")", v.number);
    if (v.is_place) text_printf(&s->out, " at %#" PRIx64, v.address);
    const size_t n = s->out.size;
    text_printf(&s->out, " ");
    symbols_describe(s, v.is_place ? v.address : v.number, &s->out);
    if (s->out.size == n + 1) s->out.size = n;
    text_printf(&s->out, "\n");
}

static void set_register(struct session *s, const char *name, size_t n, uint64_t value) {
    uint64_t *at = session_register(s, name, n);
    if (!at) {
        session_fail(s, "there is no register %.*s", (int)n, name);
        return;
    }
    *at = value;
    const int r = target_set_registers(s->target, s->tid, &s->registers);
    session_look(s, s->pid, s->tid);
    if (r < 0) session_fail(s, "the register cannot have that value now (error %d)", -r);
}

/* PLACE = EXPR; a register is a place here. */
void do_set(struct session *s, const char *arguments) {
    char left[256];
    const char *equals = strchr(arguments, '=');
    struct value to;
    uint64_t value;
    if (!equals || equals - arguments >= (ptrdiff_t)sizeof left || !expression_number(s, equals + 1, NULL, &value)) {
        if (!s->has_failed) session_fail(s, "set wants PLACE = EXPR");
        return;
    }
    snprintf(left, sizeof left, "%.*s", (int)(equals - arguments), arguments);
    if (*left == '$') {
        set_register(s, left + 1, strcspn(left + 1, " "), value);
    } else if (expression(s, left, NULL, &to)) {
        const int64_t n = to.is_place ? target_write(s->target, s->pid, to.address, &value, to.size) : -EINVAL;
        if (n == -EROFS) session_fail(s, "this has been: nothing can be changed");
        else if (n != (int64_t)to.size) session_fail(s, to.is_place ? "there is no memory" : "this is no place");
    }
}

/* --- Memory --- */

struct format {
    uint64_t count;
    char letter;
    unsigned size;
};

static bool take_format(struct session *s, const char **at, struct format *format) {
    *format = (struct format){1, 'x', 8};
    if (**at != '/') return true;
    ++*at;
    if (isdigit((unsigned char)**at)) format->count = strtoull(*at, (char **)(uintptr_t)at, 10);
    for (; isalpha((unsigned char)**at); ++*at) {
        static const char sizes[] = "bhwg";
        const char *size = strchr(sizes, **at);
        if (size) format->size = 1u << (size - sizes);
        else if (strchr("xducsi", **at)) format->letter = **at;
        else session_fail(s, "'%c' is no format", **at);
    }
    if (format->count > EXAMINE_MAX) session_fail(s, "that is more than %d", EXAMINE_MAX);
    return !s->has_failed;
}

static void examine_strings(struct session *s, uint64_t address, uint64_t count) {
    while (count-- > 0) {
        char bytes[STRING_MAX + 1];
        const int64_t n = target_read(s->target, s->pid, address, bytes, STRING_MAX);
        if (n <= 0) {
            session_fail(s, "there is no memory at %#" PRIx64, address);
            return;
        }
        bytes[n] = '\0';
        text_printf(&s->out, "%#" PRIx64 ": \"", address);
        for (const char *c = bytes; *c; c++) {
            if (isprint((unsigned char)*c)) text_printf(&s->out, "%c", *c);
            else text_printf(&s->out, "\\x%02x", (unsigned char)*c);
        }
        text_printf(&s->out, "\"\n");
        address += strlen(bytes) + 1;
    }
}

static void print_unit(struct session *s, const struct format *format, uint64_t value) {
    const int width = (int)format->size * 2;
    switch (format->letter) {
    case 'd': text_printf(&s->out, " %" PRId64, sign_extend(value, format->size * 8)); break;
    case 'u': text_printf(&s->out, " %" PRIu64, value); break;
    case 'c': text_printf(&s->out, isprint((int)(value & 0xff)) ? " '%c'" : " '\\x%02x'", (unsigned)(value & 0xff)); break;
    default: text_printf(&s->out, " 0x%0*" PRIx64, width, value); break;
    }
}

static void examine_units(struct session *s, uint64_t address, const struct format *format) {
    const uint64_t per_line = format->letter == 'c' ? 8 : 16 / format->size;
    for (uint64_t i = 0; i < format->count; i++, address += format->size) {
        uint64_t value = 0;
        if (target_read(s->target, s->pid, address, &value, format->size) != (int64_t)format->size) {
            if (i % per_line) text_printf(&s->out, "\n");
            session_fail(s, "there is no memory at %#" PRIx64, address);
            return;
        }
        if (i % per_line == 0) text_printf(&s->out, "%#" PRIx64 ":", address);
        print_unit(s, format, value);
        if (i % per_line == per_line - 1 || i == format->count - 1) text_printf(&s->out, "\n");
    }
}

static void print_code(struct session *s, uint64_t address, uint64_t count) {
    while (count-- > 0) {
        const unsigned size = code_print(s, address);
        if (!size) break;
        address += size;
    }
    s->listed = address;
}

void do_examine(struct session *s, const char *arguments) {
    struct format format;
    struct value v;
    if (!take_format(s, &arguments, &format) || !expression(s, arguments, NULL, &v)) return;
    const uint64_t address = v.is_place ? v.address : v.number;
    if (format.letter == 'i') print_code(s, address, format.count);
    else if (format.letter == 's') examine_strings(s, address, format.count);
    else examine_units(s, address, &format);
}

void do_disassemble(struct session *s, const char *arguments) {
    uint64_t address = session_rip(s), count = CODE_LINES;
    if (*arguments && !expression_number(s, arguments, &arguments, &address)) return;
    if (*arguments && !expression_number(s, arguments, NULL, &count)) return;
    print_code(s, address, count < EXAMINE_MAX ? count : EXAMINE_MAX);
}

/* --- Source and calls --- */

static void print_source(struct session *s, const char *path, unsigned first, unsigned here) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");
    if (!file) {
        session_fail(s, "%s cannot be read", path);
        return;
    }
    for (unsigned number = 1; getline(&text, &size, file) >= 0 && number < first + LIST_LINES; number++) {
        text[strcspn(text, "\n")] = '\0';
        if (number >= first) text_printf(&s->out, "%s%5u  %s\n", number == here ? "=>" : "  ", number, text);
    }
    fclose(file);
    free(text);
    s->listed_line = first + LIST_LINES;
}

void do_list(struct session *s, const char *arguments) {
    struct line line;
    const char *rest;
    if (*arguments && !place_of(s, arguments, &rest, &s->listed)) return;
    if (*arguments) s->listed_line = 0;
    if (!symbols_line(s, s->listed, &line)) {
        session_fail(s, "nothing is known of the source of %#" PRIx64, s->listed);
        return;
    }
    const unsigned first = s->listed_line ? s->listed_line : line.number > LIST_LINES / 2 ? line.number - LIST_LINES / 2 : 1;
    print_source(s, line.file, first, line.number);
}

static int print_frame(struct session *s, const struct frame *frame, void *arg) {
    const uint64_t inside = frame->is_call ? frame->rip - 1 : frame->rip; /* a return address may be behind its function */
    struct line line;
    text_printf(&s->out, "#%-2u %#" PRIx64 " ", frame->number, frame->rip);
    symbols_describe(s, inside, &s->out);
    if (symbols_line(s, inside, &line)) text_printf(&s->out, " %s:%u", line.file, line.number);
    text_printf(&s->out, "\n");
    return 0;
}

void do_backtrace(struct session *s, const char *arguments) {
    if (has_thread(s)) symbols_frames(s, s->tid, print_frame, NULL);
}

/* --- Threads, mappings, time --- */

static int print_task(const struct target_thread *thread, void *arg) {
    struct session *s = arg;
    struct target_registers registers;
    text_printf(&s->out, "%s process %d thread %d %c %-15s %" PRIu64 " instructions", thread->tid == s->tid ? "=>" : "  ", thread->pid, thread->tid,
                thread->state, thread->name, target_retired(s->target, thread->tid));
    if (target_get_registers(s->target, thread->tid, &registers) == 0) text_printf(&s->out, ", at %#" PRIx64, (uint64_t)registers.user.rip);
    text_printf(&s->out, "\n");
    return 0;
}

void do_tasks(struct session *s, const char *arguments) {
    if (strncmp(arguments, "--at ", 5) == 0) {
        time_show_tasks(s, arguments + 5);
        return;
    }
    target_each_thread(s->target, print_task, s);
}

void do_thread(struct session *s, const char *arguments) {
    uint64_t tid;
    if (!expression_number(s, arguments, NULL, &tid)) return;
    const int pid = tid <= INT32_MAX ? target_pid_of(s->target, (int)tid) : -1;
    if (pid < 0) {
        session_fail(s, "there is no thread %" PRIu64, tid);
        return;
    }
    session_look(s, pid, (int)tid);
    go_show(s);
}

static int print_region(const struct region_info *info, void *arg) {
    text_printf(arg, "%012" PRIx64 "-%012" PRIx64 " %c%c%c%c %s\n", info->start, info->end, info->prot & SPACE_READ ? 'r' : '-',
                info->prot & SPACE_WRITE ? 'w' : '-', info->prot & SPACE_EXEC ? 'x' : '-', info->shared ? 's' : 'p', info->name ? info->name : "");
    return 0;
}

static int64_t print_regions(struct process *process, void *arg) {
    return process->space ? space_walk(process->space, print_region, arg) : 0;
}

void do_maps(struct session *s, const char *arguments) {
    if (has_thread(s)) target_with_process(s->target, s->pid, print_regions, &s->out);
}

static void info_breaks(struct session *s, const char *arguments) {
    print_breaks(s);
}

static void info_symbol(struct session *s, const char *arguments) {
    uint64_t address;
    if (!expression_number(s, arguments, NULL, &address)) return;
    symbols_describe(s, address, &s->out);
    text_printf(&s->out, "\n");
}

static void info_line(struct session *s, const char *arguments) {
    uint64_t address;
    struct line line;
    if (!expression_number(s, arguments, NULL, &address)) return;
    if (!symbols_line(s, address, &line)) session_fail(s, "nothing is known of the source of %#" PRIx64, address);
    else text_printf(&s->out, "%s:%u is %#" PRIx64 " to %#" PRIx64 "\n", line.file, line.number, line.start, line.end);
}

static const struct {
    const char *name;
    void (*show)(struct session *s, const char *arguments);
} subjects[] = {{"registers", do_registers}, {"breakpoints", info_breaks}, {"tasks", do_tasks}, {"threads", do_tasks},
                {"maps", do_maps},           {"symbol", info_symbol},      {"line", info_line}};

void do_info(struct session *s, const char *arguments) {
    const size_t n = strcspn(arguments, " ");
    for (size_t i = 0; n && i < ARRAY_LEN(subjects); i++) {
        if (strncmp(subjects[i].name, arguments, n) != 0) continue;
        subjects[i].show(s, arguments + n + strspn(arguments + n, " "));
        return;
    }
    session_fail(s, "info knows registers, breakpoints, tasks, maps, symbol, line");
}
