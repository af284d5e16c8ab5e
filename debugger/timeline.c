/* SPDX-License-Identifier: ISC */
#include "debugger/internal.h"

#include "host/clock.h"
#include "host/door.h"
#include "syscall/linux/process/kernel.h"

/* As many instructions as need not be near a checkpoint, and more than that to begin with. */
enum { NEAR = 1 << 18, STEP = 1 << 21 };
#define EVERY_NS INT64_C(40000000)
/* A checkpoint may take this part of the time. */
enum { PART = 20 };

static int note_thread(struct task *task, void *arg) {
    struct checkpoint_place *place = arg;
    if (place->n_threads == CHECKPOINT_THREADS) return 1;
    place->thread[place->n_threads].tid = task_tid(task);
    place->thread[place->n_threads++].retired = task->cpu->retired;
    return 0;
}

static int note_process(struct process *process, void *arg) {
    return process->state == PROCESS_RUNNING ? task_for_each(process, note_thread, arg) : 0;
}

static void set_next(struct timeline *line, uint64_t now) {
    const bool has_goal = line->goal > now;
    if (has_goal) line->next = line->goal - now > NEAR ? now + (line->goal - now) / 2 : line->goal + NEAR;
    else line->next = now + line->step;
}

/* Without a goal: as long a step as keeps them EVERY_NS apart, or further if they are dear. */
static void adapt(struct timeline *line, int64_t now_ns, int64_t took_ns) {
    const int64_t passed = now_ns - line->made_ns, wanted = took_ns * PART > EVERY_NS ? took_ns * PART : EVERY_NS;
    if (line->goal) return;
    if (passed < wanted && line->step < UINT64_C(1) << 40) line->step *= 2;
    else if (passed > 2 * wanted && line->step > NEAR) line->step /= 2;
}

static enum checkpoint_taken take(struct target *target, uint64_t now) {
    struct timeline *line = &target->timeline;
    struct checkpoint_place place = {.time = now, .last_tid = target_kernel(target)->last_pid};
    process_for_each(target_kernel(target), note_process, &place);
    const int64_t before_ns = host_clock_monotonic_ns();
    const enum checkpoint_taken taken = checkpoints_take(line->checkpoints, &place);
    const int64_t now_ns = host_clock_monotonic_ns();
    if (taken == CHECKPOINT_TAKEN) adapt(line, now_ns, now_ns - before_ns);
    line->made_ns = now_ns;
    return taken;
}

/* Only at the first turn of a moment: what happens later at the same time comes behind it. */
int64_t timeline_before_run(struct target *target) {
    struct timeline *line = &target->timeline;
    const uint64_t now = target_time(target);
    const bool is_first = now != line->seen;
    if (!line->checkpoints) return INT64_MAX;
    if (!line->step) line->step = STEP;
    if (!line->next) set_next(line, now);
    line->seen = now;
    if (now >= line->next && is_first) {
        struct host_door *door = host_door_get();
        host_door_set(NULL);
        if (take(target, now) == CHECKPOINT_WOKEN) history_wake(target);
        host_door_set(door);
        set_next(line, now);
    }
    return line->next > now ? (int64_t)(line->next - now) : 1;
}
