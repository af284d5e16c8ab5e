/* SPDX-License-Identifier: ISC */
/* lockstep-debug: what `lockstep debug` becomes without --gdb. Reads commands from -e, -x and then its standard input (which the program
 * then does not have), and writes what they say to its standard output; a command that fails ends a script with status 1. */
#include "terminal/session.h"

#include "cli/cli.h"
#include "host/branch.h"
#include "host/descriptors.h"
#include "host/file.h"
#include "include/lockstep/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, FAILED = 1, MAX_SCRIPTS = 64 };

struct script {
    const char *text; /* a command, or the name of a file of them */
    bool is_file;
};

struct arguments {
    struct run_options *options;
    struct script script[MAX_SCRIPTS];
    size_t n_scripts;
    bool json, batch;
    FILE *input; /* of commands */
};

void session_fail(struct session *s, const char *fmt, ...) {
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    text_printf(&s->out, "%s\n", line);
    s->has_failed = true;
}

void session_look(struct session *s, int pid, int tid) {
    s->pid = pid;
    s->tid = tid;
    s->has_registers = target_get_registers(s->target, tid, &s->registers) == 0;
}

/* --- Output --- */

static void print_json_string(const char *bytes, size_t n) {
    putchar('"');
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\') printf("\\%c", c);
        else if (c < ' ' || c > '~') printf("\\u%04x", c);
        else putchar(c);
    }
    putchar('"');
}

/* {"command": ..., "ok": ..., "pid": ..., "tid": ..., "rip": ..., "output": ...} */
static void print_json(const struct session *s, const char *line) {
    printf("{\"command\": ");
    print_json_string(line, strlen(line));
    printf(", \"ok\": %s, \"ended\": %s", s->has_failed ? "false" : "true", s->has_ended ? "true" : "false");
    if (s->has_registers) printf(", \"pid\": %d, \"tid\": %d, \"rip\": \"%#llx\"", s->pid, s->tid, (unsigned long long)session_rip(s));
    printf(", \"output\": ");
    print_json_string(s->out.bytes, s->out.size);
    printf("}\n");
}

/* Does one command and says what came of it. */
static void execute(struct session *s, const struct arguments *arguments, const char *line) {
    text_clear(&s->out);
    session_do(s, line);
    if (arguments->json) print_json(s, line);
    else if (s->out.size) fwrite(s->out.bytes, 1, s->out.size, stdout);
    fflush(stdout);
}

/* --- Where commands come from --- */

static bool run_file(struct session *s, const struct arguments *arguments, const char *name) {
    char *line = NULL;
    size_t size = 0;
    bool ok = true;
    FILE *file = fopen(name, "r");
    if (!file) {
        complain("cannot read the commands in %s", name);
        return false;
    }
    while (ok && !s->wants_quit && getline(&line, &size, file) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        if (!line[strspn(line, " \t")]) continue;
        execute(s, arguments, line);
        ok = !s->has_failed;
    }
    fclose(file);
    free(line);
    return ok;
}

static bool run_scripts(struct session *s, const struct arguments *arguments) {
    bool ok = true;
    for (size_t i = 0; ok && !s->wants_quit && i < arguments->n_scripts; i++) {
        const struct script *script = &arguments->script[i];
        if (script->is_file) {
            ok = run_file(s, arguments, script->text);
        } else {
            execute(s, arguments, script->text);
            ok = !s->has_failed;
        }
    }
    return ok;
}

static void run_lines(struct session *s, const struct arguments *arguments) {
    struct editor *editor = editor_new(arguments->input);
    for (const char *line; editor && !s->wants_quit && (line = editor_line(editor));) execute(s, arguments, line);
    editor_free(editor);
}

/* --- The session --- */

/* Returns the exit status. */
static int run_session(struct target *target, const struct arguments *arguments) {
    const char *root = arguments->options->machine.rootfs;
    struct session *s = calloc(1, sizeof *s);
    if (!s) return STATUS_BAD_USE;
    *s = (struct session){.target = target, .root = root ? root : ""};
    go_wait(s);
    const bool ok = run_scripts(s, arguments);
    if (ok && !arguments->batch && !s->wants_quit) run_lines(s, arguments);
    const int status = ok ? 0 : FAILED;
    if (!arguments->options->machine.replay) target_kill_seen(target);
    while (s->breaks) {
        struct terminal_break *b = s->breaks;
        s->breaks = b->next;
        free(b->condition);
        free(b);
    }
    symbols_free(s->symbols);
    text_fini(&s->out);
    free(s);
    return status;
}

