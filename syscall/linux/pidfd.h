/* SPDX-License-Identifier: ISC */
/* Descriptors that stand for a process: readable (poll) once it is a zombie. Source: pidfd_open(2). */
#pragma once

struct file;
struct process;
struct task;

/* A new close-on-exec descriptor for process in the caller's table. Returns it or -E. */
int pidfd_open_for(struct task *task, struct process *process);
void pidfd_close(struct task *task, int fd);
/* The process of a pidfd, counted; NULL and *err = -EBADF when fd is none. */
struct process *pidfd_process(struct task *task, int fd, int *err);
