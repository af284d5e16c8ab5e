/* SPDX-License-Identifier: ISC */
/* Guarded copies stop at the first byte that faults, in either direction, and leave the thread able to be kicked. */
#include "host/fault.h"

#include "host/memory.h"
#include "host/thread.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

static char *two_pages(void) {
    host_kick_init();
    host_bus_guard_init();
    host_fault_init();
    char *at = host_memory_map(8192, HOST_PROT_READ | HOST_PROT_WRITE, 0);
    cr_assert_not_null(at);
    memset(at, 'x', 8192);
    cr_assert_eq(host_memory_protect(at + 4096, 4096, HOST_PROT_NONE), 0);
    return at;
}

Test(guard, copies_up_to_the_fault) {
    char *at = two_pages(), out[600] = "";
    cr_expect_eq(host_guard_copy(out, at + 4000, 96), 96u);
    cr_expect_eq(host_guard_copy(out, at + 4000, 600), 96u);
    cr_expect_eq(host_guard_copy(at + 4000, out, 600), 96u);
    cr_expect_eq(host_guard_copy(out, at + 4096, 1), 0u);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    cr_expect_not(sigismember(&mask, SIGURG));
}

Test(guard, words_tell_of_faults) {
    char *at = two_pages();
    uint32_t value = 0;
    bool swapped = false;
    cr_expect(host_guard_store_u32(at, 7));
    cr_expect(host_guard_load_u32(at, &value));
    cr_expect_eq(value, 7u);
    cr_expect(host_guard_cmpxchg_u32(at, &value, 9, &swapped));
    cr_expect(swapped);
    value = 1;
    cr_expect(host_guard_cmpxchg_u32(at, &value, 2, &swapped));
    cr_expect_not(swapped);
    cr_expect_eq(value, 9u);
    cr_expect_not(host_guard_load_u32(at + 4096, &value));
    cr_expect_not(host_guard_store_u32(at + 4096, 1));
}
