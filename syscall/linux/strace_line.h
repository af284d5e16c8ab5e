/* SPDX-License-Identifier: ISC */
/* A line of strace while it is put together, for the files strace*.c only. It is written in one piece, so that lines of
 * threads do not mix. Printers read guest memory, never write it; what cannot be read is shown as an address. */
#pragma once

#include "syscall/linux/abi/names.h"
#include "syscall/linux/process/task.h"

enum { STRACE_LINE_SIZE = 4096, STRACE_TEXT_MAX = 32, STRACE_ITEMS_MAX = 16 };

struct line {
    struct task *task;
    const uint64_t *args;
    int index;          /* of the argument being printed */
    enum name_set set;  /* of the argument being printed */
    int64_t result;
    bool done;          /* the handler has run: what it fills is valid */
    size_t n;
    char text[STRACE_LINE_SIZE];
};

void line_put(struct line *line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* n bytes, quoted; more: they are only the beginning. */
void line_quoted(struct line *line, const char *text, size_t n, bool more);
/* Bytes of guest memory, cut at STRACE_TEXT_MAX. */
void line_bytes(struct line *line, uint64_t gva, int64_t n);
/* The name of a value, NULL: it has none. */
const char *line_name(enum name_set set, uint64_t value);
void line_flags(struct line *line, enum name_set set, uint64_t value);
void line_signal(struct line *line, int64_t signo);
void line_sigset(struct line *line, uint64_t bits);
/* A structure at gva, or the address itself when there is none. */
bool line_fetch(struct line *line, uint64_t gva, void *out, size_t n);
void strace_pointer(struct line *line, uint64_t value);

/* The functions that args.def names. */
#define KIND(name, direction, print, set) void print(struct line *line, uint64_t value);
#include "syscall/linux/args.def"
#undef KIND
