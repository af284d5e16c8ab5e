/* SPDX-License-Identifier: ISC */
/* A guest address space: regions (what mmap made) over a back end: paged (frames behind a soft TLB) or window (a range of
 * host addresses in which guest memory lies directly). Thread-safe; takes its own lock.
 * Guest addresses are 47 bits: [SPACE_MIN, SPACE_END), in a window only up to space_end(). All sizes are rounded up to 4096 as mmap(2) says.
 * Everything returns 0 (or an address or count) or -E with the errno that the Linux call gives. */
#pragma once

#include "mmu/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_PAGE_SIZE 4096u
#define SPACE_MIN 0x10000ull
#define SPACE_END 0x7ffffffff000ull

struct address_space;
struct mem_object;
struct frame_pool;
struct tlb;

/* Physical memory of one machine, shared by its address spaces. windows: spaces are windows where the host allows it. */
enum space_memory { SPACE_PAGED, SPACE_WINDOWS };
struct frame_pool *frame_pool_new(enum space_memory memory);
void frame_pool_free(struct frame_pool *pool);
/* Before the first space: paged spaces, too, are laid out as windows are, so that addresses do not depend on the kind of memory. */
void frame_pool_lay_out_as_windows(struct frame_pool *pool);
/* Memory for some frames more, so that the next ones need no call of the host. */
void frame_pool_open_ahead(struct frame_pool *pool);
/* Why the newest space is less than was asked for, in words; NULL: it is not. */
const char *frame_pool_reason(const struct frame_pool *pool);

/* With windows: the identity window (host address = guest address) if no space of this host process has it, else a reserved
 * range, else paged. */
struct address_space *space_new(struct frame_pool *pool);
/* Host address of guest address 0; SPACE_NO_BASE for a paged space. Immutable but by space_take_identity. */
#define SPACE_NO_BASE UINT64_MAX
uint64_t space_base(const struct address_space *space);
/* Whether it is laid out as windows are: without [SPACE_HOST_START, SPACE_HOST_END), programs below that, the rest at 64 GiB. */
bool space_has_window_layout(const struct address_space *space);
/* End of the addresses that this space can map. Immutable. */
uint64_t space_end(const struct address_space *space);
/* Moves a window that no thread has ever run in to the identity range if that is free by now (exec, after the old space has
 * gone). */
void space_take_identity(struct address_space *space);
/* Host addresses in every window's identity range that no guest mapping may use: translated code and its tables lie there,
 * near the programs. */
#define SPACE_HOST_START 0x60000000ull
#define SPACE_HOST_END 0x80000000ull
/* What an engine hangs on a space (translated code), freed with it. One slot; set once. */
struct space_attachment {
    void (*free)(struct space_attachment *attachment);
};
struct space_attachment *space_attachment(const struct address_space *space);
/* Returns the one that is attached: another thread may have been first; then the caller frees its own. */
struct space_attachment *space_attach(struct address_space *space, struct space_attachment *attachment);
/* Keeps every thread of the space out of engines and translated code: returns when none is inside any more, and none gets in until
 * space_let_go. The caller is outside, and holds no lock that a thread inside may wait for. */
void space_hold(struct address_space *space);
void space_let_go(struct address_space *space);
/* Counts the times that pages' code versions stepped (mmu/tlb.h), before KICK_CODE is sent for it: an engine that shares code
 * between threads need not rely on every thread to hand the kick on. */
uint64_t space_code_changes(const struct address_space *space);
struct address_space *space_get(struct address_space *space);
void space_put(struct address_space *space);
/* Whether it has more counts than a process of one thread gives it, its own and that of the thread's TLB: others live in it, or look at it
 * just now. */
bool space_is_shared(const struct address_space *space);
/* A copy for fork: private pages copy on write, shared ones shared. Returns NULL without memory. */
struct address_space *space_fork(struct address_space *space);

/* prot and flags are Linux's PROT_* and MAP_* numbers (abi/mman.h repeats them for the guest side). */
enum space_prot { SPACE_READ = 1, SPACE_WRITE = 2, SPACE_EXEC = 4, SPACE_GROWSDOWN_PROT = 0x01000000 };
enum space_map_flags {
    SPACE_SHARED = 0x01, SPACE_PRIVATE = 0x02, SPACE_FIXED = 0x10, SPACE_ANONYMOUS = 0x20, SPACE_32BIT = 0x40,
    SPACE_GROWSDOWN = 0x0100, SPACE_LOCKED = 0x2000, SPACE_NORESERVE = 0x4000, SPACE_POPULATE = 0x8000,
    SPACE_STACK = 0x20000, SPACE_FIXED_NOREPLACE = 0x100000,
};

/* Maps. object: borrowed (the region takes its own count), NULL = anonymous. Returns the address or -E
 * (-EINVAL, -ENOMEM, -EEXIST, -EOVERFLOW, -EACCES, -EPERM below SPACE_MIN). Source: mmap(2). */
int64_t space_map(struct address_space *space, uint64_t gva, uint64_t size, int prot, int flags,
                  struct mem_object *object, uint64_t offset);
