/* SPDX-License-Identifier: ISC */
/* An intrusive, circular, doubly linked list. A node is in at most one list; a removed node points at itself.
 * Takes no locks: the owner of the list says what guards it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Safe against removal of `node` inside the loop. */
#define LIST_FOR_EACH(node, head)                                                              \
    for (struct list *node = (head)->next, *node##_next = node->next; node != (head);          \
         node = node##_next, node##_next = node->next)

static inline void list_init(struct list *head) {
    head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head) {
    return head->next == head;
}

static inline void list_insert_after(struct list *at, struct list *node) {
    node->prev = at;
    node->next = at->next;
    at->next->prev = node;
    at->next = node;
}

static inline void list_append(struct list *head, struct list *node) {
    list_insert_after(head->prev, node);
}

static inline void list_remove(struct list *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}
