/* SPDX-License-Identifier: ISC */
/* poll(2), ppoll(2), select(2), pselect6(2). All make one list of descriptors and wanted events, register with each
 * file once, and sleep until one of them is ready. */
#include "syscall/linux/abi/poll.h"
#include "syscall/linux/abi/time.h"
#include "syscall/linux/call.h"

#include <stdlib.h>
#include <string.h>

struct wanted {
    struct file *file; /* counted; NULL: not open, or skipped */
    unsigned events;   /* with POLLERR and POLLHUP where the call always reports them */
    unsigned ready;
};

/* Asks every file. Returns how many are ready; registers with table until one is. */
static int ask_all(struct wanted *wanted, int n, struct poll_table *table) {
    int n_ready = 0;
    for (int i = 0; i < n; i++) {
        struct wanted *w = &wanted[i];
        if (w->file) {
            if (table) table->events = w->events & 0xffff;
            w->ready = file_poll(w->file, n_ready ? NULL : table) & w->events;
        }
        if (w->ready) n_ready++;
    }
    return n_ready;
}

/* Returns the number of ready entries, 0 at the deadline, -EINTR or -E. */
static int wait_for_any(struct task *task, struct wanted *wanted, int n, int64_t deadline_ns) {
    struct poll_table table;
    poll_table_init(&table, &task->sched);
    int n_ready = ask_all(wanted, n, &table);
    while (n_ready == 0) {
        const int r = poll_table_wait(&table, deadline_ns);
        if (r && r != -ETIMEDOUT) {
            n_ready = r;
            break;
        }
        n_ready = ask_all(wanted, n, NULL);
        if (r == -ETIMEDOUT) break;
    }
    poll_table_fini(&table);
    return n_ready;
}

static void put_all(struct wanted *wanted, int n) {
    for (int i = 0; i < n; i++) file_put(wanted[i].file);
    free(wanted);
}

static void open_wanted(struct task *task, struct wanted *wanted, const struct linux_pollfd *fds, int n) {
    for (int i = 0; i < n; i++) {
        if (fds[i].fd < 0) continue;
        wanted[i].file = call_file(task, (uint64_t)fds[i].fd);
        wanted[i].events = (uint16_t)fds[i].events | POLLERR | POLLHUP | POLLNVAL;
        if (!wanted[i].file) wanted[i].ready = POLLNVAL;
    }
}

/* Writes revents back, nothing else. */
static int64_t put_events(struct task *task, uint64_t gva, const struct wanted *wanted, int n) {
    for (int i = 0; i < n; i++) {
        const int16_t revents = (int16_t)wanted[i].ready;
        const uint64_t at = gva + (uint64_t)i * sizeof(struct linux_pollfd) + 6;
        if (copy_to_guest(task, at, &revents, sizeof revents)) return -EFAULT;
    }
    return 0;
}

static int64_t poll_until(struct task *task, uint64_t gva, uint64_t count, int64_t deadline_ns) {
    if ((unsigned)count > process_limit(task->process, RLIMIT_NOFILE)) return -EINVAL;
    const int n = (int)count;
    struct linux_pollfd *fds = calloc(n ? (size_t)n : 1, sizeof *fds);
    struct wanted *wanted = calloc(n ? (size_t)n : 1, sizeof *wanted);
    int64_t r = fds && wanted ? 0 : -ENOMEM;
    if (r == 0 && n) r = copy_from_guest(task, fds, gva, (size_t)n * sizeof *fds);
    if (r == 0) {
        open_wanted(task, wanted, fds, n);
        r = wait_for_any(task, wanted, n, deadline_ns);
        if (r >= 0 && put_events(task, gva, wanted, n)) r = -EFAULT;
    }
    put_all(wanted, wanted ? n : 0);
    free(fds);
    return r;
}

/* poll(2) interrupted goes on with the same deadline. */
static int64_t restart_poll(struct task *task) {
    const struct task_restart *restart = &task->restart;
    const int64_t r = poll_until(task, restart->args[0], restart->args[1], restart->deadline_ns);
    return r == -EINTR ? -ERESTART_RESTARTBLOCK : r;
}

int64_t sys_poll(struct task *task, const uint64_t arg[6]) {
    const int32_t ms = (int32_t)arg[2];
    const int64_t deadline = ms < 0 ? SCHED_NEVER : call_deadline_after(task, (int64_t)ms * 1000000);
    const int64_t r = poll_until(task, arg[0], arg[1], deadline);
    if (r != -EINTR) return r;
    task->restart.fn = restart_poll;
    task->restart.args[0] = arg[0];
    task->restart.args[1] = arg[1];
    task->restart.deadline_ns = deadline;
    return -ERESTART_RESTARTBLOCK;
}

/* Writes the time left to a timespec, as the Linux calls do; a bad address is no error any more. */
static void put_time_left(struct task *task, uint64_t gva, int64_t deadline_ns, bool micro) {
    if (!gva || deadline_ns == SCHED_NEVER) return;
    int64_t left = deadline_ns - scheduler_monotonic_ns(task->kernel->scheduler);
    if (left < 0) left = 0;
    const struct guest_timespec t = {left / 1000000000, left % 1000000000 / (micro ? 1000 : 1)};
    (void)copy_to_guest(task, gva, &t, sizeof t);
}

/* The end of a call that ran under a temporary mask: the mask stays until a handler has run. */
static int64_t end_masked(struct task *task, int64_t r) {
    if (r == -EINTR) return -ERESTARTNOHAND;
    task_restore_mask(task);
    return r;
}

