/* SPDX-License-Identifier: ISC */
/* Fibers keep their stacks and floating-point control words; a thousand of them live side by side. */
#include "host/fiber.h"

#include <criterion/criterion.h>
#include <xmmintrin.h>

enum { MANY = 1000 };

struct party {
    struct host_fiber *home, *own;
    int step;
    double third;
};

static void count_up(void *arg) {
    struct party *p = arg;
    volatile int local[512];
    for (int i = 0; i < 512; i++) local[i] = i;
    _MM_SET_ROUNDING_MODE(_MM_ROUND_UP);
    for (;;) {
        volatile double one = 1;
        p->third = one / 3;
        p->step += local[p->step % 512] == p->step % 512;
        host_fiber_switch(p->own, p->home);
    }
}

Test(fiber, goes_on_where_it_was) {
    struct party p = {.home = host_fiber_of_thread()};
    p.own = host_fiber_new(count_up, &p);
    cr_assert_not_null(p.own);
    volatile double one = 1;
    const double nearest = one / 3;
    for (int i = 1; i <= 3000; i++) {
        host_fiber_switch(p.home, p.own);
        cr_assert_eq(p.step, i);
    }
    cr_assert_gt(p.third, nearest, "its own rounding");
    cr_assert_eq(one / 3, nearest, "ours is as it was");
    host_fiber_free(p.own);
    host_fiber_free(p.home);
}

Test(fiber, many_live_side_by_side) {
    static struct party parties[MANY];
    struct host_fiber *home = host_fiber_of_thread();
    for (int i = 0; i < MANY; i++) {
        parties[i].home = home;
        parties[i].own = host_fiber_new(count_up, &parties[i]);
        cr_assert_not_null(parties[i].own);
    }
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < MANY; i++) host_fiber_switch(home, parties[i].own);
    }
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(parties[i].step, 3);
        host_fiber_free(parties[i].own);
    }
    host_fiber_free(home);
}
