/* SPDX-License-Identifier: ISC */
/* RDPMC gives the counter that ECX names, in EDX:EAX with zeros above, and is #GP for one that the machine has not, or if it has
 * none at all. */
#include "tests/cpu/guest.h"

#include "base/error.h"

#include <criterion/criterion.h>

static struct guest g;

static int counter(void *arg, uint32_t number, uint64_t retired, uint64_t *out) {
    *out = 0x1122334455667788;
    return number == 7 ? 0 : -EINVAL;
}

static void setup(void) {
    guest_init(&g);
    g.env.counter = counter;
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(counters, .init = setup, .fini = teardown);

static void expect_refused(uint64_t number) {
    static const uint8_t rdpmc[] = {0x0f, 0x33};
    REG(&g, RCX) = number;
    REG(&g, RAX) = 1;
    REG(&g, RDX) = 2;
    guest_code(&g, rdpmc, sizeof rdpmc);
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    cr_expect_eq(g.cpu->exception.vector, EXCEPTION_GP);
    cr_expect_eq(g.cpu->exception.error_code, 0);
    cr_expect_eq(g.cpu->state.rip, CODE);
    cr_expect(REG(&g, RAX) == 1 && REG(&g, RDX) == 2);
}

Test(counters, one_that_is_there) {
    REG(&g, RCX) = 0xffffffff00000007;
    REG(&g, RAX) = REG(&g, RDX) = UINT64_MAX;
    GUEST_RUN(&g, 0x0f, 0x33);
    cr_expect_eq(REG(&g, RAX), 0x55667788);
    cr_expect_eq(REG(&g, RDX), 0x11223344);
}

Test(counters, one_that_is_not) {
    expect_refused(8);
}

Test(counters, none_at_all) {
    g.env.counter = NULL;
    expect_refused(7);
}
