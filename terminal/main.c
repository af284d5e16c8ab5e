/* SPDX-License-Identifier: ISC */
/* lockstep-debug: what `lockstep debug` becomes without --gdb. Reads commands from -e, -x and then its standard input (which the program
 * then does not have), and writes what they say to its standard output; a command that fails ends a script with status 1. */
#include "terminal/travel.h"

#include "cli/cli.h"
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

int session_set_break(struct session *s, const struct target_break *b, bool on) {
    const int r = target_set_break(s->target, b, on);
    return r == 0 ? history_note_break(s->history, b, on) : r;
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

static void say(struct session *s, const struct arguments *arguments, const char *line) {
    if (arguments->json) print_json(s, line);
    else if (s->out.size) fwrite(s->out.bytes, 1, s->out.size, stdout);
    fflush(stdout);
}

/* Does one command and says what came of it, unless it goes on in another session. */
static void execute(struct session *s, const struct arguments *arguments, const char *line) {
    struct luggage *luggage = s->history ? history_luggage(s->history) : NULL;
    if (luggage) snprintf(luggage->line, sizeof luggage->line, "%s", line);
    text_clear(&s->out);
    session_do(s, line);
    if (!s->is_leaving) say(s, arguments, line);
}

/* The command that has led here. */
static void finish_command(struct session *s, const struct arguments *arguments) {
    const struct luggage *luggage = history_luggage(s->history);
    travel_arrive(s);
    if (!s->is_leaving) say(s, arguments, luggage->line);
}

/* --- Where commands come from --- */

static bool goes_on(const struct session *s) {
    return !s->has_failed && !s->wants_quit && !s->is_leaving;
}

static bool run_file(struct session *s, const struct arguments *arguments, struct luggage *luggage, const char *name) {
    char *line = NULL;
    size_t size = 0;
    FILE *file = fopen(name, "r");
    if (!file) {
        complain("cannot read the commands in %s", name);
        return false;
    }
    if (luggage->script_at) fseek(file, luggage->script_at, SEEK_SET);
    while (goes_on(s) && getline(&line, &size, file) >= 0) {
        luggage->script_at = ftell(file);
        line[strcspn(line, "\n")] = '\0';
        if (line[strspn(line, " \t")]) execute(s, arguments, line);
    }
    fclose(file);
    free(line);
    return true;
}

/* From where the session before has come to. False: a script cannot be read, or a command in it has failed. */
static bool run_scripts(struct session *s, const struct arguments *arguments, struct luggage *luggage) {
    bool ok = true;
    luggage->is_script = true;
    while (ok && goes_on(s) && luggage->script < arguments->n_scripts) {
        const struct script *script = &arguments->script[luggage->script];
        if (script->is_file) ok = run_file(s, arguments, luggage, script->text);
        if (s->is_leaving) return true;
        luggage->script++;
        luggage->script_at = 0;
        if (!script->is_file) execute(s, arguments, script->text);
    }
    if (s->is_leaving) return true;
    luggage->is_script = false;
    return ok && !s->has_failed;
}

static void run_lines(struct session *s, const struct arguments *arguments, struct luggage *luggage) {
    struct editor *editor = editor_new(arguments->input);
    for (size_t i = luggage->n_lines < TRAVEL_LINES ? 0 : luggage->n_lines - TRAVEL_LINES; i < luggage->n_lines; i++) {
        editor_remember(editor, luggage->lines[i % TRAVEL_LINES]);
    }
    for (const char *line; editor && !s->wants_quit && !s->is_leaving && (line = editor_line(editor));) {
        char *kept = luggage->lines[luggage->n_lines % TRAVEL_LINES];
        snprintf(kept, sizeof luggage->lines[0], "%s", line);
        kept[strcspn(kept, "\n")] = '\0';
        luggage->n_lines += *kept != '\0';
        execute(s, arguments, line);
    }
    editor_free(editor);
}

/* --- The session --- */

static void free_session(struct session *s) {
    while (s->breaks) {
        struct terminal_break *b = s->breaks;
        s->breaks = b->next;
        free(b->condition);
        free(b);
    }
    symbols_free(s->symbols);
    text_fini(&s->out);
    free(s);
}

static int run_commands(struct session *s, const struct arguments *arguments, struct luggage *luggage) {
    if (s->history && history_arrival(s->history)) finish_command(s, arguments);
    if (s->is_leaving) return 0;
    const bool has_failed = luggage->is_script && s->has_failed;
    s->has_failed = false;
    if (has_failed || !run_scripts(s, arguments, luggage)) return FAILED;
    s->has_failed = false;
    if (!arguments->batch && !s->wants_quit && !s->is_leaving) run_lines(s, arguments, luggage);
    return 0;
}

/* Returns the exit status. history: NULL, the machine is live. */
static int run_session(struct target *target, struct history *history, const struct arguments *arguments) {
    const char *root = arguments->options->machine.rootfs;
    struct session *s = calloc(1, sizeof *s);
    struct luggage *own = history ? NULL : calloc(1, sizeof *own);
    if (!s || !(history || own)) return STATUS_BAD_USE;
    *s = (struct session){.target = target, .history = history, .root = root ? root : ""};
    go_wait(s);
    const int status = run_commands(s, arguments, history ? history_luggage(history) : own);
    if (!history) target_kill_seen(target);
    free_session(s);
    free(own);
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
        status = run_session(target, NULL, arguments);
        lockstep_machine_wait(target_machine(target), &ended);
    }
    target_free(target);
    return status;
}

