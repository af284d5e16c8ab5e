/* SPDX-License-Identifier: ISC */
/* madvise. Advice that only tunes paging goes to the back end, which may ignore it. */
#include "mmu/space_internal.h"

#include "base/error.h"

enum advice {
    ADVICE_NORMAL = 0, ADVICE_RANDOM = 1, ADVICE_SEQUENTIAL = 2, ADVICE_WILLNEED = 3, ADVICE_DONTNEED = 4,
    ADVICE_FREE = 8, ADVICE_REMOVE = 9, ADVICE_DONTFORK = 10, ADVICE_DOFORK = 11, ADVICE_MERGEABLE = 12,
    ADVICE_UNMERGEABLE = 13, ADVICE_HUGEPAGE = 14, ADVICE_NOHUGEPAGE = 15, ADVICE_DONTDUMP = 16, ADVICE_DODUMP = 17,
    ADVICE_WIPEONFORK = 18, ADVICE_KEEPONFORK = 19, ADVICE_COLD = 20, ADVICE_PAGEOUT = 21,
    ADVICE_POPULATE_READ = 22, ADVICE_POPULATE_WRITE = 23, ADVICE_DONTNEED_LOCKED = 24,
};

typedef int change_fn(struct address_space *space, struct region *r, void *arg);

struct change {
    int advice;
    uint32_t clear, set; /* flags of the region */
};

static int tune(struct address_space *space, struct region *r, void *arg) {
    space->back->advise(space, r, ((const struct change *)arg)->advice);
    return 0;
}

static int drop_pages(struct address_space *space, struct region *r, void *arg) {
    if (r->flags & REGION_LOCKED) return -EINVAL;
    space->back->discard(space, r, r->start, r->end, false);
    return 0;
}

static int drop_locked_pages(struct address_space *space, struct region *r, void *arg) {
    space->back->discard(space, r, r->start, r->end, false);
    return 0;
}

/* MADV_FREE: only private anonymous memory. */
static int free_pages(struct address_space *space, struct region *r, void *arg) {
    if (r->object || (r->flags & REGION_LOCKED)) return -EINVAL;
    space->back->discard(space, r, r->start, r->end, true);
    return 0;
}

static int change_flags(struct address_space *space, struct region *r, void *arg) {
    const struct change *change = arg;
    if ((change->set & REGION_WIPE_ON_FORK) && r->object) return -EINVAL;
    r->flags = (r->flags & ~change->clear) | change->set;
    return 0;
}

static struct change change_of_advice(int advice) {
    switch (advice) {
    case ADVICE_DONTFORK: return (struct change){advice, 0, REGION_DONT_FORK};
    case ADVICE_DOFORK: return (struct change){advice, REGION_DONT_FORK, 0};
    case ADVICE_DONTDUMP: return (struct change){advice, 0, REGION_DONT_DUMP};
    case ADVICE_DODUMP: return (struct change){advice, REGION_DONT_DUMP, 0};
    case ADVICE_WIPEONFORK: return (struct change){advice, 0, REGION_WIPE_ON_FORK};
    case ADVICE_KEEPONFORK: return (struct change){advice, REGION_WIPE_ON_FORK, 0};
    default: return (struct change){advice, 0, 0};
    }
}

static change_fn *fn_of_advice(int advice) {
    switch (advice) {
    case ADVICE_NORMAL: case ADVICE_RANDOM: case ADVICE_SEQUENTIAL: case ADVICE_WILLNEED: case ADVICE_MERGEABLE:
    case ADVICE_UNMERGEABLE: case ADVICE_HUGEPAGE: case ADVICE_NOHUGEPAGE: case ADVICE_COLD: case ADVICE_PAGEOUT:
        return tune;
    case ADVICE_DONTNEED: return drop_pages;
    case ADVICE_DONTNEED_LOCKED: return drop_locked_pages;
    case ADVICE_FREE: return free_pages;
    case ADVICE_DONTFORK: case ADVICE_DOFORK: case ADVICE_DONTDUMP: case ADVICE_DODUMP: case ADVICE_WIPEONFORK:
    case ADVICE_KEEPONFORK:
        return change_flags;
    default: return NULL;
    }
}

/* MADV_POPULATE_*: unlike MAP_POPULATE it says what went wrong. */
static int populate(struct address_space *space, uint64_t start, uint64_t end, enum mem_access access) {
    switch (space_populate_pages_locked(space, start, end, access)) {
    case MEM_OK: return 0;
    case MEM_FAULT_RIGHTS: return -EINVAL;
    case MEM_FAULT_BUS: return -EFAULT;
    default: return -ENOMEM;
    }
}

static int advise_locked(struct address_space *space, uint64_t start, uint64_t end, int advice) {
    if (advice == ADVICE_POPULATE_READ) return populate(space, start, end, MEM_READ);
    if (advice == ADVICE_POPULATE_WRITE) return populate(space, start, end, MEM_WRITE);
    struct change change = change_of_advice(advice);
    const int err = space_change_locked(space, start, end, true, fn_of_advice(advice), &change);
    limbo_commit(space);
    return err;
}

static bool is_known(int advice) {
    return advice == ADVICE_POPULATE_READ || advice == ADVICE_POPULATE_WRITE || advice == ADVICE_REMOVE ||
           fn_of_advice(advice);
}

int space_advise(struct address_space *space, uint64_t gva, uint64_t size, int advice) {
    if (!is_known(advice)) return -EINVAL;
    if (!is_aligned(gva, GUEST_PAGE_SIZE) || size > UINT64_MAX - GUEST_PAGE_SIZE) return -EINVAL;
    size = align_up(size, GUEST_PAGE_SIZE);
    if (gva + size < gva) return -EINVAL;
    if (!size) return 0;
    if (!space_range_ok(space, gva, size)) return -ENOMEM;
    if (advice == ADVICE_REMOVE) return space_remove_pages(space, gva, gva + size);
    host_mutex_lock(&space->lock);
    const int err = advise_locked(space, gva, gva + size, advice);
    host_mutex_unlock(&space->lock);
    return err;
}
