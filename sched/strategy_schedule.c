/* SPDX-License-Identifier: ISC */
/* Keeping a schedule and doing it again. A schedule is positions, in instructions that all threads retired, and threads: it does not
 * depend on the engine, on decision points, or on the strategy that found it. */
#include "sched/strategy_kinds.h"

static uint64_t log_choose(struct strategy *strategy, const struct strategy_question *question) {
    struct strategy_log *log = CONTAINER_OF(strategy, struct strategy_log, strategy);
    const uint64_t answer = log->inner->choose(log->inner, question);
    if (question->choice != STRATEGY_THREAD || answer >= question->n) return answer;
    const uint32_t thread = question->threads[answer].number;
    log->n_asked++;
    const bool goes_on = question->reason <= STRATEGY_POINT && thread == question->running;
    if (goes_on) return answer;
    if (log->n < log->room) {
        log->out[log->n] = (struct strategy_switch){question->retired, thread, question->reason};
    }
    log->n++;
    return answer;
}

void strategy_log_init(struct strategy_log *log, struct strategy *inner, struct strategy_switch *out, uint64_t room) {
    *log = (struct strategy_log){.strategy = {.choose = log_choose, .points = inner->points}, .inner = inner, .out = out, .room = room};
}

static uint64_t diverge(struct strategy_schedule *schedule, uint64_t retired) {
    if (!schedule->has_diverged) schedule->diverged_at = retired;
    schedule->has_diverged = true;
    return 0;
}

/* A thread that was alone goes on without a question; so a slice may end where the schedule says nothing. */
static uint64_t scheduled_thread(struct strategy_schedule *schedule, const struct strategy_question *question) {
    const unsigned running = strategy_running(question);
    const struct strategy_switch *next = schedule->next < schedule->n ? &schedule->switches[schedule->next] : NULL;
    if (schedule->has_diverged) return 0;
    if (!next || next->retired != question->retired) {
        return question->reason <= STRATEGY_POINT && running < question->n ? running : diverge(schedule, question->retired);
    }
    for (unsigned i = 0; i < question->n; i++) {
        if (question->threads[i].number != next->thread) continue;
        schedule->next++;
        return i;
    }
    return diverge(schedule, question->retired);
}

/* Up to the next switch that the running thread does not make itself. */
static uint64_t scheduled_slice(const struct strategy_schedule *schedule, const struct strategy_question *question) {
    if (schedule->has_diverged || schedule->next >= schedule->n) return STRATEGY_LONG_SLICE;
    const struct strategy_switch *next = &schedule->switches[schedule->next];
    if (next->reason > STRATEGY_SPIN || next->retired < question->retired) return question->n - 1;
    return next->retired - question->retired;
}

static uint64_t scheduled(struct strategy *strategy, const struct strategy_question *question) {
    struct strategy_schedule *schedule = CONTAINER_OF(strategy, struct strategy_schedule, strategy);
    switch (question->choice) {
    case STRATEGY_THREAD: return scheduled_thread(schedule, question);
    case STRATEGY_SLICE: return scheduled_slice(schedule, question);
    default: return 0;
    }
}

void strategy_schedule_init(struct strategy_schedule *schedule, const struct strategy_switch *switches, uint64_t n) {
    *schedule = (struct strategy_schedule){.strategy = {.choose = scheduled}, .switches = switches, .n = n};
}
