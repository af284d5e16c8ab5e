/* SPDX-License-Identifier: ISC */
/* Pages that code was taken from: the host refuses the first write, threads in translated code leave before it happens, and a page
 * that is written again and again is watched no more. */
#include "host/fault.h"
#include "tests/mmu/world.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>

#define AT 0x100000000ull

static struct world w;

static void init(void) {
    setenv("LOCKSTEP_TEST_MEMORY", "window", 1);
    world_init(&w);
}

static void fini(void) {
    world_fini(&w);
}

TestSuite(window_code, .init = init, .fini = fini);

static bool host_may_write(uint64_t gva) {
    return host_guard_store_u32((void *)(uintptr_t)(space_base(w.space) + gva), 1);
}

static uint32_t version(const struct code_page *page) {
    return atomic_load(&page->version);
}

Test(window_code, the_host_refuses_the_first_write_only) {
    map_pages(w.space, AT, 3, RWX);
    struct code_page *page = tlb_watch(w.tlb, AT + PAGE);
    const uint32_t before = version(page);
    cr_assert(!host_may_write(AT + PAGE));
    cr_assert(host_may_write(AT) && host_may_write(AT + 2 * PAGE), "only this page");
    char big[3 * PAGE] = {1};
    cr_assert_eq(space_copy_out(w.space, AT, big, sizeof big), 0);
    cr_assert_eq(version(page), before + 1);
    cr_assert(host_may_write(AT + PAGE));
    tlb_watch(w.tlb, AT + PAGE);
    cr_assert(!host_may_write(AT + PAGE));
    cr_assert_eq(tlb_store(w.tlb, AT + PAGE, 5), 0);
    cr_assert_eq(version(page), before + 2);
}

Test(window_code, pages_that_nobody_may_write_need_no_guard) {
    map_pages(w.space, AT, 1, RX);
    struct code_page *page = tlb_watch(w.tlb, AT);
    uint32_t before = version(page);
    cr_assert_eq(space_protect(w.space, AT, PAGE, RW), 0);
    cr_assert_eq(version(page), before + 1);
    cr_assert(host_may_write(AT));
}

Test(window_code, a_guard_ends_with_its_mapping) {
    map_pages(w.space, AT, 1, RWX);
    tlb_watch(w.tlb, AT);
    map_pages(w.space, AT, 1, RWX);
    cr_assert(host_may_write(AT));
    tlb_watch(w.tlb, AT);
    cr_assert(!host_may_write(AT));
    cr_assert_eq(space_remap(w.space, AT, PAGE, PAGE, 3, AT + 8 * PAGE), (int64_t)(AT + 8 * PAGE));
    cr_assert(host_may_write(AT + 8 * PAGE));
}

Test(window_code, aliases_are_guarded_in_every_space) {
    space_map(w.space, AT, PAGE, RX, SHARED_ANON | SPACE_FIXED, NULL, 0);
    const uint64_t alias = (uint64_t)space_remap(w.space, AT, 0, PAGE, 1, 0);
    space_protect(w.space, alias, PAGE, RW);
    struct address_space *child = space_fork(w.space);
    struct code_page *page = tlb_watch(w.tlb, AT);
    uint32_t before = version(page);
    void *theirs = (void *)(uintptr_t)(space_base(child) + alias);
    cr_assert(!host_may_write(alias));
    cr_assert(!host_guard_store_u32(theirs, 1));
    cr_assert_eq(space_store_u32(child, alias, 1), 0);
    cr_assert_eq(version(page), before + 1);
    cr_assert(host_guard_store_u32(theirs, 2));
    cr_assert_eq(space_store_u32(w.space, alias, 3), 0);
    cr_assert_eq(version(page), before + 1, "the watch ended");
    space_put(child);
}

/* A thread in translated code: it looks at nothing until it is kicked. */
struct runner {
    pthread_t thread;
    _Atomic bool running, stop;
    struct code_page *page;          /* what it translated from, NULL: nothing */
    _Atomic bool inside;             /* running what it translated at version */
    _Atomic uint32_t version, kicks;
    volatile uint32_t *words; /* two that it counts up, the first one first */
};

static _Thread_local volatile bool kicked;

