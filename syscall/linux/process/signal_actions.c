/* SPDX-License-Identifier: ISC */
/* The table of dispositions and what the default ones mean. */
#include "syscall/linux/process/signal.h"

#include <stdlib.h>
#include <string.h>

struct signal_actions *signal_actions_new(void) {
    struct signal_actions *actions = calloc(1, sizeof *actions);
    if (!actions) return NULL;
    atomic_init(&actions->refs, 1);
    host_mutex_init(&actions->lock);
    return actions;
}

struct signal_actions *signal_actions_get(struct signal_actions *actions) {
    atomic_fetch_add(&actions->refs, 1);
    return actions;
}

void signal_actions_put(struct signal_actions *actions) {
    if (!actions || atomic_fetch_sub(&actions->refs, 1) > 1) return;
    host_mutex_fini(&actions->lock);
    free(actions);
}

struct signal_actions *signal_actions_copy(struct signal_actions *actions) {
    struct signal_actions *copy = signal_actions_new();
    if (!copy) return NULL;
    host_mutex_lock(&actions->lock);
    memcpy(copy->action, actions->action, sizeof copy->action);
    host_mutex_unlock(&actions->lock);
    return copy;
}

void signal_actions_reset(struct signal_actions *actions, bool keep_ignored) {
    host_mutex_lock(&actions->lock);
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        const bool ignored = actions->action[i].handler == SIG_IGN;
        actions->action[i] = (struct guest_sigaction){.handler = ignored && keep_ignored ? SIG_IGN : SIG_DFL};
    }
    host_mutex_unlock(&actions->lock);
}

struct guest_sigaction signal_action_of(struct signal_actions *actions, int signo) {
    host_mutex_lock(&actions->lock);
    const struct guest_sigaction action = actions->action[signo - 1];
    host_mutex_unlock(&actions->lock);
    return action;
}

static bool in(int signo, uint64_t set) {
    return (set >> (signo - 1)) & 1;
}

#define BIT(signo) (1ull << ((signo)-1))

bool signal_default_ignored(int signo) {
    return in(signo, BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH));
}

bool signal_default_stops(int signo) {
    return in(signo, BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU));
}

bool signal_default_dumps_core(int signo) {
    return in(signo, BIT(SIGQUIT) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) | BIT(SIGFPE) | BIT(SIGSEGV) | BIT(SIGBUS) |
                         BIT(SIGSYS) | BIT(SIGXCPU) | BIT(SIGXFSZ));
}