int64_t sys_ppoll(struct task *task, const uint64_t arg[6]) {
    int64_t deadline;
    int64_t r = call_deadline(task, arg[2], &deadline);
    if (r == 0) r = task_set_temporary_mask_from_guest(task, arg[3], arg[4]);
    if (r) return r;
    r = poll_until(task, arg[0], arg[1], deadline);
    put_time_left(task, arg[2], deadline, false);
    return arg[3] ? end_masked(task, r) : r == -EINTR ? -ERESTARTNOHAND : r;
}

/* Three sets of select(2): which bits are wanted, which events make a bit. */
enum { SETS = 3, SET_WORDS = LINUX_FD_SETSIZE / 64 };
static const unsigned set_events[SETS] = {
    POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR, POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR, POLLPRI,
};

struct selection {
    int n;                   /* highest descriptor + 1 */
    size_t size;             /* bytes of each set */
    uint64_t gva[SETS];
    uint64_t *sets[SETS];    /* owned */
};

static void free_selection(struct selection *s) {
    for (int k = 0; k < SETS; k++) free(s->sets[k]);
}

static int fetch_selection(struct task *task, const uint64_t arg[6], struct selection *s) {
    const uint64_t limit = process_limit(task->process, RLIMIT_NOFILE);
    *s = (struct selection){.n = (int)arg[0]};
    if (s->n < 0) return -EINVAL;
    if ((uint64_t)s->n > limit && limit < 1 << 20) s->n = (int)limit;
    s->size = ((size_t)s->n + 63) / 64 * 8;
    for (int k = 0; k < SETS; k++) {
        s->gva[k] = arg[1 + k];
        s->sets[k] = calloc(1, s->size + 8);
        if (!s->sets[k]) return -ENOMEM;
        if (s->gva[k] && s->size && copy_from_guest(task, s->sets[k], s->gva[k], s->size)) return -EFAULT;
    }
    return 0;
}

static bool has(const uint64_t *set, int fd) {
    return set[fd / 64] >> (fd % 64) & 1;
}

/* Opens every descriptor that is in a set. Returns 0 or -EBADF. */
static int open_selected(struct task *task, const struct selection *s, struct wanted *wanted) {
    for (int fd = 0; fd < s->n; fd++) {
        for (int k = 0; k < SETS; k++) {
            if (has(s->sets[k], fd)) wanted[fd].events |= set_events[k];
        }
        if (!wanted[fd].events) continue;
        wanted[fd].file = call_file(task, (uint64_t)fd);
        if (!wanted[fd].file) return -EBADF;
    }
    return 0;
}

/* Turns the sets into those that are ready. Returns how many bits are set. */
static int mark_ready(struct selection *s, const struct wanted *wanted) {
    int count = 0;
    for (int k = 0; k < SETS; k++) {
        for (int fd = 0; fd < s->n; fd++) {
            if (!has(s->sets[k], fd)) continue;
            if (wanted[fd].ready & set_events[k]) {
                count++;
            } else {
                s->sets[k][fd / 64] &= ~(1ull << (fd % 64));
            }
        }
    }
    return count;
}

static int64_t put_selection(struct task *task, const struct selection *s, int64_t r) {
    for (int k = 0; k < SETS; k++) {
        if (s->gva[k] && s->size && copy_to_guest(task, s->gva[k], s->sets[k], s->size)) return -EFAULT;
    }
    return r;
}

static int64_t select_until(struct task *task, const uint64_t arg[6], int64_t deadline_ns) {
    struct selection s;
    int64_t r = fetch_selection(task, arg, &s);
    struct wanted *wanted = r ? NULL : calloc((size_t)s.n + 1, sizeof *wanted);
    if (r == 0 && !wanted) r = -ENOMEM;
    if (r == 0) r = open_selected(task, &s, wanted);
    if (r == 0) r = wait_for_any(task, wanted, s.n, deadline_ns);
    if (r >= 0) r = put_selection(task, &s, mark_ready(&s, wanted));
    put_all(wanted, wanted ? s.n : 0);
    free_selection(&s);
    return r;
}

int64_t sys_select(struct task *task, const uint64_t arg[6]) {
    struct guest_timeval t;
    int64_t deadline = SCHED_NEVER;
    if (arg[4]) {
        if (copy_from_guest(task, &t, arg[4], sizeof t)) return -EFAULT;
        if (t.sec < 0 || t.usec < 0) return -EINVAL;
        const int64_t sec = t.sec + t.usec / 1000000;
        if (sec < INT64_MAX / 1000000000 - 1) deadline = call_deadline_after(task, sec * 1000000000 + t.usec % 1000000 * 1000);
    }
    const int64_t r = select_until(task, arg, deadline);
    put_time_left(task, arg[4], deadline, true);
    return r == -EINTR ? -ERESTARTNOHAND : r;
}

int64_t sys_pselect6(struct task *task, const uint64_t arg[6]) {
    uint64_t mask[2] = {0, 0}; /* pointer, size */
    int64_t deadline;
    int64_t r = call_deadline(task, arg[4], &deadline);
    if (r == 0 && arg[5]) r = copy_from_guest(task, mask, arg[5], sizeof mask);
    if (r == 0) r = task_set_temporary_mask_from_guest(task, mask[0], mask[1]);
    if (r) return r;
    r = select_until(task, arg, deadline);
    put_time_left(task, arg[4], deadline, false);
    return mask[0] ? end_masked(task, r) : r == -EINTR ? -ERESTARTNOHAND : r;
}