int space_unmap(struct address_space *space, uint64_t gva, uint64_t size);
/* Source: shmdt(2). Unmaps what is left of the mapping of an owned object (mmu/object.h) that was made at gva. -EINVAL: there is none. */
int space_unmap_owned(struct address_space *space, uint64_t gva);
int space_protect(struct address_space *space, uint64_t gva, uint64_t size, int prot);
int64_t space_remap(struct address_space *space, uint64_t gva, uint64_t old_size, uint64_t new_size, int flags,
                    uint64_t new_gva);
/* Shows other pages of the object of a shared mapping there. Source: remap_file_pages(2). */
int space_remap_file_pages(struct address_space *space, uint64_t gva, uint64_t size, uint64_t offset);
int space_advise(struct address_space *space, uint64_t gva, uint64_t size, int advice);
int space_sync(struct address_space *space, uint64_t gva, uint64_t size, int flags);
/* Writes one byte (bit 0: resident) per page to resident[]. */
int space_resident(struct address_space *space, uint64_t gva, uint64_t size, uint8_t *resident);
int space_lock(struct address_space *space, uint64_t gva, uint64_t size, bool on_fault);
int space_unlock(struct address_space *space, uint64_t gva, uint64_t size);
/* mlockall: what is mapped now, what will be mapped, or both. munlockall. */
int space_lock_all(struct address_space *space, bool current, bool future, bool on_fault);
int space_unlock_all(struct address_space *space);

/* The heap: set once by exec, then moved by brk(2). space_brk returns the new or (on failure) the old break. */
void space_set_brk(struct address_space *space, uint64_t start);
uint64_t space_brk(struct address_space *space, uint64_t wanted);
/* Limits in bytes (RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK); UINT64_MAX = none. */
void space_set_limits(struct address_space *space, uint64_t as, uint64_t data, uint64_t stack);
/* Where mmap without an address starts looking, downwards. */
void space_set_mmap_top(struct address_space *space, uint64_t top);
/* In a window: where files and code start looking, downwards; at most SPACE_HOST_START. */
void space_set_image_top(struct address_space *space, uint64_t top);

/* Copies between host memory and guest memory with the guest's rights. Returns 0, or -EFAULT with nothing
 * promised about the bytes before the fault. No lock may be held that a page fault needs (the space's own). */
int space_copy_in(struct address_space *space, void *dst, uint64_t gva, size_t n);
int space_copy_out(struct address_space *space, uint64_t gva, const void *src, size_t n);
/* The same but ignores rights (exec, ptrace, core dumps); still -EFAULT where nothing is mapped. */
int space_poke(struct address_space *space, uint64_t gva, const void *src, size_t n);
int space_peek(struct address_space *space, void *dst, uint64_t gva, size_t n);
/* Copies a string of at most max bytes with its zero. Returns its length, -EFAULT, or -ENAMETOOLONG. */
int64_t space_copy_string(struct address_space *space, char *dst, uint64_t gva, size_t max);
/* Copies as much as is accessible from the front. Returns the bytes copied (0 when the first one faults). */
size_t space_copy_in_partial(struct address_space *space, void *dst, uint64_t gva, size_t n);
size_t space_copy_out_partial(struct address_space *space, uint64_t gva, const void *src, size_t n);

/* Atomic access to a 4-aligned word by the kernel (futex words, tid words). Return 0, -EFAULT, -EINVAL unaligned. */
int space_load_u32(struct address_space *space, uint64_t gva, uint32_t *out);
int space_store_u32(struct address_space *space, uint64_t gva, uint32_t value);
/* *expected is updated to the value found; *swapped says whether it was stored. */
int space_cmpxchg_u32(struct address_space *space, uint64_t gva, uint32_t *expected, uint32_t desired, bool *swapped);

/* Identity of the word behind gva for futexes: private memory (space, gva), shared memory (object, offset). */
struct space_key {
    const void *object;
    uint64_t offset;
};
int space_key(struct address_space *space, uint64_t gva, bool shared, struct space_key *out);

/* Walks the regions in address order for /proc/self/maps, smaps, core dumps. cb returns non-zero to stop; it runs with the
 * space locked and must not use it. */
struct region_info {
    uint64_t start, end, offset, dev, ino;
    int prot;
    bool shared, grows_down, dont_dump, locked;
    const char *name; /* "", a path, "[heap]", "[stack]", "[vdso]"; borrowed during the call */
};
struct space_range {
    uint64_t start, end;
};
/* Finds pages of private mappings in [*at, end) that hold something of their own: neither untouched nor the file's. *at moves up to
 * where the search ended. Returns how many ranges, at most n. A page too many may be named, never one too few. */
size_t space_private_pages(struct address_space *space, uint64_t *at, uint64_t end, struct space_range *out, size_t n);
/* Whether what lies at gva can be written through other mappings, too. */
bool space_shares(struct address_space *space, uint64_t gva);
int space_walk(struct address_space *space, int (*cb)(const struct region_info *info, void *arg), void *arg);
/* Names an anonymous region ("[stack]", "[vdso]"; PR_SET_VMA_ANON_NAME). */
int space_set_name(struct address_space *space, uint64_t gva, uint64_t size, const char *name);
struct space_usage {
    uint64_t mapped, resident, shared, text, data, stack, locked; /* bytes */
};
void space_get_usage(struct address_space *space, struct space_usage *out);
