/* SPDX-License-Identifier: ISC */
/* The loader on hostile files. The input is cut in three: its first byte says where; the parts are the program, the
 * file /i (an interpreter that the program or a script may name), and nothing else. */
#include "tests/loader/world.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t clamp(size_t n) {
    return n < WORLD_FILE_MAX ? n : WORLD_FILE_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct world world;
    if (n < 1) return 0;
    const size_t first = (n - 1) * data[0] / 255;
    world_init(&world);
    world.request.random = data[0] & 1 ? world_random : NULL;
    world_add(&world, "/p", data + 1, clamp(first));
    world_add(&world, "/i", data + 1 + first, clamp(n - 1 - first));
    const int err = world_load(&world, "/p");
    const int expected_open = !err && world.result.image != world.request.file;
    if (world.n_open != expected_open || err > 0 || (err && !world.result.reason[0])) abort();
    world_fini(&world);
    return 0;
}