static bool take_kick(void *arg, struct host_context *context, enum host_fault_kind kind, uint64_t address) {
    kicked = kind == HOST_FAULT_KICK;
    return kicked;
}

static void run_native(struct runner *runner) {
    if (runner->page) atomic_store(&runner->version, version(runner->page));
    atomic_store(&runner->inside, true);
    atomic_store(&runner->running, true);
    while (!kicked && !atomic_load(&runner->stop)) {
        if (!runner->words) continue;
        runner->words[0]++;
        atomic_thread_fence(memory_order_seq_cst);
        runner->words[1]++;
    }
    atomic_store(&runner->inside, false);
}

static void *native_thread(void *arg) {
    struct runner *runner = arg;
    struct tlb *tlb = world_tlb(w.space);
    host_fault_claim(take_kick, NULL);
    host_kick_self(&tlb->thread);
    while (!atomic_load(&runner->stop)) {
        kicked = false;
        const uint32_t kick = tlb_native_enter(tlb);
        if (kick) {
            atomic_fetch_add(&runner->kicks, (kick & KICK_CODE) != 0);
            continue;
        }
        run_native(runner);
        tlb_native_leave(tlb);
    }
    host_fault_claim(NULL, NULL);
    world_tlb_free(tlb);
    return NULL;
}

static void runner_start(struct runner *runner) {
    pthread_create(&runner->thread, NULL, native_thread, runner);
    while (!atomic_load(&runner->running)) continue;
}

static void runner_end(struct runner *runner) {
    atomic_store(&runner->stop, true);
    pthread_join(runner->thread, NULL);
}

Test(window_code, translated_code_is_left_before_the_write, .timeout = 30) {
    struct runner runner = {0};
    map_pages(w.space, AT, 1, RWX);
    runner.page = tlb_watch(w.tlb, AT);
    runner_start(&runner);
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(space_store_u32(w.space, AT, i), 0);
        cr_assert(!atomic_load(&runner.inside) || atomic_load(&runner.version) == version(runner.page), "old code runs");
        tlb_watch(w.tlb, AT);
    }
    while (!atomic_load(&runner.kicks)) continue;
    runner_end(&runner);
}

static uint32_t watched_version(uint64_t gva) {
    uint32_t now = 0;
    tlb_enter(w.tlb);
    cr_assert_not_null(tlb_code_page(w.tlb, gva, &now));
    tlb_leave(w.tlb);
    return now;
}

Test(window_code, a_page_written_again_and_again_is_left_alone_for_a_while, .timeout = 60) {
    struct runner runner = {0};
    map_pages(w.space, AT, 2, RWX);
    runner_start(&runner);
    struct code_page *page = tlb_watch(w.tlb, AT);
    /* Where a write takes longer than what counts as again and again there is nothing to see. */
    for (int i = 0; watched_version(AT) != CODE_UNSTABLE; i++) {
        if (i == 200) {
            runner_end(&runner);
            return;
        }
        space_store_u32(w.space, AT, 1);
    }
    cr_assert(host_may_write(AT), "no guard any more");
    uint32_t before = version(page);
    space_store_u32(w.space, AT, 1);
    cr_assert_eq(version(page), before);
    space_protect(w.space, AT, PAGE, RX);
    cr_assert_eq(version(page), before + 1, "new rights are still told");
    space_protect(w.space, AT, PAGE, RWX);
    cr_assert_neq(watched_version(AT + PAGE), CODE_UNSTABLE);
    while (watched_version(AT) == CODE_UNSTABLE) continue;
    cr_assert(!host_may_write(AT), "it has rested");
    runner_end(&runner);
}

Test(window_code, fork_stops_translated_code, .timeout = 60) {
    struct runner runner = {0};
    map_pages(w.space, AT, 1, RW);
    map_pages(w.space, AT + PAGE, 1, RW);
    uint32_t words[2];
    runner.words = (volatile uint32_t *)(uintptr_t)(space_base(w.space) + AT + PAGE - 4);
    runner_start(&runner);
    for (int i = 0; i < 200; i++) {
        struct address_space *child = space_fork(w.space);
        cr_assert_eq(space_copy_in(child, words, AT + PAGE - 4, 8), 0);
        cr_assert(words[0] - words[1] <= 1, "%u and %u", words[0], words[1]);
        space_put(child);
    }
    runner_end(&runner);
}
