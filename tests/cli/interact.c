/* SPDX-License-Identifier: ISC */
/* Sits at a terminal of its own and types: interact COMMAND ARGS... with a script on standard input, a line each:
 * "type TEXT" (^X is a control key, ^M ends a line), "see TEXT" (must come within 20 s), "size ROWS COLUMNS", "end STATUS"
 * (the command must exit with it). What came is shown when something did not. */
#include <ctype.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SCREEN_SIZE = 65536, PATIENCE_MS = 20000 };

struct session {
    int terminal;
    pid_t child;
    char screen[SCREEN_SIZE];
    size_t n, seen; /* bytes there; bytes before the place where to look */
};

static void fail(struct session *s, const char *what, const char *text) {
    fprintf(stderr, "interact: %s \"%s\"; on the screen:\n%s\n", what, text, s->screen);
    kill(s->child, SIGKILL);
    exit(1);
}

/* More output; false: none came, or the terminal has closed. */
static int read_more(struct session *s) {
    struct pollfd in = {.fd = s->terminal, .events = POLLIN};
    if (poll(&in, 1, PATIENCE_MS) != 1) return 0;
    const ssize_t r = read(s->terminal, s->screen + s->n, SCREEN_SIZE - 1 - s->n);
    if (r <= 0) return 0;
    s->n += (size_t)r;
    s->screen[s->n] = 0;
    return 1;
}

static void see(struct session *s, const char *text) {
    char *found;
    while (!(found = strstr(s->screen + s->seen, text))) {
        if (!read_more(s)) fail(s, "did not see", text);
    }
    s->seen = (size_t)(found - s->screen) + strlen(text);
}

static void type(struct session *s, const char *text) {
    for (; *text; text++) {
        char c = *text;
        if (c == '^' && text[1]) c = (char)(toupper(*++text) ^ 0100);
        if (write(s->terminal, &c, 1) != 1) fail(s, "cannot type", text);
    }
}

static void set_size(struct session *s, const char *text) {
    struct winsize size = {0};
    if (sscanf(text, "%hu %hu", &size.ws_row, &size.ws_col) != 2) fail(s, "bad size", text);
    ioctl(s->terminal, TIOCSWINSZ, &size);
}

static void end(struct session *s, const char *text) {
    int status;
    while (read_more(s)) continue;
    if (waitpid(s->child, &status, 0) != s->child || !WIFEXITED(status) || WEXITSTATUS(status) != atoi(text)) {
        fail(s, "did not end with", text);
    }
}

static const struct {
    const char *name;
    void (*fn)(struct session *s, const char *text);
} acts[] = {{"type ", type}, {"see ", see}, {"size ", set_size}, {"end ", end}};

static void act(struct session *s, char *line) {
    line[strcspn(line, "\n")] = 0;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        const size_t n = strlen(acts[i].name);
        if (strncmp(line, acts[i].name, n) != 0) continue;
        acts[i].fn(s, line + n);
        return;
    }
    if (*line && *line != '#') fail(s, "no such act", line);
}

int main(int argc, char **argv) {
    static struct session s;
    struct winsize size = {24, 80, 0, 0};
    char line[1024];
    if (argc < 2) return 2;
    s.child = forkpty(&s.terminal, NULL, NULL, &size);
    if (s.child == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    while (fgets(line, sizeof line, stdin)) act(&s, line);
    return 0;
}