/* --- A trace --- */

struct recording {
    const struct arguments *arguments;
    const char *path;
    struct lockstep_trace *trace; /* of the machine that was made last */
};

static struct target *make_replay(void *arg, uint64_t *shown) {
    struct recording *recording = arg;
    struct target_options options = {.machine = recording->arguments->options->machine};
    struct target *target;
    struct lockstep_error error;
    if (lockstep_trace_open(recording->path, &recording->trace, &error)) {
        report_error(&error);
        return NULL;
    }
    lockstep_trace_apply(recording->trace, &options.machine);
    options.machine.shown = shown;
    if (target_new(&options, &target, &error) == 0) return target;
    report_error(&error);
    return NULL;
}

static int start_replay(struct target *target, void *arg) {
    const struct recording *recording = arg;
    char *const *argv = lockstep_trace_argv(recording->trace), *const *envp = lockstep_trace_envp(recording->trace);
    char path[PATH_SIZE];
    struct lockstep_error error;
    if (lockstep_machine_find(target_machine(target), argv[0], environment_get(envp, "PATH"), path, sizeof path, &error) == 0 &&
        target_start(target, path, argv, envp, &error) == 0) {
        return 0;
    }
    report_error(&error);
    return -1;
}

static void serve(struct target *target, struct history *history, void *arg) {
    const struct recording *recording = arg;
    history_set_status(history, run_session(target, history, recording->arguments));
}

static int debug_trace(const struct arguments *arguments, const char *path) {
    struct recording recording = {.arguments = arguments, .path = path};
    const struct history_session session = {.make = make_replay, .start = start_replay, .serve = serve, .arg = &recording,
                                            .luggage = sizeof(struct luggage), .memory = (uint64_t)arguments->options->checkpoint_mib << 20};
    struct lockstep_error error;
    if (lockstep_trace_open(path, &recording.trace, &error)) return report_error(&error);
    lockstep_trace_close(recording.trace); /* each machine opens it anew */
    setvbuf(arguments->input, NULL, _IONBF, 0); /* what one session does not read is there for the next */
    const int status = history_run(&session);
    if (status < 0) complain("cannot replay: error %d", -status);
    return status < 0 ? STATUS_BAD_USE : status;
}

/* A trace is replayed, a program run. */
static int debug(const struct arguments *arguments, char **argv) {
    if (!argv[1] && lockstep_trace_is(argv[0])) return debug_trace(arguments, argv[0]);
    return debug_program(arguments, argv, arguments->options->environment->entries);
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
    struct run_options options = {.machine = lockstep_options_default(), .environment = &environment, .checkpoint_mib = CHECKPOINT_MIB};
    options.machine.forward_signals = true;
    options.machine.report_faults = true;
    if (!environment_init(&environment, envp)) return STATUS_BAD_USE;
    const int status = parse_and_debug(&options, argc, argv);
    environment_fini(&environment);
    return status;
}
