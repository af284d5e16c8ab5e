/* SPDX-License-Identifier: ISC */
/* Looking at a space: /proc/self/maps, usage, residency, futex keys. */
#include "mmu/space_internal.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static const char *name_of(const struct address_space *space, const struct region *r) {
    if (r->object) return r->object->name;
    if (r->name) return r->name;
    const uint64_t heap_end = align_up(space->brk, GUEST_PAGE_SIZE);
    return r->start < heap_end && r->end > space->brk_start ? "[heap]" : "";
}

static void describe(const struct address_space *space, const struct region *r, struct region_info *info) {
    *info = (struct region_info){
        .start = r->start, .end = r->end, .offset = r->offset, .prot = r->prot,
        .shared = (r->flags & REGION_SHARED) != 0, .grows_down = (r->flags & REGION_GROWS_DOWN) != 0,
        .dont_dump = (r->flags & REGION_DONT_DUMP) != 0, .locked = (r->flags & REGION_LOCKED) != 0,
        .name = name_of(space, r),
    };
    if (!r->object) return;
    info->dev = r->object->backing->id.dev;
    info->ino = r->object->backing->id.ino;
}

bool space_shares(struct address_space *space, uint64_t gva) {
    host_mutex_lock(&space->lock);
    const struct region *r = region_set_find(&space->regions, gva);
    const bool shares = r && r->start <= gva && (r->flags & REGION_SHARED);
    host_mutex_unlock(&space->lock);
    return shares;
}

int space_walk(struct address_space *space, int (*cb)(const struct region_info *info, void *arg), void *arg) {
    int result = 0;
    host_mutex_lock(&space->lock);
    LIST_FOR_EACH(node, &space->regions.list) {
        struct region_info info;
        describe(space, CONTAINER_OF(node, struct region, node), &info);
        result = cb(&info, arg);
        if (result) break;
    }
    host_mutex_unlock(&space->lock);
    return result;
}

static int name_region(struct address_space *space, struct region *r, void *arg) {
    const char *name = arg;
    char *copy = NULL;
    if (r->object) return -EBADF;
    if (name && *name && !(copy = strdup(name))) return -ENOMEM;
    free(r->name);
    r->name = copy;
    return 0;
}

int space_set_name(struct address_space *space, uint64_t gva, uint64_t size, const char *name) {
    if (!is_aligned(gva, GUEST_PAGE_SIZE)) return -EINVAL;
    size = align_up(size, GUEST_PAGE_SIZE);
    if (!space_range_ok(space, gva, size)) return -ENOMEM;
    host_mutex_lock(&space->lock);
    const int err = space_change_locked(space, gva, gva + size, true, name_region, (void *)(uintptr_t)name);
    host_mutex_unlock(&space->lock);
    return err;
}

static void add_usage(const struct region *r, struct space_usage *out) {
    if (r->prot & SPACE_EXEC) out->text += region_size(r);
    if (r->flags & REGION_GROWS_DOWN) out->stack += region_size(r);
}

void space_get_usage(struct address_space *space, struct space_usage *out) {
    memset(out, 0, sizeof *out);
    host_mutex_lock(&space->lock);
    out->mapped = space->mapped;
    out->data = space->data;
    out->locked = space->locked;
    LIST_FOR_EACH(node, &space->regions.list) {
        add_usage(CONTAINER_OF(node, struct region, node), out);
    }
    space->back->add_resident(space, out);
    host_mutex_unlock(&space->lock);
}

size_t space_private_pages(struct address_space *space, uint64_t *at, uint64_t end, struct space_range *out, size_t n) {
    if (end > space->end) end = space->end;
    if (*at >= end || n == 0) return 0;
    host_mutex_lock(&space->lock);
    const size_t found = space->back->private_pages(space, at, end, out, n);
    host_mutex_unlock(&space->lock);
    return found;
}

static int resident_locked(struct address_space *space, uint64_t start, uint64_t end, uint8_t *resident) {
    for (uint64_t at = start; at < end;) {
        const struct region *r = region_set_find(&space->regions, at);
        if (!r || r->start > at) return -ENOMEM;
        const uint64_t to = r->end < end ? r->end : end;
        space->back->resident(space, r, at, to, resident);
        resident += (to - at) / GUEST_PAGE_SIZE;
        at = to;
    }
    return 0;
}

int space_resident(struct address_space *space, uint64_t gva, uint64_t size, uint8_t *resident) {
    if (!is_aligned(gva, GUEST_PAGE_SIZE)) return -EINVAL;
    if (!size) return 0;
    if (size > SPACE_END || !space_range_ok(space, gva, align_up(size, GUEST_PAGE_SIZE))) return -ENOMEM;
    host_mutex_lock(&space->lock);
    const int err = resident_locked(space, gva, gva + align_up(size, GUEST_PAGE_SIZE), resident);
    host_mutex_unlock(&space->lock);
    return err;
}

static int shared_key(const struct address_space *space, uint64_t gva, struct space_key *out) {
    const struct region *r = region_set_find(&space->regions, gva);
    if (!r || r->start > gva) return -EFAULT;
    if (!r->prot) return -EFAULT;
    if (!(r->flags & REGION_SHARED)) return 0;
    out->object = r->object->backing;
    out->offset = region_offset(r, gva);
    return 0;
}

int space_key(struct address_space *space, uint64_t gva, bool shared, struct space_key *out) {
    *out = (struct space_key){.object = space, .offset = gva};
    if (gva >= space->end) return -EFAULT;
    if (!shared) return 0;
    out->object = (const char *)space + 1; /* private memory is still not where those wait who do not share */
    host_mutex_lock(&space->lock);
    const int err = shared_key(space, gva, out);
    host_mutex_unlock(&space->lock);
    return err;
}
