/* SPDX-License-Identifier: ISC */
/* Shortest paths by Dijkstra's method over a random graph, with a binary heap as the priority queue: dijkstra NODES SOURCES. */
#include <string.h>
#include "guest.h"

enum { DEGREE = 6 };

struct edge {
    uint32_t to, length;
};

struct entry {
    uint32_t distance, node;
};

struct heap {
    struct entry *v;
    long n;
};

static void push(struct heap *h, struct entry e) {
    long i = h->n++;
    for (; i && h->v[(i - 1) / 2].distance > e.distance; i = (i - 1) / 2) h->v[i] = h->v[(i - 1) / 2];
    h->v[i] = e;
}

static struct entry pop(struct heap *h) {
    const struct entry top = h->v[0], last = h->v[--h->n];
    long i = 0;
    for (long child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && h->v[child + 1].distance < h->v[child].distance) child++;
        if (last.distance <= h->v[child].distance) break;
        h->v[i] = h->v[child];
    }
    h->v[i] = last;
    return top;
}

static void shortest(const struct edge *edges, uint32_t *distance, long n, uint32_t source, struct heap *h) {
    memset(distance, 0xff, n * sizeof *distance);
    distance[source] = 0;
    push(h, (struct entry){0, source});
    while (h->n) {
        const struct entry at = pop(h);
        if (at.distance > distance[at.node]) continue;
        for (const struct edge *e = edges + at.node * DEGREE; e < edges + (at.node + 1) * DEGREE; e++) {
            const uint32_t d = at.distance + e->length;
            if (d >= distance[e->to]) continue;
            distance[e->to] = d;
            push(h, (struct entry){d, e->to});
        }
    }
}

int main(int argc, char **argv) {
    const long n = number(argc, argv, 1, 20000), sources = number(argc, argv, 2, 4);
    struct edge *edges = malloc(n * DEGREE * sizeof *edges);
    uint32_t *distance = malloc(n * sizeof *distance);
    struct heap h = {malloc((n * DEGREE + 1) * sizeof *h.v), 0};
    uint64_t seed = 1, hash = 0;
    for (long i = 0; i < n * DEGREE; i++) {
        edges[i].to = next_random(&seed) % n;
        edges[i].length = 1 + next_random(&seed) % 1000;
    }
    for (long s = 0; s < sources; s++) {
        shortest(edges, distance, n, s, &h);
        for (long i = 0; i < n; i++) hash = mix(hash, distance[i]);
    }
    print_hash(hash);
    return 0;
}
