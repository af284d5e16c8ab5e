/* SPDX-License-Identifier: ISC */
/* Letting the machine run, and saying why it has stopped. Steps of lines are steps of instructions until the line is another one; what a
 * call does meanwhile runs at full speed to a temporary breakpoint behind it. Other threads run whenever it is their turn. */
#include "terminal/breaks.h"

#include "base/bits.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 1000000, NOBODY = -2 }; /* NOBODY: as a breakpoint's thread: it counts for run_to only */

/* --- What happened --- */

static void show_end(struct session *s) {
    const int status = (int)s->stop.value;
    if (status & 0x7f) text_printf(&s->out, "process %d has ended by signal %d (%s)\n", s->stop.pid, status & 0x7f, strsignal(status & 0x7f));
    else text_printf(&s->out, "process %d has ended with %d\n", s->stop.pid, status >> 8 & 0xff);
}

static const struct {
    enum target_stop_kind kind;
    const char *text; /* with the stop's value */
} reasons[] = {
    {TARGET_INTERRUPTED, "interrupted, "}, {TARGET_FORKED, "forked process %lld, "}, {TARGET_VFORKED, "vforked process %lld, "},
    {TARGET_VFORK_DONE, "vforked process %lld has let go, "}, {TARGET_CLONED, "made thread %lld, "}, {TARGET_EXECED, "another program, "},
    {TARGET_CALL_ENTRY, "calls system call %lld, "}, {TARGET_CALL_EXIT, "comes back from system call %lld, "},
    {TARGET_THREAD_ENDED, "this thread ends, "}, {TARGET_HISTORY_ENDS, "the end of history, "},
};

/* What is there now, of what was watched. */
static void show_watched(struct session *s) {
    uint64_t now = 0;
    target_read(s->target, s->pid, s->stop.address, &now, sizeof now);
    text_printf(&s->out, "memory at %#llx ", (unsigned long long)s->stop.address);
    symbols_describe(s, s->stop.address, &s->out);
    text_printf(&s->out, " has changed, now begins with %#llx, ", (unsigned long long)now);
}

static void show_reason(struct session *s) {
    if (s->stop.kind == TARGET_WATCH_CHANGED) show_watched(s);
    if (s->stop.kind == TARGET_SIGNALLED) text_printf(&s->out, "signal %d (%s), ", s->stop.signo, strsignal(s->stop.signo));
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        if (reasons[i].kind != s->stop.kind) continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        text_printf(&s->out, reasons[i].text, (long long)s->stop.value);
#pragma GCC diagnostic pop
    }
}

void go_show(struct session *s) {
    struct line line;
    if (!s->has_registers) return;
    const uint64_t rip = session_rip(s);
    text_printf(&s->out, "thread %d at %#llx ", s->tid, (unsigned long long)rip);
    symbols_describe(s, rip, &s->out);
    s->listed = rip;
    s->listed_line = 0;
    if (symbols_line(s, rip, &line)) text_printf(&s->out, " %s:%u", line.file, line.number);
    text_printf(&s->out, "\n");
    code_print(s, rip);
}

/* The children of what is debugged are, too. */
static void note_stop(struct session *s) {
    const struct target_stop *stop = &s->stop;
    session_look(s, stop->pid, stop->tid);
    if (stop->kind == TARGET_FORKED) breaks_copy(s, stop->pid, (int)stop->value);
    if (stop->kind == TARGET_EXECED || stop->kind == TARGET_PROCESS_ENDED) breaks_forget(s, stop->pid);
    if (stop->kind == TARGET_PROCESS_ENDED) {
        show_end(s);
        const struct target_stop none = {.pid = 0};
        s->has_ended = target_first_thread(s->target, &s->pid, &s->tid) < 0;
        if (s->has_ended) s->stop = none;
        else session_look(s, s->pid, s->tid);
    }
}

void go_wait(struct session *s) {
    while (target_wait(s->target, -1, &s->stop) <= 0) continue;
    note_stop(s);
}

/* --- Orders --- */

static bool may_go(struct session *s) {
    const bool may = !s->has_ended && !s->is_at_end && s->has_registers;
    if (!may) session_fail(s, s->is_at_end ? "this is the end of history" : "the program has ended");
    return may;
}

/* A signal that it has stopped for is delivered, unless it was for the debugger: an interrupt from the terminal, a trap. */
static int signal_to_deliver(const struct session *s) {
    const int signo = s->stop.kind == TARGET_SIGNALLED ? s->stop.signo : 0;
    return signo == SIGINT || signo == SIGTRAP ? 0 : signo;
}

