/* SPDX-License-Identifier: ISC */
/* The strategy of a deterministic machine: one by name, or a schedule from a file. The file is text, so that it can be read, cut and
 * mailed: a line that says what it is, then one line per switch: instructions retired, thread, reason. It is not believed: a schedule
 * that does not fit is noticed, and the first difference is said once. */
#include "machine/machine.h"

#include "base/error.h"
#include "host/file.h"
#include "syscall/linux/abi/fcntl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEDULE_TITLE "lockstep schedule 1\n"
#define SCHEDULE_SIZE_MAX (64 << 20)

static int no_such(const char *name, struct lockstep_error *error) {
    return machine_fail(error, LOCKSTEP_UNAVAILABLE, -EINVAL, "there is no strategy '%s'; there are %s", name, strategy_names());
}

/* Owned text, or NULL with *reason. */
static char *read_text(const char *path, const char **reason) {
    const int fd = host_file_open_at(HOST_CWD, path, O_RDONLY, 0);
    struct host_stat stat;
    *reason = error_text(fd);
    if (fd < 0) return NULL;
    int64_t r = host_file_stat(fd, &stat);
    if (r == 0 && stat.size > SCHEDULE_SIZE_MAX) r = -EFBIG;
    char *text = r == 0 ? malloc((size_t)stat.size + 1) : NULL;
    if (r == 0) r = text ? host_file_read_at(fd, text, (size_t)stat.size, 0) : -ENOMEM;
    host_file_close(fd);
    if (r >= 0) {
        text[r] = '\0';
        return text;
    }
    free(text);
    *reason = error_text((int)r);
    return NULL;
}

/* Digits, then `end`; *at moves behind that. Not sscanf, which looks at all of the text that follows, for each line. */
static bool parse_number(const char **at, char end, uint64_t max, uint64_t *out) {
    char *behind;
    if (**at < '0' || **at > '9') return false;
    *out = strtoull(*at, &behind, 10);
    *at = behind + 1;
    return *behind == end && *out <= max;
}

/* Returns how many switches there are, or the negative number of the first line that is none. */
static int64_t parse(const char *text, struct strategy_switch *out) {
    int64_t n = 0;
    for (const char *at = text; *at; n++) {
        uint64_t retired, thread, reason;
        if (!parse_number(&at, ' ', UINT64_MAX, &retired) || !parse_number(&at, ' ', UINT32_MAX, &thread) ||
            !parse_number(&at, '\n', STRATEGY_EXIT, &reason)) {
            return -(n + 2);
        }
        out[n] = (struct strategy_switch){retired, (uint32_t)thread, (uint32_t)reason};
    }
    return n;
}

static size_t count_lines(const char *text) {
    size_t n = 1;
    for (; (text = strchr(text, '\n')); text++) n++;
    return n;
}

static int read_schedule(struct lockstep_machine *machine, const char *path, struct lockstep_error *error) {
    const char *reason;
    char *text = read_text(path, &reason);
    if (!text) return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "cannot read the schedule %.100s: %s", path, reason);
    int64_t n = -1;
    if (strncmp(text, SCHEDULE_TITLE, strlen(SCHEDULE_TITLE)) == 0) {
        machine->switches = calloc(count_lines(text), sizeof *machine->switches);
        n = machine->switches ? parse(text + strlen(SCHEDULE_TITLE), machine->switches) : -ENOMEM;
    }
    free(text);
    if (n < 0) return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "%.100s is not a schedule: line %d", path, (int)-n);
    strategy_schedule_init(&machine->schedule, machine->switches, (uint64_t)n);
    return 0;
}

int machine_make_strategy(struct lockstep_machine *machine, const struct lockstep_options *options, struct strategy **out,
                          struct lockstep_error *error) {
    const struct strategy_options wanted = {.name = options->strategy ? options->strategy : "random", .seed = options->seed,
                                            .depth = options->depth};
    if (options->schedule) {
        *out = &machine->schedule.strategy;
        return read_schedule(machine, options->schedule, error);
    }
    if (!strategy_exists(wanted.name)) return no_such(wanted.name, error);
    *out = machine->strategy = strategy_new(&wanted);
    return *out ? 0 : machine_fail(error, LOCKSTEP_NO_RESOURCE, -ENOMEM, "no memory for the machine");
}
