/* SPDX-License-Identifier: ISC */
/* Which exception, with which error code, at which RIP; faults leave everything as it was, traps are past it. */
#include "tests/cpu/guest.h"

#include <criterion/criterion.h>

static struct guest g;

static void setup(void) {
    guest_init(&g);
}

static void teardown(void) {
    guest_fini(&g);
}

TestSuite(exceptions, .init = setup, .fini = teardown);

/* One instruction at CODE + 1, after a NOP. */
struct expected {
    unsigned vector, error_code;
    uint64_t rip, retired;
};

static void run_one(const void *bytes, size_t n, struct expected expected) {
    uint8_t code[32] = {0x90};
    memcpy(code + 1, bytes, n);
    guest_code(&g, code, n + 1);
    g.cpu->retired = 0;
    const struct cpu_state before = g.cpu->state;
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    const struct exception *e = &g.cpu->exception;
    cr_expect_eq(e->vector, expected.vector, "vector %d, expected %d", e->vector, expected.vector);
    cr_expect_eq(e->error_code, expected.error_code, "error %#x, expected %#x", e->error_code, expected.error_code);
    cr_expect_eq(g.cpu->state.rip, expected.rip, "rip %#lx, expected %#lx", g.cpu->state.rip, expected.rip);
    cr_expect_eq(g.cpu->retired, expected.retired);
    cr_expect_eq(memcmp(before.gpr, g.cpu->state.gpr, 16 * sizeof *before.gpr), 0, "registers changed");
    cr_expect_eq(rflags_get(&before), rflags_get(&g.cpu->state), "flags changed");
}

#define FAULT(text, vector, error) run_one(text, sizeof text - 1, (struct expected){vector, error, CODE + 1, 1})
#define TRAP(text, vector) run_one(text, sizeof text - 1, (struct expected){vector, 0, CODE + sizeof text, 2})

Test(exceptions, undefined_and_privileged) {
    FAULT("\x0f\x0b", EXCEPTION_UD, 0);
    FAULT("\x06", EXCEPTION_UD, 0); /* PUSH ES */
    FAULT("\xf4", EXCEPTION_GP, 0); /* HLT */
    FAULT("\xfa", EXCEPTION_GP, 0); /* CLI */
    FAULT("\xec", EXCEPTION_GP, 0); /* IN */
    FAULT("\x0f\x30", EXCEPTION_GP, 0); /* WRMSR */
    FAULT("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90", EXCEPTION_GP, 0); /* 16 bytes */
}

Test(exceptions, software_interrupts) {
    FAULT("\xcd\x80", EXCEPTION_GP, 0x402);
    TRAP("\xcc", EXCEPTION_BP);
    TRAP("\xcd\x03", EXCEPTION_BP);
    TRAP("\xf1", EXCEPTION_DB);
}

Test(exceptions, division) {
    REG(&g, RBX) = 0;
    FAULT("\xf7\xf3", EXCEPTION_DE, 0); /* div ebx */
    REG(&g, RBX) = 2;
    REG(&g, RDX) = 2;
    FAULT("\xf7\xf3", EXCEPTION_DE, 0); /* the quotient needs 33 bits */
    REG(&g, RAX) = 0x8000000000000000;
    REG(&g, RDX) = ~0ull;
    REG(&g, RBX) = ~0ull;
    FAULT("\x48\xf7\xfb", EXCEPTION_DE, 0); /* idiv rbx: the smallest number by -1 */
}

Test(exceptions, page_faults) {
    REG(&g, RBX) = 0x300000;
    FAULT("\x48\x01\x03", EXCEPTION_PF, 6); /* add [rbx], rax: for writing at once */
    cr_assert_eq(g.cpu->exception.fault.gva, 0x300000);
    FAULT("\x48\x03\x03", EXCEPTION_PF, 4); /* add rax, [rbx] */
    REG(&g, RBX) = DATA + DATA_SIZE - 3;
    FAULT("\x48\x89\x03", EXCEPTION_PF, 6); /* mov [rbx], rax: half in the next page */
    cr_assert_eq(g.cpu->exception.fault.gva, DATA + DATA_SIZE);
    cr_assert_eq(space_protect(g.space, DATA, DATA_SIZE, SPACE_READ), 0);
    REG(&g, RBX) = DATA;
    FAULT("\xff\x03", EXCEPTION_PF, 7); /* inc dword [rbx] */
    FAULT("\x50", EXCEPTION_PF, 7);     /* push rax */
}

Test(exceptions, fetch) {
    /* jmp DATA: not executable; the jump has retired */
    REG(&g, RAX) = DATA;
    guest_code(&g, "\xff\xe0", 2);
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->exception.vector, EXCEPTION_PF);
    cr_assert_eq(g.cpu->exception.error_code, 0x15);
    cr_assert_eq(g.cpu->state.rip, DATA);
    cr_assert_eq(g.cpu->retired, 1);
    /* an instruction whose last bytes are not mapped */
    const uint8_t nop_mov[] = {0x90, 0xb8, 1, 2};
    cr_assert_eq(space_poke(g.space, CODE + CODE_SIZE - 4, nop_mov, 4), 0);
    g.cpu->state.rip = CODE + CODE_SIZE - 4;
    cr_assert_eq(guest_run(&g, 100), EXIT_EXCEPTION);
    cr_assert_eq(g.cpu->state.rip, CODE + CODE_SIZE - 3);
    cr_assert_eq(g.cpu->exception.fault.gva, CODE + CODE_SIZE);
    cr_assert_eq(g.cpu->exception.error_code, 0x14);
}

Test(exceptions, non_canonical) {
    REG(&g, RBX) = 1ull << 63;
    FAULT("\x8b\x03", EXCEPTION_GP, 0); /* mov eax, [rbx] */
    REG(&g, RBP) = 1ull << 63;
    FAULT("\x8b\x45\x00", EXCEPTION_SS, 0); /* mov eax, [rbp] */
    FAULT("\xff\xe3", EXCEPTION_GP, 0);     /* jmp rbx */
    REG(&g, RSP) = 1ull << 63;
    FAULT("\x50", EXCEPTION_SS, 0); /* push rax */
    FAULT("\xc3", EXCEPTION_SS, 0); /* ret */
    REG(&g, RSP) = DATA;
    const uint64_t target = 1ull << 63;
    cr_assert_eq(space_poke(g.space, DATA, &target, 8), 0);
    FAULT("\xc3", EXCEPTION_GP, 0);
}

Test(exceptions, misaligned_cmpxchg16b) {
    REG(&g, RBX) = DATA + 8;
    FAULT("\x48\x0f\xc7\x0b", EXCEPTION_GP, 0);
}
