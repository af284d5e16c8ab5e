/* SPDX-License-Identifier: ISC */
/* What a thread did just before now, instruction by instruction: the machine goes back some way, and forwards again in single steps that are
 * noted. From that follows where a line began, or what a register was set by; if it is not there, from further back. */
#include "terminal/travel.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 256, FACTOR = 16, WINDOW_MAX = 1 << 20 };

struct place {
    uint64_t retired, rip, value; /* value: of the register that is looked for */
    bool is_call, is_return;
};

struct path {
    struct place *place; /* owned; n of them, then the origin */
    size_t n;
};

static bool is_same_line(const struct line *a, const struct line *b) {
    return a->number == b->number && strcmp(a->file, b->file) == 0;
}

/* Not what the user has set stops it. */
static bool step(struct session *s, int tid) {
    const struct target_order orders[] = {{.pid = TARGET_ALL, .tid = tid, .action = TARGET_STEP}, {.pid = TARGET_ALL, .tid = TARGET_ALL, .action = TARGET_GO}};
    const struct target_catches catches = {.forks = true, .vforks = true, .execs = true, .passed_signals = UINT64_MAX};
    const uint64_t before = target_retired(s->target, tid);
    target_catch(s->target, &catches);
    while (target_retired(s->target, tid) == before) {
        target_resume(s->target, orders, 2);
        while (target_wait(s->target, -1, &s->stop) <= 0) continue;
        if (s->stop.kind == TARGET_HISTORY_ENDS) return false;
    }
    return true;
}

static void note(struct session *s, const struct travel *travel, struct place *place) {
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    struct code code;
    session_look(s, s->pid, travel->origin.tid);
    const bool is_code = travel->goal != TRAVEL_REGISTER && code_read(s, session_rip(s), &code);
    *place = (struct place){.retired = target_retired(s->target, s->tid), .rip = session_rip(s)};
    if (is_code) place->is_call = code.is_call, place->is_return = code.is_return;
    const char *name = names[travel->number & 15];
    if (travel->goal == TRAVEL_REGISTER) place->value = *session_register(s, name, strlen(name));
}

static bool walk(struct session *s, const struct travel *travel, struct path *path) {
    const uint64_t from = target_retired(s->target, travel->origin.tid), n = travel->origin.retired - from;
    path->place = from <= travel->origin.retired ? calloc(n + 1, sizeof *path->place) : NULL;
    if (!path->place) return false;
    s->pid = target_pid_of(s->target, travel->origin.tid);
    target_clear_breaks(s->target);
    for (path->n = 0; path->n < n; path->n++) {
        note(s, travel, &path->place[path->n]);
        if (path->place[path->n].retired >= travel->origin.retired || !step(s, travel->origin.tid)) break;
    }
    note(s, travel, &path->place[path->n]);
    return path->n > 0;
}

/* The instruction that gave the register its value, or -1. */
static int64_t find_register(const struct path *path) {
    for (size_t i = path->n; i-- > 0;) {
        if (path->place[i].value != path->place[i + 1].value) return (int64_t)i;
    }
    return -1;
}

/* The first instruction of the line that ran last before the origin, or -1: it is not to be seen whole. over: calls are part of their line. */
static int64_t find_line(struct session *s, const struct path *path, bool over) {
    struct line line = {.number = 0}, here;
    int64_t first = -1;
    int depth = 0;
    for (size_t i = path->n; i-- > 0;) {
        const struct place *place = &path->place[i];
        if (over && place->is_return) depth++;
        else if (over && depth && place->is_call) depth--;
        if (depth || !symbols_line(s, place->rip, &here)) continue;
        if (first >= 0 && !is_same_line(&here, &line)) return first;
        line = here;
        first = (int64_t)i;
    }
    return first >= 0 && path->place[0].retired == 0 ? first : -1;
}

void path_look(struct session *s, struct travel *travel) {
    const uint64_t retired = travel->origin.retired;
    travel->window = travel->window ? travel->window * FACTOR : WINDOW;
    if (retired && retired != UINT64_MAX && travel->window <= WINDOW_MAX) {
        const uint64_t to = retired > travel->window ? retired - travel->window : 0;
        travel_to(s, travel, &(struct target_point){travel->origin.tid, to}, travel->origin_time);
        return;
    }
    session_fail(s, travel->window > WINDOW_MAX ? "it is not in the last million instructions" : "this is the beginning of the thread");
    history_set_breaks(s->history, s->target);
    go_show(s);
}

void path_go_on(struct session *s, const struct travel *travel) {
    struct path path = {.n = 0};
    const bool ok = walk(s, travel, &path);
    const int64_t at = !ok ? -1 : travel->goal == TRAVEL_REGISTER ? find_register(&path) : find_line(s, &path, travel->goal == TRAVEL_LINE_OVER);
    struct travel next = *travel;
    if (at >= 0) {
        next.kind = TRAVEL_SHOW;
        travel_to(s, &next, &(struct target_point){travel->origin.tid, path.place[at].retired}, travel->origin_time);
    } else if (ok && path.place[0].retired > 0) {
        path_look(s, &next);
    } else {
        session_fail(s, "it is not since the thread began");
        history_set_breaks(s->history, s->target);
        go_show(s);
    }
    free(path.place);
}
