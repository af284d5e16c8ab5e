/* SPDX-License-Identifier: ISC */
/* Turns what has to be decided into questions to the strategy. An answer that is none counts as the last one that is, so that a
 * strategy which reads a file need not be believed. */
#include "sched/serial.h"

#include "base/error.h"

#include <stdlib.h>

enum { FIRST_ROOM = 16 };

static uint64_t ask(struct serial *serial, struct strategy_question *question) {
    question->retired = serial->retired;
    question->running = serial->running ? serial->running->number : 0;
    const uint64_t answer = serial->strategy->choose(serial->strategy, question);
    return answer < question->n ? answer : question->n - 1;
}

uint64_t serial_choose(struct serial *serial, enum strategy_choice choice, uint64_t n) {
    struct strategy_question question = {.choice = choice, .n = n};
    return ask(serial, &question);
}

static unsigned pick(struct serial *serial, enum strategy_reason reason) {
    struct strategy_question question = {.choice = STRATEGY_THREAD, .reason = reason, .threads = serial->asked};
    LIST_FOR_EACH(node, &serial->ready) {
        const struct serial_thread *thread = CONTAINER_OF(node, struct serial_thread, node);
        serial->asked[question.n++] = (struct strategy_thread){thread->number, thread->next};
    }
    return (unsigned)ask(serial, &question);
}

struct serial_thread *serial_take_ready(struct serial *serial, enum strategy_reason reason) {
    unsigned i = serial->n_ready > 1 || reason == STRATEGY_SPIN ? pick(serial, reason) : 0;
    struct list *node = serial->ready.next;
    while (i-- > 0) node = node->next;
    list_remove(node);
    serial->n_ready--;
    return CONTAINER_OF(node, struct serial_thread, node);
}

int serial_make_room(struct serial *serial) {
    if (serial->n_threads < serial->n_asked_room) return 0;
    const unsigned room = serial->n_asked_room ? 2 * serial->n_asked_room : FIRST_ROOM;
    struct strategy_thread *made = realloc(serial->asked, room * sizeof *made);
    if (!made) return -ENOMEM;
    serial->asked = made;
    serial->n_asked_room = room;
    return 0;
}
