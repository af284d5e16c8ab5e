/* SPDX-License-Identifier: ISC */
/* Plans: keeping one, and doing it. Both follow the threads' progress by the questions: each change of threads ends with one about the
 * length of a slice, in which the new thread is the running one. */
#include "sched/strategy_kinds.h"

#include <string.h>

/* The longest that a thread goes on while others could: it may wait for them without a sign of it. */
#define FAIR_SLICE UINT64_C(1000000)

static void follow(struct strategy_progress *progress, const struct strategy_question *question) {
    progress->ran[strategy_slot(progress->running)] += question->retired - progress->retired;
    progress->retired = question->retired;
    progress->running = question->running;
}

static uint64_t ran(const struct strategy_progress *progress) {
    return progress->ran[strategy_slot(progress->running)];
}

static bool is_forced(const struct strategy_question *question) {
    return question->reason >= STRATEGY_YIELD;
}

static unsigned find(const struct strategy_question *question, uint32_t thread) {
    unsigned i = 0;
    while (i < question->n && question->threads[i].number != thread) i++;
    return i;
}

/* The next one of the running thread's that is not for a place where it stops by itself. A thread that has just been chosen may be stopped at
 * once; one that goes on has been asked for there. */
static const struct strategy_turn *next_timed(const struct strategy_plan *plan, bool is_new) {
    const struct strategy_turn *best = NULL;
    const uint64_t first = ran(&plan->progress) + !is_new;
    for (uint64_t i = 0; i < plan->n; i++) {
        const struct strategy_turn *turn = &plan->turns[i];
        if (plan->taken[i] || turn->is_forced || turn->thread != plan->progress.running || turn->ran < first) continue;
        if (!best || turn->ran < best->ran) best = turn;
    }
    return best;
}

/* Returns the candidate, or n: nothing is said. */
static unsigned take_turn(struct strategy_plan *plan, const struct strategy_question *question) {
    for (uint64_t i = 0; i < plan->n; i++) {
        const struct strategy_turn *turn = &plan->turns[i];
        if (plan->taken[i] || turn->thread != question->running || turn->ran != ran(&plan->progress)) continue;
        if (turn->is_forced != is_forced(question)) continue;
        plan->taken[i] = true;
        return find(question, turn->next);
    }
    return (unsigned)question->n;
}

static uint64_t choose_thread(struct strategy_plan *plan, const struct strategy_question *question) {
    const unsigned said = take_turn(plan, question);
    const unsigned running = find(question, question->running);
    const bool may_go_on = question->reason <= STRATEGY_POINT && running < question->n;
    if (said < question->n) return said;
    if (may_go_on && question->retired - plan->began < FAIR_SLICE) return running;
    return question->n > 1 && running == 0 ? 1 : 0;
}

static uint64_t choose_slice(struct strategy_plan *plan, const struct strategy_question *question, bool is_new) {
    const struct strategy_turn *turn = next_timed(plan, is_new);
    const uint64_t length = turn ? turn->ran - ran(&plan->progress) : FAIR_SLICE;
    return length < question->n ? length : question->n - 1;
}

static uint64_t do_plan(struct strategy *strategy, const struct strategy_question *question) {
    struct strategy_plan *plan = CONTAINER_OF(strategy, struct strategy_plan, strategy);
    const bool is_new = plan->progress.running != question->running;
    follow(&plan->progress, question);
    if (is_new) plan->began = question->retired;
    switch (question->choice) {
    case STRATEGY_THREAD: return choose_thread(plan, question);
    case STRATEGY_SLICE: return choose_slice(plan, question, is_new);
    default: return 0;
    }
}

void strategy_plan_init(struct strategy_plan *plan, const struct strategy_turn *turns, bool *taken, uint64_t n, uint64_t retired, uint32_t running) {
    *plan = (struct strategy_plan){.strategy = {.choose = do_plan}, .turns = turns, .taken = taken, .n = n, .began = retired,
                                   .progress = {.retired = retired, .running = running}};
}

static uint64_t log_plan(struct strategy *strategy, const struct strategy_question *question) {
    struct strategy_plan_log *log = CONTAINER_OF(strategy, struct strategy_plan_log, strategy);
    follow(&log->progress, question);
    const uint64_t answer = log->inner->choose(log->inner, question);
    if (question->choice != STRATEGY_THREAD || answer >= question->n) return answer;
    const uint32_t next = question->threads[answer].number;
    const bool is_usual = is_forced(question) ? answer == 0 : next == question->running;
    if (is_usual) return answer;
    if (log->n < log->room) log->out[log->n] = (struct strategy_turn){question->running, next, ran(&log->progress), is_forced(question)};
    log->n++;
    return answer;
}

void strategy_plan_log_init(struct strategy_plan_log *log, struct strategy *inner, struct strategy_turn *out, uint64_t room, uint64_t retired,
                            uint32_t running) {
    *log = (struct strategy_plan_log){.strategy = {.choose = log_plan, .points = inner->points}, .inner = inner, .out = out, .room = room,
                                      .progress = {.retired = retired, .running = running}};
}
