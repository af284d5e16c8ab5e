/* SPDX-License-Identifier: ISC */
/* The task loop: runs guest code, answers its calls, turns exceptions into signals, delivers signals. */
#pragma once

struct task;

/* Runs the task on the calling host thread until it must exit (task->exiting, task->exit_code). Goes into
 * kernel_options.run_task. */
void task_run(struct task *task);
