/* SPDX-License-Identifier: ISC */
/* Locked accesses to guest memory. */
#include "cpu/interp/locked.h"

#include "cpu/interp/handler.h"
#include "host/thread.h"

bool locked_begin(struct cpu *cpu, uint64_t gva, unsigned size, struct locked_place *place) {
    const unsigned rest = GUEST_PAGE_SIZE - (unsigned)(gva % GUEST_PAGE_SIZE);
    *place = (struct locked_place){.gva = gva, .size = size, .first = size < rest ? size : rest};
    place->host[0] = mem_write_hit(cpu, gva, 1);
    place->slow = !place->host[0] || place->first < size;
    if (!place->host[0] && !(place->host[0] = mem_pin_write(cpu, gva, place->first))) return false;
    if (place->first < size && !(place->host[1] = mem_pin_write(cpu, gva + place->first, size - place->first))) return false;
    place->split = gva % size != 0;
    if (place->split && cpu->env->split_lock) host_mutex_lock(cpu->env->split_lock);
    return true;
}

uint64_t locked_load(const struct locked_place *place) {
    uint64_t v = 0;
    if (!place->split) return host_load(place->host[0], place->size);
    memcpy(&v, place->host[0], place->first);
    if (place->host[1]) memcpy((uint8_t *)&v + place->first, place->host[1], place->size - place->first);
    return v;
}

#define SWAP_IF(type)                                                                                              \
    do {                                                                                                           \
        type old = (type)*expected;                                                                                \
        const bool done = __atomic_compare_exchange_n((type *)place->host[0], &old, (type)desired, false,          \
                                                      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                         \
        *expected = old;                                                                                           \
        return done;                                                                                               \
    } while (0)

bool locked_swap_if(const struct locked_place *place, uint64_t *expected, uint64_t desired) {
    if (place->split) {
        const uint64_t found = locked_load(place);
        if (found != (*expected & mask_of(place->size))) {
            *expected = found;
            return false;
        }
        memcpy(place->host[0], &desired, place->first);
        if (place->host[1]) memcpy(place->host[1], (uint8_t *)&desired + place->first, place->size - place->first);
        return true;
    }
    switch (place->size) {
    case 1: SWAP_IF(uint8_t);
    case 2: SWAP_IF(uint16_t);
    case 4: SWAP_IF(uint32_t);
    default: SWAP_IF(uint64_t);
    }
}

void locked_end(struct cpu *cpu, const struct locked_place *place) {
    if (place->split && cpu->env->split_lock) host_mutex_unlock(cpu->env->split_lock);
    if (place->slow) mem_written(cpu, place->gva, place->size);
}

const struct uop *locked_modify(struct cpu *cpu, const struct uop *u, unsigned size, locked_fn *fn, uint64_t b) {
    struct cpu_state *s = &cpu->state;
    struct locked_place place;
    if (!locked_begin(cpu, uop_address(cpu, u), size, &place)) return uop_raise_memory(cpu, u);
    const uint64_t carry = s->flag_carry;
    uint64_t old = locked_load(&place), wanted;
    do {
        s->flag_carry = carry; /* an earlier try changed it */
        wanted = fn(s, size, old, b);
    } while (!locked_swap_if(&place, &old, wanted));
    locked_end(cpu, &place);
    return u + 1;
}
