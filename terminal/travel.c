/* SPDX-License-Identifier: ISC */
#include "terminal/travel.h"

#include "terminal/breaks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct luggage *travel_luggage(struct session *s) {
    if (!s->history) session_fail(s, "only a trace (lockstep record) has a past");
    return s->history ? history_luggage(s->history) : NULL;
}

struct travel travel_from_here(struct session *s, enum travel_kind kind) {
    return (struct travel){.kind = kind, .origin = {s->tid, target_retired(s->target, s->tid)}, .origin_time = target_time(s->target)};
}

/* --- Leaving --- */

static void pack_breaks(struct session *s, struct luggage *luggage) {
    luggage->n_breaks = 0;
    for (const struct terminal_break *b = s->breaks; b && luggage->n_breaks < TRAVEL_BREAKS; b = b->next) {
        const size_t i = luggage->n_breaks++;
        luggage->breaks[i].it = *b;
        snprintf(luggage->breaks[i].condition, sizeof luggage->breaks[i].condition, "%s", b->condition ? b->condition : "");
    }
}

void travel_go(struct session *s, const struct travel *travel, const struct history_trip *trip) {
    struct luggage *luggage = travel_luggage(s);
    if (!luggage) return;
    pack_breaks(s, luggage);
    luggage->travel = *travel;
    luggage->catches = s->catches;
    luggage->last_number = s->last_number;
    snprintf(luggage->last_line, sizeof luggage->last_line, "%s", s->last_line);
    luggage->has_failed = s->has_failed;
    luggage->n_out = s->out.size < TRAVEL_OUT ? s->out.size : TRAVEL_OUT;
    memcpy(luggage->out, s->out.bytes ? s->out.bytes : "", luggage->n_out);
    history_go(s->history, s->target, trip);
    s->is_leaving = true;
}

void travel_to(struct session *s, const struct travel *travel, const struct target_point *point, uint64_t until) {
    const struct history_trip trip = {.kind = HISTORY_SEEK, .point = *point, .until = until ? until : UINT64_MAX, .reason = TARGET_SOUGHT};
    travel_go(s, travel, &trip);
}

void travel_fail(struct session *s, const struct travel *travel, const char *why) {
    struct travel back = *travel;
    session_fail(s, "%s", why);
    back.kind = TRAVEL_SHOW;
    travel_to(s, &back, &travel->origin, travel->origin_time + 1);
}

/* --- Arriving --- */

static void unpack_breaks(struct session *s, const struct luggage *luggage) {
    struct terminal_break **end = &s->breaks;
    for (size_t i = 0; i < luggage->n_breaks; i++) {
        struct terminal_break *b = malloc(sizeof *b);
        if (!b) return;
        *b = luggage->breaks[i].it;
        b->condition = *luggage->breaks[i].condition ? strdup(luggage->breaks[i].condition) : NULL;
        b->next = NULL;
        *end = b;
        end = &b->next;
    }
}

static void continue_back(struct session *s, const struct travel *travel) {
    struct history_trip trip;
    if (!history_continue_back(s->history, s->target, &trip)) {
        text_printf(&s->out, "the beginning of history, ");
        go_show(s);
        return;
    }
    travel_go(s, travel, &trip);
}

static void arrive_back(struct session *s, const struct travel *travel, const struct history_trip *trip) {
    if (trip->reason == TARGET_HISTORY_BEGINS) {
        text_printf(&s->out, "the beginning of history, ");
    } else if (trip->reason == TARGET_BREAKPOINT) {
        if (!breaks_hit(s)) {
            continue_back(s, travel);
            return;
        }
    } else {
        text_printf(&s->out, "memory at %#llx ", (unsigned long long)trip->hit.address);
        symbols_describe(s, trip->hit.address, &s->out);
        text_printf(&s->out, " changes here, ");
    }
    go_show(s);
}

