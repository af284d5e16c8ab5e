/* SPDX-License-Identifier: ISC */
/* The terminal debugger: a program of its own (lockstep-debug, which `lockstep debug` becomes), because libdw, Capstone and libedit have no
 * place in one that only runs guests. A session is a target, where the user looks, and breakpoints; commands are rows (commands.def) and
 * write to `out`. */
#pragma once

#include "debugger/history.h"
#include "debugger/output.h"
#include "debugger/target.h"

#include <stdio.h>

struct symbols;

struct terminal_break {
    int number, pid;
    uint64_t address;
    char *condition;      /* owned; NULL: none */
    int tid;              /* only this thread; TARGET_ALL */
    uint64_t hits, ignore;
    bool is_temporary;
    struct terminal_break *next;
};

struct session {
    struct target *target;
    struct history *history;    /* of a trace; NULL: the machine is live */
    bool is_leaving;            /* the command goes on in another session */
    const char *root;           /* host directory that is the guest's /; "" */
    struct symbols *symbols;
    struct text out;
    struct target_stop stop;    /* the last one */
    struct target_catches catches;
    int pid, tid;               /* what is looked at */
    struct target_registers registers; /* of that thread */
    bool has_registers;         /* it is there, and they are current */
    bool is_at_end;             /* of a trace */
    bool has_ended, wants_quit, has_failed; /* has_failed: the last command */
    struct terminal_break *breaks;
    int last_number;
    uint64_t listed;            /* address that `list` and `x` go on from */
    unsigned listed_line;
    char last_line[512];        /* an empty line does it again */
};

/* --- main.c --- */
/* Says why a command did nothing. */
void session_fail(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Where the user looks has changed, or the machine has run. */
void session_look(struct session *s, int pid, int tid);
static inline uint64_t session_rip(const struct session *s) {
    return s->registers.user.rip;
}
/* Sets it in the machine, and in the history. Returns 0 or -E. */
int session_set_break(struct session *s, const struct target_break *b, bool on);
/* --- command.c --- */
void session_do(struct session *s, const char *line);
/* Names that begin so, for completion: the n-th, or NULL. */
const char *command_name(const char *prefix, unsigned n);

/* --- expression.c --- */
struct value {
    uint64_t number;
    bool is_place;      /* of `size` bytes at `address` */
    uint64_t address;
    unsigned size;
    bool is_signed;
};
/* Reads an expression; *rest: what is behind it (NULL: nothing may be). False: session_fail has said why. */
bool expression(struct session *s, const char *text, const char **rest, struct value *out);
/* Its number only. */
bool expression_number(struct session *s, const char *text, const char **rest, uint64_t *out);
/* A register by its name without '$'; NULL: there is none. */
uint64_t *session_register(struct session *s, const char *name, size_t n);

/* --- symbols.c: by libdw, of the process that is looked at --- */
struct line {
    const char *file; /* borrowed while the program's files stay mapped */
    unsigned number;
    uint64_t start, end; /* of its code around the address */
};
void symbols_free(struct symbols *symbols);
/* "name+0x1f", or nothing. */
void symbols_describe(struct session *s, uint64_t address, struct text *out);
/* Where the function that it is in begins. */
bool symbols_function(struct session *s, uint64_t address, uint64_t *start);
bool symbols_line(struct session *s, uint64_t address, struct line *out);
/* What has that name; *size: in bytes. */
bool symbols_find(struct session *s, const char *name, size_t n, uint64_t *address, uint64_t *size, bool *is_function);
/* The first code of a line. */
bool symbols_find_line(struct session *s, const char *file, unsigned number, uint64_t *address);
/* Frames from the innermost on: calls cb until it returns non-zero. */
struct frame {
    unsigned number;
    uint64_t rip;
    bool is_call; /* rip is a return address */
};
void symbols_frames(struct session *s, int tid, int (*cb)(struct session *s, const struct frame *frame, void *arg), void *arg);

/* --- code.c: by Capstone --- */
struct code {
    char text[192];
    unsigned size;
    bool is_call, is_return;
};
bool code_read(struct session *s, uint64_t address, struct code *out);
/* One line with address, symbol and instruction. Returns its size, 0: there is none. */
unsigned code_print(struct session *s, uint64_t address);

/* --- go.c --- */
/* Where the thread is, after a stop. */
void go_show(struct session *s);
void go_wait(struct session *s);

/* --- line_editor.c --- */
struct editor;
struct editor *editor_new(FILE *input);
/* A line that was typed in a session before. */
void editor_remember(struct editor *editor, const char *line);
/* NULL at the end of input; borrowed until the next call. */
const char *editor_line(struct editor *editor);
void editor_free(struct editor *editor);

#define COMMAND(name, short_name, function, arguments, help) void function(struct session *s, const char *arguments_given);
#include "terminal/commands.def"
#undef COMMAND
