/* SPDX-License-Identifier: ISC */
/* Advisory locks between processes of this machine: record locks of a process (fcntl F_SETLK; the owner is its
 * descriptor table), of an open file description (F_OFD_SETLK), and whole-file locks (flock). They hang on a file's
 * identity (dev, ino); one table per machine. */
#pragma once

#include "host/thread.h"
#include "sched/sched.h"

#include <stdbool.h>
#include <stdint.h>

struct file;
struct fd_table;
struct lock_table;

enum lock_family { LOCK_RECORD, LOCK_DESCRIPTION, LOCK_WHOLE };

struct lock_request {
    enum lock_family family;
    const void *owner;   /* fd_table, or file */
    int pid;             /* for F_GETLK; -1 for descriptions */
    int type;            /* F_RDLCK, F_WRLCK, F_UNLCK */
    int64_t start, end;  /* [start, end]; INT64_MAX: to the end of the file */
};

struct lock_table *lock_table_new(void);
void lock_table_free(struct lock_table *table);

/* Takes or gives back. wait: sleeps for it. Returns 0, -EAGAIN, -ENOLCK (no memory), -EDEADLK, -ERESTARTSYS. */
int lock_set(struct file *file, const struct lock_request *request, bool wait, struct sched_thread *self);
/* Finds a lock that is in the way: it is written over *request; none: type becomes F_UNLCK. Returns 0 or -E. */
int lock_test(struct file *file, struct lock_request *request);

/* A descriptor of that table was closed; the last count of the file went. */
void lock_release_process(struct file *file, struct fd_table *table);
void lock_release_file(struct file *file);
