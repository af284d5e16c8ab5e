/* SPDX-License-Identifier: ISC */
/* Commands about time in a trace. A time is how many instructions all threads have retired. */
#include "terminal/travel.h"

#include "base/bits.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 1000, MIB_SHIFT = 20 };

void do_when(struct session *s, const char *arguments) {
    uint64_t memory;
    if (!s->has_registers) {
        session_fail(s, "there is no thread");
        return;
    }
    const uint64_t now = target_time(s->target), length = s->history ? history_length(s->history) : 0;
    text_printf(&s->out, "thread %d has retired %" PRIu64 " instructions, all threads %" PRIu64, s->tid, target_retired(s->target, s->tid), now);
    if (length) text_printf(&s->out, ", %.2f %% of the history", 100.0 * (double)now / (double)length);
    if (s->history) {
        const unsigned n = history_checkpoints(s->history, &memory);
        text_printf(&s->out, "; %u checkpoints, %" PRIu64 " MiB", n, memory >> MIB_SHIFT);
    }
    text_printf(&s->out, "\n");
}

/* --- seek --- */

static void seek_time(struct session *s, uint64_t time) {
    const struct travel travel = travel_from_here(s, TRAVEL_SHOW);
    travel_to(s, &travel, &(struct target_point){TARGET_ALL, time}, time < UINT64_MAX ? time + 1 : 0);
}

static void seek_part(struct session *s, uint64_t part) {
    struct travel travel = travel_from_here(s, TRAVEL_PART);
    const uint64_t length = history_length(s->history);
    travel.number = part < 100 ? part : 100;
    if (length) seek_time(s, (uint64_t)((double)length * (double)travel.number / 100));
    else travel_to(s, &travel, &(struct target_point){TARGET_ALL, UINT64_MAX}, 0);
}

static bool seek_mark(struct session *s, const struct luggage *luggage, const char *name) {
    const struct travel travel = travel_from_here(s, TRAVEL_SHOW);
    for (size_t i = 0; i < luggage->n_marks; i++) {
        if (strcmp(luggage->marks[i].name, name) != 0) continue;
        travel_to(s, &travel, &luggage->marks[i].point, luggage->marks[i].time + 1);
        return true;
    }
    return false;
}

void do_seek(struct session *s, const char *arguments) {
    const struct luggage *luggage = travel_luggage(s);
    uint64_t number;
    char *end;
    if (!luggage || seek_mark(s, luggage, arguments)) return;
    const unsigned long part = strtoul(arguments, &end, 10);
    if (strcmp(arguments, "begin") == 0) seek_time(s, 0);
    else if (strcmp(arguments, "end") == 0) seek_time(s, UINT64_MAX);
    else if (isdigit((unsigned char)*arguments) && strcmp(end, "%") == 0) seek_part(s, part);
    else if (!*arguments) session_fail(s, "seek wants TIME, N%%, begin, end or a mark");
    else if (expression_number(s, arguments, NULL, &number)) seek_time(s, number);
}

/* --- Marks --- */

void do_mark(struct session *s, const char *arguments) {
    struct luggage *luggage = travel_luggage(s);
    const struct travel here = travel_from_here(s, TRAVEL_NONE);
    if (!luggage) return;
    if (!isalpha((unsigned char)*arguments) || strlen(arguments) >= TRAVEL_NAME || luggage->n_marks == TRAVEL_MARKS) {
        session_fail(s, "a mark wants a name that begins with a letter; there may be %d of them", TRAVEL_MARKS);
        return;
    }
    size_t i = 0;
    while (i < luggage->n_marks && strcmp(luggage->marks[i].name, arguments) != 0) i++;
    if (i == luggage->n_marks) luggage->n_marks++;
    snprintf(luggage->marks[i].name, sizeof luggage->marks[i].name, "%s", arguments);
    luggage->marks[i].point = here.origin;
    luggage->marks[i].time = here.origin_time;
}

void do_marks(struct session *s, const char *arguments) {
    const struct luggage *luggage = travel_luggage(s);
    for (size_t i = 0; luggage && i < luggage->n_marks; i++) {
        text_printf(&s->out, "%s: thread %d, time %" PRIu64 "\n", luggage->marks[i].name, luggage->marks[i].point.tid, luggage->marks[i].time);
    }
}

/* --- Writes --- */

static bool place_of_value(struct session *s, const char *arguments, struct target_break *what, uint64_t *value) {
    struct value v;
    if (!expression(s, arguments, NULL, &v)) return false;
    if (!v.is_place) session_fail(s, "this is at no address");
    *what = (struct target_break){v.address, v.size, s->pid, TARGET_CHANGES};
    *value = v.number;
    return v.is_place;
}

static void find_write(struct session *s, const char *arguments, bool is_lock) {
    struct travel travel = travel_from_here(s, TRAVEL_WRITE);
    if (!travel_luggage(s) || !place_of_value(s, arguments, &travel.what, &travel.number)) return;
    travel.window = is_lock;
    const struct history_trip trip = {.kind = HISTORY_SCAN, .until = travel.origin_time, .reason = TARGET_HISTORY_BEGINS, .hit = travel.what,
                                      .is_single = true};
    if (travel.origin_time) travel_go(s, &travel, &trip);
    else session_fail(s, "this is the beginning of history");
}

