/* SPDX-License-Identifier: ISC */
/* Lines from a terminal by libedit, with history and completion of commands' names; from anything else as they are. */
#include "terminal/session.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HISTORY = 500 };

struct editor {
    EditLine *line;   /* NULL: not a terminal */
    History *history;
    FILE *input;      /* borrowed */
    char *plain;      /* owned */
    size_t capacity;
};

static char *prompt(EditLine *line) {
    static char text[] = "(lockstep) ";
    return text;
}

static unsigned char complete(EditLine *line, int key) {
    const LineInfo *info = el_line(line);
    const size_t n = (size_t)(info->cursor - info->buffer);
    char word[64];
    if (n >= sizeof word) return CC_ERROR;
    memcpy(word, info->buffer, n);
    word[n] = '\0';
    const char *name = command_name(word, 0);
    if (!name || command_name(word, 1)) return CC_ERROR;
    return el_insertstr(line, name + n) < 0 ? CC_ERROR : CC_REFRESH;
}

static void open_terminal(struct editor *editor) {
    HistEvent event;
    editor->line = el_init("lockstep", editor->input, stdout, stderr);
    if (!editor->line) return;
    editor->history = history_init();
    if (editor->history) history(editor->history, &event, H_SETSIZE, HISTORY);
    el_set(editor->line, EL_PROMPT, prompt);
    el_set(editor->line, EL_EDITOR, "emacs");
    if (editor->history) el_set(editor->line, EL_HIST, history, editor->history);
    el_set(editor->line, EL_ADDFN, "complete", "the name of a command", complete);
    el_set(editor->line, EL_BIND, "^I", "complete", NULL);
}

struct editor *editor_new(FILE *input) {
    struct editor *editor = calloc(1, sizeof *editor);
    if (editor) editor->input = input;
    if (editor && isatty(fileno(input))) open_terminal(editor);
    return editor;
}

void editor_remember(struct editor *editor, const char *line) {
    HistEvent event;
    if (editor && editor->history) history(editor->history, &event, H_ENTER, line);
}

static const char *plain_line(struct editor *editor) {
    const ssize_t n = getline(&editor->plain, &editor->capacity, editor->input);
    if (n < 0) return NULL;
    if (n > 0 && editor->plain[n - 1] == '\n') editor->plain[n - 1] = '\0';
    return editor->plain;
}

const char *editor_line(struct editor *editor) {
    HistEvent event;
    int n;
    if (!editor->line) return plain_line(editor);
    const char *line = el_gets(editor->line, &n);
    if (!line || n <= 0) return NULL;
    if (editor->history && n > 1) history(editor->history, &event, H_ENTER, line);
    free(editor->plain);
    editor->plain = strndup(line, line[n - 1] == '\n' ? (size_t)n - 1 : (size_t)n);
    return editor->plain;
}

void editor_free(struct editor *editor) {
    if (!editor) return;
    if (editor->line) el_end(editor->line);
    if (editor->history) history_end(editor->history);
    free(editor->plain);
    free(editor);
}
