/* SPDX-License-Identifier: ISC */
/* decode() and the host CPU agree on what is an instruction and how long it is, for random bytes;
 * host_differences.def says where they may not. */
#include "tests/decoder/random_bytes.h"
#include "tests/support/host_probe.h"
#include "tests/support/insn_text.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static const char *const excused[] = {
#define BYTES(pattern, why) pattern,
#include "tests/decoder/host_differences.def"
};

static bool is_prefix(uint8_t byte) {
    return (byte & 0xf0) == 0x40 || (byte & 0xe7) == 0x26 || (byte & 0xfc) == 0x64 ||
           byte == 0xf0 || (byte & 0xfe) == 0xf2;
}

static bool is_excused(const uint8_t *bytes) {
    char digits[2 * INSN_MAX_LENGTH + 8] = "----";
    unsigned at = 0;
    for (; at < INSN_MAX_LENGTH && is_prefix(bytes[at]); at++) {
        if (bytes[at] == 0x66) memcpy(digits, "66", 2);
        if ((bytes[at] & 0xfe) == 0xf2) memcpy(digits + 2, bytes[at] == 0xf2 ? "f2" : "f3", 2);
    }
    for (unsigned i = 0; at + i < INSN_MAX_LENGTH; i++)
        sprintf(digits + 4 + 2 * i, "%02x", bytes[at + i]);
    for (size_t i = 0; i < sizeof excused / sizeof excused[0]; i++) {
        if (!fnmatch(excused[i], digits, 0)) return true;
    }
    return false;
}

/* As the host sees it: UD0, UD1 and UD2 are no instructions. */
static int decoded_length(const uint8_t *bytes, struct insn *insn) {
    const int length = decode(bytes, INSN_MAX_LENGTH, insn);
    if (length == DECODE_TOO_LONG) return PROBE_UNKNOWN;
    return length < 0 || form_info(insn->form)->faults & FAULT_UD ? PROBE_UD : length;
}

static void expect_same(struct host_probe *probe, const uint8_t *bytes) {
    struct insn insn;
    char text[INSN_TEXT_MAX] = "-", digits[64];
    const int ours = decoded_length(bytes, &insn), host = host_probe_run(probe, bytes);
    if (ours == host || ours == PROBE_UNKNOWN || host == PROBE_UNKNOWN || is_excused(bytes)) return;
    for (unsigned i = 0; i < INSN_MAX_LENGTH; i++) sprintf(digits + 3 * i, "%02x ", bytes[i]);
    cr_expect(false, "%s%s: %d, host %d", digits, ours > 0 ? insn_text(&insn, text) : text, ours,
              host);
}

Test(host_agrees, on_random_bytes) {
    struct host_probe *probe = host_probe_new();
    struct rng rng;
    uint8_t bytes[INSN_MAX_LENGTH];
    if (!probe) cr_skip("this host does not let us trace");
    rng_init(&rng, 3);
    for (unsigned long n = sweep_length(10000); n; n--) {
        random_bytes(&rng, bytes);
        expect_same(probe, bytes);
    }
    host_probe_free(probe);
}
