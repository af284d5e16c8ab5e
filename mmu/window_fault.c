/* SPDX-License-Identifier: ISC */
/* Faults of a window: what the region says about an access, and what has to happen before the host lets it through. */
#include "mmu/window.h"

#include "mmu/code_page.h"

/* Lets a write to the page pass: tells those who took code from it, and lifts the guard. */
static void prepare_write(struct address_space *space, const struct region *r, uint64_t gva, bool forced) {
    if (r->object && (r->flags & REGION_SHARED)) backing_bump(r->object->backing, region_offset(r, gva));
    const struct code_entry *entry = code_entry_find(space, gva);
    if (!entry) return;
    if (forced || entry->is_guarded || !atomic_load(&entry->page.unstable)) code_page_bump_locked(space, gva);
    window_unguard_locked(space, gva, gva + GUEST_PAGE_SIZE);
}

static uint64_t rights_of(struct address_space *space, const struct region *r, uint64_t gva) {
    const struct code_entry *entry = code_entry_find(space, gva);
    const bool may_write = (r->prot & SPACE_WRITE) && !(entry && entry->is_guarded);
    return (r->prot ? PTE_READ : 0) | (may_write ? PTE_WRITE : 0) | (r->prot & SPACE_EXEC ? PTE_EXEC : 0) |
           (r->flags & REGION_SHARED ? PTE_SHARED : 0);
}

/* Asking the host costs a system call, so an engine's TLB remembers the answer; a file cut since makes the host fault, the engine leave,
 * and us ask again. */
static bool is_inside_file(struct address_space *space, struct backing *backing, uint64_t offset) {
    if (backing->is_memory || !space->faulter) return backing_is_inside(backing, offset);
    struct tlb_file *known = &space->faulter->file[((uintptr_t)backing >> 8) % TLB_FILES];
    if (known->backing == backing && offset < known->end) return true;
    known->backing = backing;
    known->end = backing_end(backing);
    return offset < known->end;
}

enum mem_fault_kind window_fault(struct address_space *space, struct region *r, uint64_t gva, int access, uint64_t *pte) {
    if (r->object && !is_inside_file(space, r->object->backing, region_offset(r, gva))) return MEM_FAULT_BUS;
    if (access & MEM_WRITE) prepare_write(space, r, gva, access & ACCESS_FORCE);
    *pte = (uintptr_t)window_host(space, gva) | rights_of(space, r, gva);
    return MEM_OK;
}
