/* SPDX-License-Identifier: ISC */
/* Where to stop. Several breakpoints may be at one address; the target has it as long as one of them is there. */
#include "terminal/breaks.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_SIZE = 256 };

static bool is_at(const struct session *s, const struct terminal_break *b, uint64_t address) {
    return b->address == address && b->pid == s->pid;
}

struct terminal_break *breaks_add(struct session *s, uint64_t address, bool is_temporary) {
    struct terminal_break *b = calloc(1, sizeof *b), **end = &s->breaks;
    if (!b || session_set_break(s, &(struct target_break){.address = address, .pid = s->pid}, true) < 0) {
        free(b);
        return NULL;
    }
    *b = (struct terminal_break){.number = ++s->last_number, .pid = s->pid, .tid = TARGET_ALL, .address = address, .is_temporary = is_temporary};
    while (*end) end = &(*end)->next;
    return *end = b;
}

void breaks_remove(struct session *s, struct terminal_break *b) {
    struct terminal_break **at = &s->breaks;
    bool is_shared = false;
    while (*at != b) at = &(*at)->next;
    *at = b->next;
    for (const struct terminal_break *other = s->breaks; other; other = other->next) is_shared |= other->address == b->address && other->pid == b->pid;
    if (!is_shared) session_set_break(s, &(struct target_break){.address = b->address, .pid = b->pid}, false);
    free(b->condition);
    free(b);
}

static bool wants(struct session *s, struct terminal_break *b) {
    uint64_t value = 1;
    if (b->tid != TARGET_ALL && b->tid != s->tid) return false;
    if (b->condition && expression_number(s, b->condition, NULL, &value) && !value) return false;
    b->hits++;
    if (b->ignore) b->ignore--;
    else return true;
    return false;
}

bool breaks_hit(struct session *s) {
    bool stops = false;
    for (struct terminal_break *b = s->breaks, *next; b; b = next) {
        next = b->next;
        if (!is_at(s, b, session_rip(s)) || !wants(s, b)) continue;
        stops = true;
        text_printf(&s->out, "breakpoint %d, ", b->number);
        if (b->is_temporary) breaks_remove(s, b);
    }
    return stops;
}

void breaks_copy(struct session *s, int from_pid, int to_pid) {
    for (struct terminal_break *b = s->breaks; b && b->pid != to_pid; b = b->next) {
        struct terminal_break *copy = b->pid == from_pid ? malloc(sizeof *copy) : NULL;
        if (!copy) continue;
        *copy = *b;
        copy->pid = to_pid;
        session_set_break(s, &(struct target_break){.address = copy->address, .pid = to_pid}, true);
        copy->condition = b->condition ? strdup(b->condition) : NULL;
        copy->number = ++s->last_number;
        copy->next = s->breaks;
        s->breaks = copy;
    }
}

void breaks_forget(struct session *s, int pid) {
    for (struct terminal_break *b = s->breaks, *next; b; b = next) {
        next = b->next;
        if (b->pid == pid) breaks_remove(s, b);
    }
}

/* FILE:LINE or LINE: the file is what is before the colon, or the one that is looked at. */
static bool line_of(struct session *s, const char *text, size_t n, uint64_t *address, bool *is_line) {
    char file[NAME_MAX_SIZE];
    const char *colon = memrchr(text, ':', n), *number = colon ? colon + 1 : text;
    struct line here;
    char *end;
    const unsigned long line = strtoul(number, &end, 10);
    *is_line = isdigit((unsigned char)*number) && end == text + n;
    if (!*is_line) return false;
    if (colon) snprintf(file, sizeof file, "%.*s", (int)(colon - text), text);
    else if (symbols_line(s, session_rip(s), &here)) snprintf(file, sizeof file, "%s", here.file);
    else return false;
    return symbols_find_line(s, file, (unsigned)line, address);
}

bool place_of(struct session *s, const char *text, const char **rest, uint64_t *address) {
    uint64_t size;
    bool is_function, is_line;
    const size_t n = strcspn(text, " \t");
    if (*text == '*') return expression_number(s, text + 1, rest, address);
    *rest = text + n;
    if (line_of(s, text, n, address, &is_line)) return true;
    if (is_line) session_fail(s, "there is no code at line %.*s", (int)n, text);
    else if (n && symbols_find(s, text, n, address, &size, &is_function)) return true;
    else session_fail(s, "there is no function \"%.*s\"", (int)n, text);
    return false;
}

static void add(struct session *s, const char *arguments, bool is_temporary) {
    const char *rest;
    uint64_t address;
    if (!place_of(s, arguments, &rest, &address)) return;
    while (isspace((unsigned char)*rest)) rest++;
    const bool has_condition = strncmp(rest, "if ", 3) == 0;
    if (*rest && !has_condition) {
        session_fail(s, "\"%.40s\" does not belong here", rest);
        return;
    }
    struct terminal_break *b = breaks_add(s, address, is_temporary);
    if (!b) {
        session_fail(s, "there can be no breakpoint at %#llx", (unsigned long long)address);
        return;
    }
    if (has_condition) b->condition = strdup(rest + 3);
    text_printf(&s->out, "breakpoint %d at %#llx ", b->number, (unsigned long long)address);
    symbols_describe(s, address, &s->out);
    text_printf(&s->out, "\n");
}

void do_break(struct session *s, const char *arguments) {
    add(s, arguments, false);
}

void do_tbreak(struct session *s, const char *arguments) {
    add(s, arguments, true);
}

static struct terminal_break *find(struct session *s, long number) {
    struct terminal_break *b = s->breaks;
    while (b && b->number != number) b = b->next;
    if (!b) session_fail(s, "there is no breakpoint %ld", number);
    return b;
}

void do_delete(struct session *s, const char *arguments) {
    char *end;
    if (!*arguments) {
        while (s->breaks) breaks_remove(s, s->breaks);
        return;
    }
    while (*arguments && !s->has_failed) {
        struct terminal_break *b = find(s, strtol(arguments, &end, 10));
        if (b) breaks_remove(s, b);
        arguments = end == arguments ? "" : end + strspn(end, " ");
    }
}

void do_ignore(struct session *s, const char *arguments) {
    char *end;
    struct terminal_break *b = find(s, strtol(arguments, &end, 10));
    if (b && !expression_number(s, end, NULL, &b->ignore)) b->ignore = 0;
}

void print_breaks(struct session *s) {
    for (const struct terminal_break *b = s->breaks; b; b = b->next) {
        text_printf(&s->out, "%d process %d at %#llx ", b->number, b->pid, (unsigned long long)b->address);
        symbols_describe(s, b->address, &s->out);
        text_printf(&s->out, "%s%s%s, hit %llu times\n", b->is_temporary ? ", once" : "", b->condition ? " if " : "",
                    b->condition ? b->condition : "", (unsigned long long)b->hits);
    }
}
