/* SPDX-License-Identifier: ISC */
/* The common front of recorder and player, and what of a thread's state they look at. */
#include "replay/private.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint32_t session_check(const void *bytes, size_t n) {
    return (uint32_t)XXH3_64bits(bytes, n);
}

void session_state_take(struct session_state *out, const struct cpu_state *state, uint64_t retired) {
    uint64_t more[3] = {state->seg_base[SEG_FS], state->seg_base[SEG_GS], state->mxcsr};
    for (unsigned i = 0; i < STATE_RIP; i++) out->reg[i] = state->gpr[i];
    out->reg[R11] &= ~(uint64_t)RFLAGS_ARITH;
    out->reg[STATE_RIP] = state->rip;
    out->reg[STATE_RETIRED] = retired;
    out->rest = (uint32_t)XXH3_64bits_withSeed(state->ymm, sizeof state->ymm, XXH3_64bits(more, sizeof more));
}

const char *session_state_name(unsigned reg) {
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
                                        "r14", "r15", "rip", "the count of instructions", "a vector register, MXCSR, FS or GS base"};
    return names[reg];
}

struct host_door *session_door(struct session *session) {
    return &session->door;
}

void session_on_progress(struct session *session, void (*fn)(void *arg, uint64_t at, uint64_t size), void *arg) {
    session->on_progress = fn;
    session->on_progress_arg = arg;
}

void session_show_once(struct session *session, uint64_t *shown) {
    session->shown = shown;
}

static uint64_t choose(struct strategy *strategy, const struct strategy_question *question) {
    struct session *session = (struct session *)((char *)strategy - offsetof(struct session, strategy));
    return session->ops->choose(session, question);
}

struct strategy *session_strategy(struct session *session, struct strategy *inner) {
    session->inner = inner;
    session->strategy = (struct strategy){.choose = choose, .points = inner->points};
    return &session->strategy;
}

void session_at_call(void *arg, const struct cpu_state *state, uint64_t retired) {
    struct session *session = arg;
    struct session_state now;
    session_state_take(&now, state, retired);
    session->ops->at_call(session, &now);
    session->last = now;
    session->n_calls++;
}

int session_end(struct session *session, int status) {
    return session->ops->end(session, status);
}

void session_free(struct session *session) {
    if (session) session->ops->free(session);
}