/* A program with its arguments and environment. */
static int debug_program(const struct arguments *arguments, char *const *argv, char *const *envp) {
    const struct target_options target_options = {.machine = arguments->options->machine};
    struct target *target;
    struct lockstep_error error;
    struct lockstep_status ended;
    char path[PATH_SIZE];
    const char *search = environment_get(envp, "PATH");
    if (target_new(&target_options, &target, &error)) return report_error(&error);
    int status;
    if (lockstep_machine_find(target_machine(target), argv[0], search, path, sizeof path, &error) ||
        target_start(target, path, argv, envp, &error)) {
        status = report_error(&error);
    } else {
        status = run_session(target, arguments);
        if (!arguments->options->machine.replay) lockstep_machine_wait(target_machine(target), &ended);
    }
    if (!arguments->options->machine.replay) target_free(target); /* an end that the recording does not have */
    return status;
}

/* A trace is replayed, a program run. */
static int debug(const struct arguments *arguments, char **argv) {
    struct run_options *options = arguments->options;
    struct lockstep_trace *trace;
    struct lockstep_error error;
    if (argv[1] || !lockstep_trace_is(argv[0])) return debug_program(arguments, argv, options->environment->entries);
    if (lockstep_trace_open(argv[0], &trace, &error)) return report_error(&error);
    lockstep_trace_apply(trace, &options->machine);
    const int status = debug_program(arguments, lockstep_trace_argv(trace), lockstep_trace_envp(trace));
    fflush(stdout);
    host_branch_end(status);
}

/* Commands that do not come from a terminal are not the program's to read. */
static FILE *take_input(void) {
    if (isatty(0)) return stdin;
    const int fd = host_file_dup(0);
    FILE *input = fd < 0 ? NULL : fdopen(fd, "r");
    host_descriptor_blank(0);
    return input ? input : stdin;
}

/* Takes -x FILE, -e COMMAND, --json, --batch out of argv up to the first other word. Returns false after a message. */
static bool take_own(struct arguments *arguments, int *argc, char **argv) {
    int kept = 1, i = 1;
    for (; i < *argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0; i++) {
        const bool is_file = strcmp(argv[i], "-x") == 0;
        if (is_file || strcmp(argv[i], "-e") == 0) {
            if (++i >= *argc || arguments->n_scripts == MAX_SCRIPTS) {
                complain("%s needs a value, and there may be %d of them", argv[i - 1], MAX_SCRIPTS);
                return false;
            }
            arguments->script[arguments->n_scripts++] = (struct script){argv[i], is_file};
        } else if (strcmp(argv[i], "--json") == 0) {
            arguments->json = true;
        } else if (strcmp(argv[i], "--batch") == 0) {
            arguments->batch = true;
        } else {
            const int words = run_options_words(argv[i]);
            argv[kept++] = argv[i];
            if (words == 2 && i + 1 < *argc) argv[kept++] = argv[++i];
        }
    }
    while (i < *argc) argv[kept++] = argv[i++];
    argv[kept] = NULL;
    *argc = kept;
    return true;
}

static int parse_and_debug(struct run_options *options, int argc, char **argv) {
    struct arguments arguments = {.options = options};
    if (!take_own(&arguments, &argc, argv)) return STATUS_BAD_USE;
    arguments.input = take_input();
    const struct invocation invocation = {argc, argv, NULL};
    const int program = run_options_parse(options, &invocation);
    if (program < 0) return STATUS_BAD_USE;
    if (program < argc) return debug(&arguments, argv + program);
    complain("no program to debug; see lockstep debug --help");
    return STATUS_BAD_USE;
}

int main(int argc, char **argv, char **envp) {
    struct environment environment;
    struct run_options options = {.machine = lockstep_options_default(), .environment = &environment};
    options.machine.forward_signals = true;
    options.machine.report_faults = true;
    if (!environment_init(&environment, envp)) return STATUS_BAD_USE;
    const int status = parse_and_debug(&options, argc, argv);
    environment_fini(&environment);
    return status;
}