/* The thread does that, and all others run. */
static void resume(struct session *s, int tid, enum target_action action) {
    const int signo = signal_to_deliver(s);
    const struct target_order orders[] = {
        {.pid = TARGET_ALL, .tid = tid, .action = action, .signo = s->stop.tid == tid ? signo : 0},
        {.pid = TARGET_ALL, .tid = s->stop.tid, .action = TARGET_GO, .signo = signo},
        {.pid = TARGET_ALL, .tid = TARGET_ALL, .action = TARGET_GO},
    };
    struct target_catches catches = s->catches;
    catches.forks = catches.vforks = catches.execs = true; /* children are seen, and breakpoints go with the program */
    target_catch(s->target, &catches);
    target_resume(s->target, orders, ARRAY_LEN(orders));
    go_wait(s);
}

/* Whether the stop is one for the user: not a breakpoint that lets pass, nor a fork that is only followed. */
static bool is_for_user(struct session *s) {
    const enum target_stop_kind kind = s->stop.kind;
    if (kind == TARGET_HISTORY_ENDS) s->is_at_end = true;
    if (kind == TARGET_BREAKPOINT) return breaks_hit(s);
    if (kind == TARGET_PROCESS_ENDED || (kind == TARGET_FORKED && !s->catches.forks)) return false;
    if ((kind == TARGET_VFORKED || kind == TARGET_VFORK_DONE) && !s->catches.vforks) return false;
    show_reason(s);
    return true;
}

static void go_on(struct session *s) {
    do resume(s, s->tid, TARGET_GO);
    while (!s->has_ended && !is_for_user(s));
}

void do_continue(struct session *s, const char *arguments) {
    if (!may_go(s)) return;
    go_on(s);
    go_show(s);
}

/* Runs until this thread is at the address with a stack pointer above `above`. False: something else has stopped it. */
static bool run_to(struct session *s, uint64_t address, uint64_t above) {
    const int tid = s->tid;
    struct terminal_break *own = breaks_add(s, address, false);
    bool arrived = false;
    if (!own) return false;
    const int number = own->number;
    own->tid = NOBODY;
    for (;;) {
        resume(s, tid, TARGET_GO);
        const bool here = !s->has_ended && s->tid == tid && s->stop.kind == TARGET_BREAKPOINT && session_rip(s) == address;
        arrived = here && s->registers.user.rsp > above;
        if (s->has_ended || arrived || is_for_user(s)) break;
    }
    for (struct terminal_break *b = s->breaks; b; b = b->next) {
        if (b->number != number) continue;
        breaks_remove(s, b);
        break;
    }
    s->last_number = number - 1;
    return arrived;
}

/* One instruction, or a call as a whole. False: something else has stopped it. */
static bool step_once(struct session *s, bool over) {
    struct code code;
    const int tid = s->tid;
    if (over && code_read(s, session_rip(s), &code) && code.is_call) {
        return run_to(s, session_rip(s) + code.size, s->registers.user.rsp - 1);
    }
    for (;;) {
        resume(s, tid, TARGET_STEP);
        if (s->has_ended || target_pid_of(s->target, tid) < 0) return false;
        if (s->stop.kind == TARGET_STEPPED && s->tid == tid) return true;
        if (is_for_user(s)) return false;
    }
}

static uint64_t count_of(struct session *s, const char *arguments) {
    uint64_t n = 1;
    if (*arguments && !expression_number(s, arguments, NULL, &n)) return 0;
    return n;
}

static void step_instructions(struct session *s, const char *arguments, bool over) {
    if (!may_go(s)) return;
    for (uint64_t n = count_of(s, arguments); n > 0 && step_once(s, over); n--) continue;
    go_show(s);
}

void do_stepi(struct session *s, const char *arguments) {
    step_instructions(s, arguments, false);
}

void do_nexti(struct session *s, const char *arguments) {
    step_instructions(s, arguments, true);
}

/* Behind a call into code that has no lines. */
static bool leave_unknown(struct session *s) {
    uint64_t to;
    if (target_read(s->target, s->pid, s->registers.user.rsp, &to, sizeof to) != sizeof to) return false;
    return run_to(s, to, s->registers.user.rsp);
}

