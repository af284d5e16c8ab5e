/* SPDX-License-Identifier: ISC */
/* The slow half of guest memory: TLB misses, page crossings, stores to pages that hold translated code. */
#include "cpu/interp/mem.h"

#include "cpu/interp/handler.h"
#include "cpu/interp/interp.h"

/* Bytes from gva to the end of its page. */
static unsigned page_rest(uint64_t gva) {
    return GUEST_PAGE_SIZE - (unsigned)(gva & (GUEST_PAGE_SIZE - 1));
}

/* True: the access is not to happen now. */
static __attribute__((noinline, cold)) bool is_tapped(struct cpu *cpu, uint64_t gva, unsigned n, enum mem_access access) {
    struct tlb *tlb = &cpu->tlb;
    if (tlb->tap_passes || !tlb->tap->watches(tlb->tap, tlb, align_down(gva, GUEST_PAGE_SIZE))) return false;
    if (!tlb->tap->before(tlb->tap, tlb, gva, n, access)) return false;
    tlb->tapped_gva = gva;
    tlb->tapped_size = (uint16_t)n;
    tlb->tapped_access = (uint16_t)access;
    cpu->exception.fault = (struct mem_fault){.kind = MEM_TAPPED, .access = (uint8_t)access, .gva = gva};
    return true;
}

static void *translate(struct cpu *cpu, uint64_t gva, unsigned n, enum mem_access access) {
    void *at = tlb_translate(&cpu->tlb, gva, access, &cpu->exception.fault);
    if (UNLIKELY(cpu->tlb.tap != NULL) && at && is_tapped(cpu, gva, n, access)) return NULL;
    return at;
}

bool mem_read_slow(struct cpu *cpu, uint64_t gva, void *dst, unsigned n) {
    const unsigned rest = page_rest(gva), first = n < rest ? n : rest;
    const void *p = translate(cpu, gva, first, MEM_READ), *q = NULL;
    if (!p) return false;
    if (first < n && !(q = translate(cpu, gva + first, n - first, MEM_READ))) return false;
    switch (first == n ? n : 0) { /* a constant size is one access of the host */
    case 2: memcpy(dst, p, 2); break;
    case 4: memcpy(dst, p, 4); break;
    case 8: memcpy(dst, p, 8); break;
    default:
        memcpy(dst, p, first);
        if (q) memcpy((uint8_t *)dst + first, q, n - first);
    }
    return true;
}

bool mem_write_slow(struct cpu *cpu, uint64_t gva, const void *src, unsigned n) {
    const unsigned rest = page_rest(gva), first = n < rest ? n : rest;
    void *p = translate(cpu, gva, first, MEM_WRITE), *q = NULL;
    if (!p) return false;
    if (first < n && !(q = translate(cpu, gva + first, n - first, MEM_WRITE))) return false;
    switch (first == n ? n : 0) {
    case 2: memcpy(p, src, 2); break;
    case 4: memcpy(p, src, 4); break;
    case 8: memcpy(p, src, 8); break;
    default:
        memcpy(p, src, first);
        if (q) memcpy(q, (const uint8_t *)src + first, n - first);
    }
    mem_written(cpu, gva, n);
    return true;
}

static bool probe(struct cpu *cpu, uint64_t gva, unsigned n, enum mem_access access) {
    for (uint64_t at = gva, end = gva + n; at - gva < n; at = align_down(at, GUEST_PAGE_SIZE) + GUEST_PAGE_SIZE) {
        const unsigned rest = page_rest(at), left = (unsigned)(end - at);
        if (!translate(cpu, at, left < rest ? left : rest, access)) return false;
        if (at > end) break; /* the end of the address space was refused above */
    }
    return true;
}

bool mem_probe_write(struct cpu *cpu, uint64_t gva, unsigned n) {
    return probe(cpu, gva, n, MEM_WRITE);
}

bool mem_probe_read(struct cpu *cpu, uint64_t gva, unsigned n) {
    return probe(cpu, gva, n, MEM_READ);
}

void *mem_pin_write(struct cpu *cpu, uint64_t gva, unsigned n) {
    return translate(cpu, gva, n, MEM_WRITE);
}

const void *mem_pin_read(struct cpu *cpu, uint64_t gva, unsigned n) {
    return translate(cpu, gva, n, MEM_READ);
}

void mem_written(struct cpu *cpu, uint64_t gva, unsigned n) {
    cache_check_page(&cpu->interp->cache, gva);
    if (n > page_rest(gva)) cache_check_page(&cpu->interp->cache, gva + n - 1);
}

bool mem_load(struct cpu *cpu, uint64_t gva, unsigned size, uint64_t *out) {
    const void *p = mem_read_hit(cpu, gva, size);
    if (!p) return load_slow(cpu, gva, size, out);
    *out = host_load(p, size);
    return true;
}

bool mem_store(struct cpu *cpu, uint64_t gva, unsigned size, uint64_t v) {
    void *p = mem_write_hit(cpu, gva, size);
    if (!p) return store_slow(cpu, gva, size, v);
    host_store(p, size, v);
    return true;
}

bool mem_load_rw(struct cpu *cpu, uint64_t gva, unsigned size, uint64_t *out) {
    const void *p = mem_write_hit(cpu, gva, size);
    if (!p) return load_rw_slow(cpu, gva, size, out);
    *out = host_load(p, size);
    return true;
}
