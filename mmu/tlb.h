/* SPDX-License-Identifier: ISC */
/* The soft TLB of one guest thread, and the fast path of every guest access.
 *
 * Invariant: an entry may be stale only until its owner's next safe point (block entry, or leaving the engine), and
 * no page is put where a running TLB still holds an older one. A space that takes pages or rights away changes its
 * page table first, then sets KICK_TLB in every running TLB on it; what was taken is freed only after each of them
 * passed a safe point. Between tlb_enter and tlb_leave a thread sleeps nowhere but in calls of this header. */
#pragma once

#include "base/bits.h"
#include "base/list.h"
#include "host/thread.h"
#include "mmu/fault.h"
#include "mmu/space.h"
#include "mmu/tap.h"

#include <stdatomic.h>

#define TLB_BITS 9
#define TLB_SIZE (1u << TLB_BITS)
#define TLB_FILES 4u
#define TLB_NO_TAG 1u /* never equal to a page address */

/* Written by the owner thread only. Others look at `read` (atomically) to learn whether a page may be held. */
struct tlb_entry {
    uint64_t read;   /* page address if readable, else TLB_NO_TAG */
    uint64_t write;  /* page address if writable without a tap (copy on write, code page, watch), else TLB_NO_TAG */
    uintptr_t delta; /* host address = gva + delta */
    uint64_t exec;   /* page address if executable, else TLB_NO_TAG */
};

enum kick {
    KICK_TLB = 1,   /* flush the TLB */
    KICK_CODE = 2,  /* a page that code was fetched from changed: compare code_page versions */
    KICK_EXIT = 4,  /* return EXIT_KICKED from the engine */
};

struct backing;

struct tlb {
    struct tlb_entry entry[TLB_SIZE];
    _Atomic uint32_t kick;         /* atomic: bits of enum kick; set by anyone, taken by the owner at safe points */
    _Atomic uint64_t seen_epoch;   /* atomic: space's epoch at the last safe point; UINT64_MAX while outside the engine */
    _Atomic uint64_t flushed_epoch; /* atomic: the entries are as new as this epoch; UINT64_MAX: will be before use */
    struct address_space *space;   /* owner thread only; counted */
    struct mem_tap *tap;           /* owner thread only; borrowed; NULL: nobody watches */
    bool tap_passes;               /* owner thread only: accesses are not told */
    uint64_t tapped_gva;           /* owner thread only: what the tap stopped last, */
    uint16_t tapped_size, tapped_access; /* its bytes and enum mem_access */
    struct list node;              /* guarded by the space's tlb_lock */
    _Atomic uint32_t native;       /* atomic: 1 while the owner runs translated code, which does not look at kick */
    struct host_kick thread;       /* the owner's, valid while native; set before the first tlb_native_enter */
    struct tlb_file {
        const struct backing *backing; /* NULL: none */
        uint64_t end;
    } file[TLB_FILES];             /* owner thread only: ends of files as asked for since tlb_enter; private to mmu/ */
};

void tlb_init(struct tlb *tlb);
/* Attaches to a space (takes a count); detaches from the former one. NULL only detaches. */
void tlb_attach(struct tlb *tlb, struct address_space *space);
/* The engine brackets guest execution with these; tlb_enter flushes if asked to. */
void tlb_enter(struct tlb *tlb);
void tlb_leave(struct tlb *tlb);
/* Sets kick bits from any thread; a thread that is native is interrupted by host_kick_send as well. The owner's thread must
 * not end meanwhile: the caller holds what keeps it (the space's tlb_lock, or a lock of its task). */
void tlb_kick(struct tlb *tlb, uint32_t bits);
/* Brackets translated code, outside of tlb_enter .. tlb_leave; only for spaces that are windows. tlb_native_enter returns the
 * kick bits (taking them): not 0 means that it did not enter. tlb_native_leave wakes those who wait for it to leave. */
uint32_t tlb_native_enter(struct tlb *tlb);
void tlb_native_leave(struct tlb *tlb);
/* Safe point inside the engine: takes the kick bits, flushes on KICK_TLB. Returns the bits taken. */
uint32_t tlb_safe_point(struct tlb *tlb);

/* Slow path, between tlb_enter and tlb_leave: walks the page table, faults pages in, fills the entry. Returns the host address of gva valid to
 * the end of its page until the next safe point, or NULL with *fault filled. */
void *tlb_translate(struct tlb *tlb, uint64_t gva, enum mem_access access, struct mem_fault *fault);

static inline struct tlb_entry *tlb_slot(struct tlb *tlb, uint64_t gva) {
    return &tlb->entry[(gva >> 12) & (TLB_SIZE - 1)];
}

/* Fast path: NULL when the entry does not match or the access crosses its page; then use tlb_translate. size >= 1. */
static inline void *tlb_read_hit(struct tlb *tlb, uint64_t gva, unsigned size) {
    const struct tlb_entry *e = tlb_slot(tlb, gva);
    const uint64_t last = gva + size - 1;
    if (UNLIKELY(e->read != (last & ~0xfffull)) || UNLIKELY((gva ^ last) & ~0xfffull)) return NULL;
    return (void *)(uintptr_t)(gva + e->delta);
}

static inline void *tlb_write_hit(struct tlb *tlb, uint64_t gva, unsigned size) {
    const struct tlb_entry *e = tlb_slot(tlb, gva);
    const uint64_t last = gva + size - 1;
    if (UNLIKELY(e->write != (last & ~0xfffull)) || UNLIKELY((gva ^ last) & ~0xfffull)) return NULL;
    return (void *)(uintptr_t)(gva + e->delta);
}

/* Code fetch: copies up to n bytes of executable memory. Returns how many (stops at a page it may not execute);
 * 0 with *fault filled. */
size_t tlb_fetch(struct tlb *tlb, uint64_t gva, uint8_t *out, size_t n, struct mem_fault *fault);

/* Version of a page that code is translated from: bumped by any write to it (through whatever mapping), unmap or
 * change of rights, before the bytes change. Valid while the space lives. */
struct code_page {
    uint64_t gva;
    _Atomic uint32_t version;
    /* private to mmu/ */
    _Atomic bool unstable;           /* atomic: see CODE_UNSTABLE */
    _Atomic uint32_t n_bumps;        /* atomic: by writes; forgotten with time */
    _Atomic int64_t bumped_ns;       /* atomic: when it was written the last time */
    int64_t stable_ns, rest_ns;      /* guarded by space->lock: when it was last watched again, and how long it was not */
};
/* In place of a version, which it never equals: the page is written so often that writes to it are not told for a while (unmapping and
 * new rights still are). An engine runs its code without keeping anything of it, and asks again now and then. Only in
 * windows. */
#define CODE_UNSTABLE UINT32_MAX
/* Watches the page until its next bump. *version is the one to keep with the bytes fetched after the call: reading it
 * from the page later could miss a bump whose bytes were not there yet. The call leaves and enters the engine: it may
 * wait for other threads to reach a safe point, and host addresses got before are void. Returns NULL without memory or
 * when the page may not be executed. */
struct code_page *tlb_code_page(struct tlb *tlb, uint64_t gva, uint32_t *version);