static bool find_register_write(struct session *s, const char *name) {
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) != 0) continue;
        struct travel travel = travel_from_here(s, TRAVEL_PATH);
        travel.goal = TRAVEL_REGISTER;
        travel.number = i;
        if (travel_luggage(s)) path_look(s, &travel);
        return true;
    }
    return false;
}

void do_last_write(struct session *s, const char *arguments) {
    if (*arguments != '$' || !find_register_write(s, arguments + 1)) find_write(s, arguments, false);
}

void do_who_holds(struct session *s, const char *arguments) {
    find_write(s, arguments, true);
}

void do_next_write(struct session *s, const char *arguments) {
    struct target_break what;
    uint64_t value;
    if (!place_of_value(s, arguments, &what, &value)) return;
    if (session_set_break(s, &what, true) < 0) {
        session_fail(s, "there are too many watchpoints");
        return;
    }
    do_continue(s, "");
    session_set_break(s, &what, false);
}

static void arrive_at_write(struct session *s, const struct travel *travel) {
    uint64_t before = 0;
    if (history_arrival(s->history)->reason == TARGET_HISTORY_BEGINS) {
        travel_fail(s, travel, "nothing has changed it since the beginning of history");
        return;
    }
    target_read(s->target, travel->what.pid, travel->what.address, &before, travel->what.size < sizeof before ? travel->what.size : sizeof before);
    if (travel->window && travel->number) text_printf(&s->out, "thread %d holds it and took it here: ", s->tid);
    else if (travel->window) text_printf(&s->out, "nobody holds it; thread %d let go of it here: ", s->tid);
    symbols_describe(s, travel->what.address, &s->out);
    text_printf(&s->out, " at %#" PRIx64 " changes from %" PRId64 " (%#" PRIx64 ") to %" PRId64 " (%#" PRIx64 "), ", travel->what.address, (int64_t)before,
               before, (int64_t)travel->number, travel->number);
    go_show(s);
}

/* --- All values --- */

void do_history(struct session *s, const char *arguments) {
    struct travel travel = travel_from_here(s, TRAVEL_VALUES);
    const struct history_trip trip = {.kind = HISTORY_BEGIN};
    if (travel_luggage(s) && place_of_value(s, arguments, &travel.what, &travel.number)) travel_go(s, &travel, &trip);
}

static void print_value(struct session *s, const struct travel *travel) {
    struct line line;
    uint64_t value = 0;
    const struct target_break *what = &travel->what;
    target_read(s->target, what->pid, what->address, &value, what->size < sizeof value ? what->size : sizeof value);
    session_look(s, s->stop.pid, s->stop.tid);
    text_printf(&s->out, "%12" PRIu64 "  thread %-6d %" PRIu64 " (%#" PRIx64 ")  ", target_time(s->target), s->tid, value, value);
    symbols_describe(s, session_rip(s), &s->out);
    if (symbols_line(s, session_rip(s), &line)) text_printf(&s->out, " %s:%u", line.file, line.number);
    text_printf(&s->out, "\n");
}

static void list_values(struct session *s, const struct travel *travel) {
    const struct target_order all = {.pid = TARGET_ALL, .tid = TARGET_ALL, .action = TARGET_GO};
    const struct target_catches catches = {.forks = true, .vforks = true, .execs = true, .passed_signals = UINT64_MAX};
    struct travel back = *travel;
    unsigned n = 0;
    target_clear_breaks(s->target);
    target_set_watchpoint(s->target, &travel->what, true);
    target_catch(s->target, &catches);
    while (n < VALUES_MAX && target_time(s->target) < travel->origin_time) {
        target_resume(s->target, &all, 1);
        while (target_wait(s->target, -1, &s->stop) <= 0) continue;
        if (s->stop.kind == TARGET_HISTORY_ENDS || target_time(s->target) > travel->origin_time) break;
        if (s->stop.kind != TARGET_WATCH_CHANGED) continue;
        print_value(s, travel);
        n++;
    }
    if (n == VALUES_MAX) text_printf(&s->out, "there are more\n");
    back.kind = TRAVEL_SHOW;
    travel_to(s, &back, &travel->origin, travel->origin_time + 1);
}

/* --- Threads at another time --- */

void time_show_tasks(struct session *s, const char *time) {
    const struct travel travel = travel_from_here(s, TRAVEL_TASKS);
    uint64_t number;
    if (!travel_luggage(s) || !expression_number(s, time, NULL, &number)) return;
    travel_to(s, &travel, &(struct target_point){TARGET_ALL, number}, number + 1);
}

static void show_tasks(struct session *s, const struct travel *travel) {
    struct travel back = *travel;
    do_tasks(s, "");
    back.kind = TRAVEL_SHOW;
    travel_to(s, &back, &travel->origin, travel->origin_time + 1);
}

void time_go_on(struct session *s, const struct travel *travel) {
    switch (travel->kind) {
    case TRAVEL_PART: seek_part(s, travel->number); break;
    case TRAVEL_WRITE: arrive_at_write(s, travel); break;
    case TRAVEL_VALUES: list_values(s, travel); break;
    case TRAVEL_TASKS: show_tasks(s, travel); break;
    default: break;
    }
}