/* One line. False: something else has stopped it. */
static bool step_line(struct session *s, bool over) {
    struct line from, now;
    if (!symbols_line(s, session_rip(s), &from)) return step_once(s, over);
    for (unsigned n = 0; n < STEPS_MAX; n++) {
        struct code code;
        const bool was_call = code_read(s, session_rip(s), &code) && code.is_call;
        const uint64_t next = session_rip(s) + code.size;
        if (!step_once(s, over)) return false;
        if (was_call && !over && session_rip(s) != next && !symbols_line(s, session_rip(s), &now) && !leave_unknown(s)) return false;
        if (!symbols_line(s, session_rip(s), &now)) continue;
        if (was_call && !over && session_rip(s) != next) return true;
        if ((now.number != from.number || strcmp(now.file, from.file) != 0) && now.start == session_rip(s)) return true;
    }
    return false;
}

static void step_lines(struct session *s, const char *arguments, bool over) {
    if (!may_go(s)) return;
    for (uint64_t n = count_of(s, arguments); n > 0 && step_line(s, over); n--) continue;
    go_show(s);
}

void do_step(struct session *s, const char *arguments) {
    step_lines(s, arguments, false);
}

void do_next(struct session *s, const char *arguments) {
    step_lines(s, arguments, true);
}

static int take_caller(struct session *s, const struct frame *frame, void *arg) {
    if (frame->number == 1) *(uint64_t *)arg = frame->rip;
    return frame->number == 1;
}

void do_finish(struct session *s, const char *arguments) {
    uint64_t to = 0;
    if (!may_go(s)) return;
    symbols_frames(s, s->tid, take_caller, &to);
    if (!to) {
        session_fail(s, "nothing is known of what called this");
        return;
    }
    if (run_to(s, to, s->registers.user.rsp)) {
        text_printf(&s->out, "returned %lld (%#llx), ", (long long)s->registers.user.rax, (unsigned long long)s->registers.user.rax);
    }
    go_show(s);
}

void do_until(struct session *s, const char *arguments) {
    const char *rest;
    uint64_t to;
    if (!may_go(s) || !place_of(s, arguments, &rest, &to)) return;
    run_to(s, to, 0);
    go_show(s);
}

static const struct {
    const char *name;
    size_t at;
} kinds[] = {{"fork", offsetof(struct target_catches, forks)},   {"vfork", offsetof(struct target_catches, vforks)},
             {"exec", offsetof(struct target_catches, execs)},   {"clone", offsetof(struct target_catches, clones)},
             {"exit", offsetof(struct target_catches, thread_ends)}, {"syscall", offsetof(struct target_catches, calls)}};

/* Numbers behind "syscall": those calls only. */
static void catch_calls(struct session *s, const char *numbers) {
    s->catches.all_calls = !*numbers;
    while (*numbers) {
        char *end;
        const unsigned long number = strtoul(numbers, &end, 0);
        if (end == numbers || number >= 64 * ARRAY_LEN(s->catches.call_set)) {
            session_fail(s, "\"%.20s\" is no system call's number", numbers);
            return;
        }
        s->catches.call_set[number / 64] |= 1ull << (number % 64);
        numbers = end + strspn(end, " ");
    }
}

void do_catch(struct session *s, const char *arguments) {
    const size_t n = strcspn(arguments, " ");
    if (!n) {
        s->catches = (struct target_catches){.forks = true, .execs = true};
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strlen(kinds[i].name) != n || memcmp(kinds[i].name, arguments, n) != 0) continue;
        *(bool *)((char *)&s->catches + kinds[i].at) = true;
        if (kinds[i].at == offsetof(struct target_catches, calls)) catch_calls(s, arguments + n + strspn(arguments + n, " "));
        return;
    }
    session_fail(s, "\"%.20s\" cannot be caught", arguments);
}

static void set_watch(struct session *s, const char *arguments, bool on) {
    struct value v;
    if (!expression(s, arguments, NULL, &v)) return;
    if (!v.is_place) {
        session_fail(s, "this is at no address");
        return;
    }
    const int r = session_set_break(s, &(struct target_break){v.address, v.size, s->pid, TARGET_CHANGES}, on);
    if (r < 0) session_fail(s, "there are too many");
    else text_printf(&s->out, "%s %u bytes at %#llx\n", on ? "watching" : "not watching", v.size, (unsigned long long)v.address);
}

void do_watch(struct session *s, const char *arguments) {
    set_watch(s, arguments, true);
}

void do_unwatch(struct session *s, const char *arguments) {
    set_watch(s, arguments, false);
}

void do_kill(struct session *s, const char *arguments) {
    s->wants_quit = true;
}

void do_quit(struct session *s, const char *arguments) {
    s->wants_quit = true;
}
