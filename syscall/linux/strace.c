/* SPDX-License-Identifier: ISC */
/* Lines like "[301] openat(AT_FDCWD, "x", O_RDONLY) = 3". A call that sleeps while the machine has other threads is shown in two
 * halves, "<unfinished ...>" and "<... resumed>"; one that replaces the program is kept as text until its result is known. */
#include "syscall/linux/strace.h"
#include "syscall/linux/dispatch.h"
#include "syscall/linux/strace_line.h"
#include "syscall/linux/strace_options.h"

#include "base/bits.h"
#include "base/error.h"
#include "host/clock.h"
#include "syscall/linux/abi/fcntl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NR_EXECVE = 59, NR_EXIT = 60, NR_EXIT_GROUP = 231, NR_EXECVEAT = 322 };

static const struct kind_row {
    enum { KIND_IN_CALL, KIND_BY_CALL } direction;
    void (*print)(struct line *line, uint64_t value);
    enum name_set set;
} kinds[] = {
#define IN KIND_IN_CALL
#define OUT KIND_BY_CALL
#define KIND(name, direction, print, set) {direction, print, NAMES_##set},
#include "syscall/linux/args.def"
#undef KIND
#undef OUT
#undef IN
};

static struct strace *strace_of(const struct task *task) {
    return task->kernel->options.strace;
}

/* With the instructions that the thread has retired, the call's own included, when they are counted. */
static void put_thread(struct line *line) {
    const struct cpu *cpu = line->task->cpu;
    line_put(line, "[%d] ", task_tid(line->task));
    if (cpu->env->counting) line_put(line, "%" PRIu64 " ", cpu->retired);
}

static void print(struct strace *strace, struct line *line) {
    char times[64] = "";
    size_t n = 0;
    line_put(line, "\n");
    line->text[line->n - 1] = '\n';
    host_mutex_lock(&strace->lock);
    const int64_t now = scheduler_realtime_ns(line->task->kernel->scheduler);
    if (strace->clock) n += (size_t)snprintf(times, sizeof times, "%" PRId64 ".%06" PRId64 " ", now / 1000000000, now / 1000 % 1000000);
    if (strace->relative) {
        const int64_t passed = strace->last_ns ? now - strace->last_ns : 0;
        snprintf(times + n, sizeof times - n, "%6" PRId64 ".%06" PRId64 " ", passed / 1000000000, passed / 1000 % 1000000);
    }
    strace->last_ns = now;
    fprintf(strace->out, "%s%s", times, line->text);
    host_mutex_unlock(&strace->lock);
}

/* A mode that means nothing. */
static bool is_unused(const struct line *line, const struct syscall_row *row, int index) {
    return row->args[index] == KIND_OPEN_MODE && !(line->args[index - 1] & (O_CREAT | O_TMPFILE_BIT));
}

static void put_argument(struct line *line, const struct syscall_row *row, int index) {
    const struct kind_row *kind = &kinds[row->args[index]];
    const uint64_t value = line->args[index];
    if (is_unused(line, row, index)) return;
    line->index = index;
    line->set = kind->set;
    if (index) line_put(line, ", ");
    if (kind->direction == KIND_BY_CALL && (!line->done || line->result < 0)) strace_pointer(line, value);
    else kind->print(line, value);
}

/* How many arguments can be shown before the call has run. */
static int n_known(const struct syscall_row *row) {
    int n = 0;
    while (n < row->n_args && kinds[row->args[n]].direction == KIND_IN_CALL) n++;
    return n;
}

static void put_name(struct line *line, const struct syscall_row *row) {
    if (row) line_put(line, "%s(", row->name);
    else line_put(line, "syscall_%" PRIu64 "(", line->task->syscall.number);
}

static void put_arguments(struct line *line, const struct syscall_row *row, int from, int to) {
    for (int i = from; row && i < to; i++) put_argument(line, row, i);
}

static bool asks_for_restart(int64_t result) {
    return result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK;
}

static void put_result(struct line *line, const struct syscall_row *row) {
    const int64_t r = line->result;
    line_put(line, ") = ");
    if (asks_for_restart(r)) {
        line_put(line, "? %s (to be restarted)", error_name((int)r));
    } else if (r < 0 && r >= -MAX_ERRNO) {
        line_put(line, "-1 %s (%s)", error_name((int)r), error_text((int)r));
    } else {
        const struct kind_row *kind = &kinds[row ? row->result : KIND_INT64];
        line->set = kind->set;
        kind->print(line, (uint64_t)r);
    }
}

static bool replaces_program(uint64_t number) {
    return number == NR_EXECVE || number == NR_EXECVEAT;
}

static bool never_returns(uint64_t number) {
    return number == NR_EXIT || number == NR_EXIT_GROUP;
}

/* The thread is about to sleep in its call: the first half, if others would print meanwhile. Lines that are to be compared (with
 * counts) stay whole: who sleeps is a matter of chance. */
