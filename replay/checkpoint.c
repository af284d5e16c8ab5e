/* SPDX-License-Identifier: ISC */
/* The store lies in memory that all copies share; only the controller or the live copy uses it, never both. Orders come through a pipe each,
 * whose writing end only the controller has: its end is the last order. */
#include "replay/checkpoint.h"

#include "base/error.h"
#include "host/branch.h"
#include "host/file.h"

#define GO 'g'

struct slot {
    int64_t id; /* of the waiting copy; 0: there is none */
    struct checkpoint_place place;
};

struct checkpoints {
    int64_t controller;
    uint64_t memory, held;
    unsigned unmeasured; /* made since `held` was looked at */
    int order[CHECKPOINTS][2];
    struct slot slot[CHECKPOINTS];
};

struct checkpoints *checkpoints_new(uint64_t memory) {
    struct checkpoints *checkpoints = host_branch_shared(sizeof *checkpoints);
    if (!checkpoints) return NULL;
    for (int i = 0; i < CHECKPOINTS; i++) {
        if (host_branch_pipe(checkpoints->order[i]) < 0) return NULL;
    }
    checkpoints->controller = host_branch_self();
    checkpoints->memory = memory;
    host_branch_adopt();
    return checkpoints;
}

int64_t checkpoints_begin(struct checkpoints *checkpoints) {
    const int64_t id = host_branch(true);
    for (int i = 0; id == 0 && i < CHECKPOINTS; i++) host_file_close(checkpoints->order[i][1]);
    return id;
}

int checkpoints_find(const struct checkpoints *checkpoints, bool (*fits)(const struct checkpoint_place *place, const void *arg), const void *arg) {
    int best = -1;
    for (int i = 0; i < CHECKPOINTS; i++) {
        const struct slot *slot = &checkpoints->slot[i];
        if (!slot->id || (best >= 0 && slot->place.time <= checkpoints->slot[best].place.time)) continue;
        if (fits(&slot->place, arg)) best = i;
    }
    return best;
}

int64_t checkpoints_wake(struct checkpoints *checkpoints, int which) {
    const int64_t id = checkpoints->slot[which].id;
    const int64_t n = host_file_write(checkpoints->order[which][1], &(char){GO}, 1);
    return n < 0 ? n : id;
}

uint64_t checkpoints_time(const struct checkpoints *checkpoints, int which) {
    return checkpoints->slot[which].place.time;
}

/* Copies that ended by themselves, or were ended, wait no more. */
int checkpoints_wait(struct checkpoints *checkpoints, int64_t live) {
    const int status = host_branch_wait(live);
    for (int64_t id; (id = host_branch_reap()) != 0;) {
        for (int i = 0; i < CHECKPOINTS; i++) {
            if (checkpoints->slot[i].id == id) checkpoints->slot[i].id = 0;
        }
    }
    return status;
}

/* --- The live copy --- */

/* How much it matters: the way that would be without it, compared with how far away that is. */
static double weight(const struct checkpoints *checkpoints, int which, uint64_t now) {
    const uint64_t time = checkpoints->slot[which].place.time;
    uint64_t before = 0, after = now > time ? now : time;
    for (int i = 0; i < CHECKPOINTS; i++) {
        const uint64_t other = checkpoints->slot[i].place.time;
        if (!checkpoints->slot[i].id || i == which) continue;
        if (other <= time && other > before) before = other;
        if (other > time && other < after) after = other;
    }
    const uint64_t away = now > time ? now - time : time - now;
    return ((double)(after - before) + 1) / ((double)away + 1);
}

static void drop_least(struct checkpoints *checkpoints, uint64_t now) {
    int least = -1;
    double lightest = 0;
    for (int i = 0; i < CHECKPOINTS; i++) {
        const double w = checkpoints->slot[i].id ? weight(checkpoints, i, now) : 0;
        if (!checkpoints->slot[i].id || (least >= 0 && w >= lightest)) continue;
        least = i;
        lightest = w;
    }
    if (least < 0) return;
    host_branch_kill(checkpoints->slot[least].id);
    checkpoints->slot[least].id = 0;
}

unsigned checkpoints_count(const struct checkpoints *checkpoints, uint64_t *memory) {
    unsigned n = 0;
    for (int i = 0; i < CHECKPOINTS; i++) n += checkpoints->slot[i].id != 0;
    *memory = checkpoints->held;
    return n;
}

/* Looking is not free: after every few new ones. */
static void keep_within_memory(struct checkpoints *checkpoints, uint64_t now) {
    uint64_t held;
    unsigned n = checkpoints_count(checkpoints, &held);
    if (++checkpoints->unmeasured <= n / 4) return;
    checkpoints->unmeasured = 0;
    checkpoints->held = 0;
    for (int i = 0; i < CHECKPOINTS; i++) checkpoints->held += checkpoints->slot[i].id ? host_branch_memory(checkpoints->slot[i].id) : 0;
    for (held = checkpoints->held; n > 0 && held > checkpoints->memory; n--) {
        drop_least(checkpoints, now);
        held -= held / n;
    }
}

static int free_slot(struct checkpoints *checkpoints, uint64_t now) {
    for (;;) {
        for (int i = 0; i < CHECKPOINTS; i++) {
            if (!checkpoints->slot[i].id) return i;
        }
        drop_least(checkpoints, now);
    }
}

/* The waiting copy. Each time it is woken it goes on, and another copy waits. */
static enum checkpoint_taken wait_here(struct checkpoints *checkpoints, int which) {
    for (;;) {
        char order;
        int64_t n;
        do n = host_file_read(checkpoints->order[which][0], &order, 1);
        while (n == -EINTR);
        if (n != 1 || order != GO) host_branch_end(0);
        const int64_t id = host_branch(false);
        if (id == 0) continue;
        checkpoints->slot[which].id = id > 0 ? id : 0;
        host_branch_follow(checkpoints->controller);
        if (id > 0 && host_branch_unshare() < 0) host_branch_end(1);
        return CHECKPOINT_WOKEN;
    }
}

enum checkpoint_taken checkpoints_take(struct checkpoints *checkpoints, const struct checkpoint_place *place) {
    keep_within_memory(checkpoints, place->time);
    const int which = free_slot(checkpoints, place->time);
    const int64_t id = host_branch(false);
    if (id == 0) return wait_here(checkpoints, which);
    if (id < 0) return CHECKPOINT_REFUSED;
    if (host_branch_unshare() < 0) {
        host_branch_kill(id);
        return CHECKPOINT_REFUSED;
    }
    checkpoints->slot[which] = (struct slot){id, *place};
    return CHECKPOINT_TAKEN;
}
