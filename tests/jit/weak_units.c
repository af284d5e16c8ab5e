/* SPDX-License-Identifier: ISC */
/* How a program's loops are cut into units does not depend on where C went on: a unit that begins there is weak, and gives way to
 * one that begins where a branch leads. */
#include "cpu/jit/jit.h"
#include "cpu/jit/x86_64/pages.h"
#include "cpu/model.h"

#include <criterion/criterion.h>

#define LOOP 0x24000000ull
#define BEHIND_CALL (LOOP + 4)

/* nop; nop; call rax; BEHIND_CALL: dec ecx; jnz LOOP; ud2 */
static const uint8_t loop[] = {0x90, 0x90, 0xff, 0xd0, 0xff, 0xc9, 0x75, 0xf8, 0x0f, 0x0b};

static struct cpu_env env;
static struct frame_pool *pool;
static struct address_space *guest;
static struct cpu *cpu;
static struct jit_space *space; /* NULL: the host cannot translate */

static void setup(void) {
    const char *why;
    env.model = cpu_model_default();
    pool = frame_pool_new(SPACE_WINDOWS);
    guest = space_new(pool);
    cpu = cpu_new(&env);
    const int flags = SPACE_PRIVATE | SPACE_ANONYMOUS | SPACE_FIXED, all = SPACE_READ | SPACE_WRITE | SPACE_EXEC;
    cr_assert_eq(space_map(guest, LOOP, GUEST_PAGE_SIZE, all, flags, NULL, 0), (int64_t)LOOP);
    cr_assert_eq(space_poke(guest, LOOP, loop, sizeof loop), 0);
    tlb_attach(&cpu->tlb, guest);
    const bool translates = engine_jit(&why) && space_base(guest) != SPACE_NO_BASE;
    space = translates ? jit_space_of(cpu) : NULL;
    if (space) host_mutex_lock(&space->lock);
}

static void teardown(void) {
    if (space) host_mutex_unlock(&space->lock);
    cpu_free(cpu);
    space_put(guest);
    frame_pool_free(pool);
}

TestSuite(weak_units, .init = setup, .fini = teardown);

static const struct jit_unit *unit_of(const struct jit_entry *entry) {
    cr_assert_not_null(entry);
    return &space->units[entry->unit];
}

/* What is there already. */
static const struct jit_unit *known_unit(uint64_t pc) {
    struct jit_entry entry;
    cr_assert(jit_space_entry(space, pc, &entry));
    return unit_of(&entry);
}

/* The loop is one unit, from its head to behind the branch. */
static void expect_whole_loop(void) {
    const struct jit_unit *unit = unit_of(jit_space_find(space, cpu, LOOP));
    cr_assert_eq(unit->pc, LOOP);
    cr_assert_not(unit->weak);
    cr_assert_eq(known_unit(BEHIND_CALL), unit);
}

Test(weak_units, after_a_stop) {
    if (!space) return;
    cr_assert(unit_of(jit_space_find_stop(space, cpu, BEHIND_CALL))->weak);
    expect_whole_loop();
}

Test(weak_units, after_a_return_to_an_interpreted_call) {
    if (!space) return;
    jit_space_add_target(space, cpu, JIT_BY_RETURN, BEHIND_CALL);
    cr_assert(known_unit(BEHIND_CALL)->weak);
    expect_whole_loop();
}

Test(weak_units, a_branch_begins_another_unit) {
    if (!space) return;
    cr_assert(unit_of(jit_space_find_stop(space, cpu, LOOP))->weak);
    expect_whole_loop();
}

Test(weak_units, what_branches_made_serves_a_stop) {
    if (!space) return;
    const struct jit_unit *unit = unit_of(jit_space_find(space, cpu, LOOP));
    cr_assert_eq(unit_of(jit_space_find_stop(space, cpu, BEHIND_CALL)), unit);
}
