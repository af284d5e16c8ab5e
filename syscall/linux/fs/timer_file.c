/* SPDX-License-Identifier: ISC */
/* Timers as files. Between two reads the timer fires once only; the periods that passed meanwhile are counted, and
 * the timer armed again, when somebody reads or asks. */
#include "syscall/linux/fs/timer_file.h"
#include "syscall/linux/fs/vfs_private.h"

#include "base/error.h"
#include "sched/timer.h"

#include <stdlib.h>

struct timer_file {
    struct file file;
    struct sched_timer timer;
    struct wait_queue wait;
    int clock;                    /* immutable */
    struct host_mutex lock;
    /* guarded by lock */
    struct timer_setting setting; /* deadline_ns: the expiration not counted yet */
    uint64_t expirations;         /* not read yet */
};

static struct timer_file *of(struct file *file) {
    return (struct timer_file *)file;
}

static int64_t timer_now(const struct timer_file *file) {
    return scheduler_monotonic_ns(file->file.vfs->scheduler);
}

static void fire(struct sched_timer *timer) {
    struct timer_file *file = CONTAINER_OF(timer, struct timer_file, timer);
    wait_queue_wake(&file->wait);
}

/* Counts the expirations that have passed. Returns true if there were any. */
static bool count_locked(struct timer_file *file) {
    struct timer_setting *setting = &file->setting;
    const int64_t late = timer_now(file) - setting->deadline_ns;
    if (setting->deadline_ns == SCHED_NEVER || late < 0) return false;
    if (setting->interval_ns) {
        const int64_t periods = late / setting->interval_ns + 1;
        file->expirations += (uint64_t)periods;
        if (__builtin_add_overflow(setting->deadline_ns, periods * setting->interval_ns, &setting->deadline_ns)) {
            setting->deadline_ns = SCHED_NEVER;
        }
    } else {
        file->expirations++;
        setting->deadline_ns = SCHED_NEVER;
    }
    return true;
}

/* Arms the timer for the next expiration. */
static int arm_locked(struct timer_file *file) {
    return sched_timer_set(&file->timer, file->setting.deadline_ns);
}

struct attempt {
    struct timer_file *file;
    uint64_t expirations;
};

static int64_t try_read(void *arg) {
    struct attempt *a = arg;
    struct timer_file *file = a->file;
    host_mutex_lock(&file->lock);
    const int r = count_locked(file) ? arm_locked(file) : 0;
    a->expirations = file->expirations;
    file->expirations = 0;
    host_mutex_unlock(&file->lock);
    return r && !a->expirations ? r : a->expirations ? 0 : -EAGAIN;
}

static int64_t timer_read(struct file *file, struct io *io) {
    struct attempt a = {.file = of(file)};
    if (io->left < sizeof a.expirations) return -EINVAL;
    const int64_t r = wait_until(&a.file->wait, io->self, io->nonblock, SCHED_NEVER, try_read, &a);
    if (r) return r;
    return io_push(io, &a.expirations, sizeof a.expirations) == sizeof a.expirations ? 8 : -EFAULT;
}

static unsigned timer_poll(struct file *base, struct poll_table *table) {
    struct timer_file *file = of(base);
    poll_table_add(table, &file->wait);
    host_mutex_lock(&file->lock);
    const bool passed = file->setting.deadline_ns <= timer_now(file);
    const bool ready = file->expirations || passed;
    host_mutex_unlock(&file->lock);
    return ready ? POLLIN | POLLRDNORM : 0;
}

static void timer_release(struct file *base) {
    struct timer_file *file = of(base);
    sched_timer_cancel(&file->timer);
    wait_queue_fini(&file->wait);
    host_mutex_fini(&file->lock);
    file_fini(base);
    free(file);
}

static const struct file_ops ops = {
    .kind = "anon_inode:[timerfd]", .read = timer_read, .poll = timer_poll, .release = timer_release,
};

struct file *timer_file_new(struct vfs *vfs, struct timer_service *service, int clock, int flags) {
    struct timer_file *file = calloc(1, sizeof *file);
    if (!file) return NULL;
    file_init(&file->file, vfs, &ops, O_RDWR | (flags & O_NONBLOCK));
    sched_timer_init(&file->timer, service, fire);
    wait_queue_init(&file->wait);
    host_mutex_init(&file->lock);
    file->clock = clock;
    file->setting.deadline_ns = SCHED_NEVER;
    return &file->file;
}

bool file_is_timer(const struct file *file) {
    return file->ops == &ops;
}

int timer_file_clock(const struct file *file) {
    return ((const struct timer_file *)file)->clock;
}

void timer_file_get(struct file *base, struct timer_setting *out) {
    struct timer_file *file = of(base);
    host_mutex_lock(&file->lock);
    *out = file->setting;
    const int64_t late = timer_now(file) - out->deadline_ns;
    if (out->deadline_ns != SCHED_NEVER && late >= 0) {
        out->deadline_ns = out->interval_ns ? out->deadline_ns + (late / out->interval_ns + 1) * out->interval_ns
                                            : SCHED_NEVER;
    }
    host_mutex_unlock(&file->lock);
}

int timer_file_set(struct file *base, const struct timer_setting *setting) {
    struct timer_file *file = of(base);
    host_mutex_lock(&file->lock);
    file->setting = *setting;
    file->expirations = 0;
    const int r = arm_locked(file);
    host_mutex_unlock(&file->lock);
    return r;
}