static void about_to_sleep(struct sched_thread *self) {
    struct task *task = CONTAINER_OF(self, struct task, sched);
    const struct syscall_row *row = syscall_row(task->syscall.number);
    if (task->strace_text || task->cpu->env->counting || atomic_load_explicit(&task->kernel->live, memory_order_relaxed) < 2) return;
    struct line line = {.task = task, .args = task->syscall.args};
    put_thread(&line);
    put_name(&line, row);
    const int known = row ? n_known(row) : 0;
    put_arguments(&line, row, 0, known);
    line_put(&line, row && known && known < row->n_args ? ",  <unfinished ...>" : " <unfinished ...>");
    task->strace_halved = true;
    print(strace_of(task), &line);
}

static void start_line(struct task *task, const struct syscall_row *row) {
    struct line line = {.task = task, .args = task->syscall.args};
    put_thread(&line);
    put_name(&line, row);
    put_arguments(&line, row, 0, row->n_args);
    if (replaces_program(task->syscall.number)) {
        free(task->strace_text);
        task->strace_text = strdup(line.text);
    } else {
        line_put(&line, ") = ?");
        print(strace_of(task), &line);
    }
}

/* Since the task began on its host thread. */
static int64_t own_cpu_ns(const struct task *task) {
    return host_clock_thread_cpu_ns() - task->cpu_ns_at_start;
}

void strace_enter(struct task *task, const struct syscall_row *row, struct strace_call *call) {
    const struct strace *strace = strace_of(task);
    *call = (struct strace_call){.wanted = strace_wants(strace, task->syscall.number)};
    if (!call->wanted) return;
    if (strace->duration) call->start_ns = sched_now_ns(&task->sched);
    if (strace->count) call->cpu_ns = own_cpu_ns(task);
    if (!strace->lines) return;
    if (replaces_program(task->syscall.number) || never_returns(task->syscall.number)) start_line(task, row);
    task->strace_halved = false;
    task->sched.about_to_sleep = about_to_sleep;
}

static void add(struct strace *strace, uint64_t number, int64_t result, int64_t cpu_ns) {
    if (number >= STRACE_NUMBERS) return;
    struct strace_sum *sum = &strace->sums[number];
    atomic_fetch_add(&sum->calls, 1);
    atomic_fetch_add(&sum->cpu_ns, cpu_ns);
    if (result < 0 && result >= -MAX_ERRNO) atomic_fetch_add(&sum->errors, 1);
}

static void put_beginning(struct line *line, const struct syscall_row *row) {
    struct task *task = line->task;
    const int n = row ? row->n_args : 0;
    if (task->strace_text) {
        line_put(line, "%s", task->strace_text);
        free(task->strace_text);
        task->strace_text = NULL;
        return;
    }
    put_thread(line);
    if (task->strace_halved) {
        const int known = row ? n_known(row) : 0;
        line_put(line, "<... %s resumed>", row ? row->name : "syscall");
        for (int i = known; i < n; i++) {
            const size_t before = line->n;
            put_argument(line, row, i);
            /* The comma stands in the first half. */
            if (i == known && known) {
                memmove(line->text + before, line->text + before + 2, line->n - before - 1);
                line->n -= 2;
            }
        }
    } else {
        put_name(line, row);
        put_arguments(line, row, 0, n);
    }
}

void strace_exit(struct task *task, const struct syscall_row *row, const struct strace_call *call, int64_t result) {
    struct strace *strace = strace_of(task);
    task->sched.about_to_sleep = NULL;
    if (!call->wanted) return;
    if (strace->count) add(strace, task->syscall.number, result, own_cpu_ns(task) - call->cpu_ns);
    if (!strace->lines || never_returns(task->syscall.number)) return;
    struct line line = {.task = task, .args = task->syscall.args, .result = result, .done = true};
    put_beginning(&line, row);
    put_result(&line, row);
    if (strace->duration) {
        const int64_t spent = sched_now_ns(&task->sched) - call->start_ns;
        line_put(&line, " <%" PRId64 ".%06" PRId64 ">", spent / 1000000000, spent / 1000 % 1000000);
    }
    print(strace, &line);
}

void strace_signal(struct task *task, const struct guest_siginfo *info) {
    struct line line = {.task = task, .args = task->syscall.args};
    if (!strace_of(task)->lines) return;
    put_thread(&line);
    line_put(&line, "--- ");
    line_signal(&line, info->signo);
    line_put(&line, " {si_signo=");
    line_signal(&line, info->signo);
    line_put(&line, ", si_code=%d", info->code);
    if (info->code == SI_USER || info->code == SI_TKILL || info->code == SI_QUEUE) line_put(&line, ", si_pid=%d", info->rt.pid);
    if (info->signo == SIGSEGV || info->signo == SIGBUS) line_put(&line, ", si_addr=%#" PRIx64, info->fault.address);
    line_put(&line, "} ---");
    print(strace_of(task), &line);
}

void strace_end(struct task *task) {
    struct line line = {.task = task, .args = task->syscall.args};
    free(task->strace_text);
    task->strace_text = NULL;
    if (!strace_of(task)->lines) return;
    put_thread(&line);
    if (task->exit_code & 0x7f) {
        line_put(&line, "+++ killed by ");
        line_signal(&line, task->exit_code & 0x7f);
        line_put(&line, " +++");
    } else {
        line_put(&line, "+++ exited with %d +++", task->exit_code >> 8 & 0xff);
    }
    print(strace_of(task), &line);
}
