/* SPDX-License-Identifier: ISC */
/* What a session of a trace hands on to the next one (debugger/history.h): all that the user has set, and the command that is under way.
 * A command that goes back in time is a trip, or several; on arrival it goes on. */
#pragma once

#include "terminal/session.h"

enum { TRAVEL_BREAKS = 256, TRAVEL_MARKS = 32, TRAVEL_NAME = 64, TRAVEL_LINES = 100, TRAVEL_OUT = 1 << 16 };

enum travel_kind {
    TRAVEL_NONE,
    TRAVEL_SHOW,          /* arrived: only to be shown */
    TRAVEL_CONTINUE_BACK, /* was it for the user? */
    TRAVEL_CALL,          /* at the first instruction of the function? one more step */
    TRAVEL_PATH,          /* look at what the thread did from here to where it came from */
    TRAVEL_PART,          /* at the end: now the length is known */
    TRAVEL_WRITE,         /* at the write */
    TRAVEL_VALUES,        /* at the beginning: list the values up to where it came from */
    TRAVEL_TASKS,         /* show all threads, and go back */
};

enum travel_goal { TRAVEL_LINE, TRAVEL_LINE_OVER, TRAVEL_REGISTER };

struct travel {
    enum travel_kind kind;
    enum travel_goal goal;        /* TRAVEL_PATH */
    struct target_point origin;   /* where the command was given, */
    uint64_t origin_time;
    uint64_t window;              /* TRAVEL_PATH: how many instructions are looked at */
    uint64_t number;              /* TRAVEL_PART: per cent; TRAVEL_CALL: the stack pointer is not below; TRAVEL_PATH: the register */
    struct target_break what;     /* TRAVEL_WRITE, TRAVEL_VALUES */
};

struct luggage {
    struct travel travel;
    char line[512], last_line[512]; /* the command, what an empty line does, and what the command has said */
    size_t n_out;
    char out[TRAVEL_OUT];
    int pid, tid;
    struct target_catches catches;
    int last_number;
    size_t n_breaks;
    struct {
        struct terminal_break it; /* without the pointers */
        char condition[TRAVEL_NAME * 2];
    } breaks[TRAVEL_BREAKS];
    size_t n_marks;
    struct {
        char name[TRAVEL_NAME];
        struct target_point point;
        uint64_t time;
    } marks[TRAVEL_MARKS];
    size_t script;                /* which one is being read, */
    long script_at;               /* and from where */
    bool is_script;               /* the command comes from there */
    bool has_failed;              /* the command, and it is on its way back */
    size_t n_lines;               /* typed; the last of them: */
    char lines[TRAVEL_LINES][128];
};

/* The command under way, as it is handed on: NULL if the machine is live, after a message. */
struct luggage *travel_luggage(struct session *s);
/* The command leaves; the next session goes on with it. */
void travel_go(struct session *s, const struct travel *travel, const struct history_trip *trip);
/* A trip to a point not later than now, or, until 0, anywhere. */
void travel_to(struct session *s, const struct travel *travel, const struct target_point *point, uint64_t until);
/* There is nothing to go to: says so, and goes back to where the command was given. */
void travel_fail(struct session *s, const struct travel *travel, const char *why);
/* Where we are. */
struct travel travel_from_here(struct session *s, enum travel_kind kind);
/* The first thing in a session that is not the first. */
void travel_arrive(struct session *s);

/* path.c: goes on at the beginning of the window. */
void path_go_on(struct session *s, const struct travel *travel);
/* Begins. */
void path_look(struct session *s, struct travel *travel);
/* time.c */
void time_show_tasks(struct session *s, const char *time);
void time_go_on(struct session *s, const struct travel *travel);