static void arrive_at_function(struct session *s, const struct travel *travel, const struct history_trip *trip) {
    struct history_trip next;
    if (trip->reason == TARGET_HISTORY_BEGINS) {
        travel_fail(s, travel, "nothing is known of what called this");
    } else if (s->tid == travel->origin.tid && s->registers.user.rsp >= travel->number && history_step_back(s->target, s->tid, &next)) {
        const struct travel step = {.kind = TRAVEL_SHOW};
        travel_go(s, &step, &next);
    } else {
        const struct history_trip again = {.kind = HISTORY_SCAN, .until = target_time(s->target), .reason = TARGET_HISTORY_BEGINS,
                                           .hit = trip->hit, .is_single = true};
        travel_go(s, travel, &again);
    }
}

void travel_arrive(struct session *s) {
    const struct luggage *luggage = history_luggage(s->history);
    const struct history_trip *trip = history_arrival(s->history);
    const struct travel travel = luggage->travel;
    s->catches = luggage->catches;
    s->last_number = luggage->last_number;
    snprintf(s->last_line, sizeof s->last_line, "%s", luggage->last_line);
    unpack_breaks(s, luggage);
    s->has_failed = luggage->has_failed;
    history_set_breaks(s->history, s->target);
    text_append(&s->out, luggage->out, luggage->n_out);
    s->is_at_end = s->stop.kind == TARGET_HISTORY_ENDS;
    if (s->is_at_end) text_printf(&s->out, "the end of history, ");
    switch (travel.kind) {
    case TRAVEL_SHOW: go_show(s); break;
    case TRAVEL_CONTINUE_BACK: arrive_back(s, &travel, trip); break;
    case TRAVEL_CALL: arrive_at_function(s, &travel, trip); break;
    case TRAVEL_PATH: path_go_on(s, &travel); break;
    default: time_go_on(s, &travel); break;
    }
}

/* --- Commands --- */

void do_reverse_continue(struct session *s, const char *arguments) {
    const struct travel travel = travel_from_here(s, TRAVEL_CONTINUE_BACK);
    if (travel_luggage(s)) continue_back(s, &travel);
}

void do_reverse_stepi(struct session *s, const char *arguments) {
    uint64_t n = 1;
    if (!travel_luggage(s) || (*arguments && !expression_number(s, arguments, NULL, &n))) return;
    const struct travel travel = travel_from_here(s, TRAVEL_SHOW);
    const uint64_t retired = travel.origin.retired;
    if (!retired || retired == UINT64_MAX) {
        session_fail(s, "this is the beginning of the thread");
        return;
    }
    if (n) travel_to(s, &travel, &(struct target_point){s->tid, n < retired ? retired - n : 0}, travel.origin_time);
}

/* To the last run of this function's first instruction that is not deeper, and one back. */
void do_reverse_finish(struct session *s, const char *arguments) {
    uint64_t start;
    struct travel travel = travel_from_here(s, TRAVEL_CALL);
    if (!travel_luggage(s)) return;
    if (!symbols_function(s, session_rip(s), &start)) {
        session_fail(s, "this is in no function that is known");
        return;
    }
    travel.number = s->registers.user.rsp;
    const struct history_trip trip = {.kind = HISTORY_SCAN, .until = travel.origin_time + (start == session_rip(s)), .reason = TARGET_HISTORY_BEGINS,
                                      .hit = {.address = start, .pid = s->pid}, .is_single = true};
    travel_go(s, &travel, &trip);
}

static void look(struct session *s, enum travel_goal goal) {
    struct travel travel = travel_from_here(s, TRAVEL_PATH);
    travel.goal = goal;
    if (travel_luggage(s)) path_look(s, &travel);
}

void do_reverse_step(struct session *s, const char *arguments) {
    look(s, TRAVEL_LINE);
}

void do_reverse_next(struct session *s, const char *arguments) {
    look(s, TRAVEL_LINE_OVER);
}
