/* SPDX-License-Identifier: ISC */
/* Whose thread it is, for layers that know threads but no tasks. */
#pragma once

struct net_ids;
struct sched_thread;

/* self is a task's own. Called by that task only. */
void task_identify(struct sched_thread *self, struct net_ids *out);
