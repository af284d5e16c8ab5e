/* SPDX-License-Identifier: ISC */
/* Rows and the host CPU agree on how many bytes of memory an instruction touches and whether they
 * must be aligned: each runs with its operand just before an unmapped page, one byte into it, and
 * one byte off alignment. */
#include "tests/support/form_bytes.h"

#include <criterion/criterion.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

static uint8_t *code;
static uint8_t *end; /* of mapped memory */
static sigjmp_buf stopped;

static void stop(int signal) {
    siglongjmp(stopped, signal);
}

static void catch_signals(void) {
    static uint8_t stack[65536];
    const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = stop, .sa_flags = SA_ONSTACK | SA_NODEFER};
    sigaltstack(&alternate, NULL);
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
}

static void setup(void) {
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *memory = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    end = memory + 32768;
    munmap(end, 4096);
    catch_signals();
}

TestSuite(host_access, .init = setup);

/* Runs the instruction with its base register set. Returns the signal that ended it; SIGTRAP: none
 * but ours. */
static int run(const struct insn *insn, const uint8_t *bytes, const uint8_t *address) {
    uint8_t *at = code;
    const uint64_t value = (uintptr_t)address;
    *at++ = 0x48; /* MOV base, value */
    *at++ = 0xb8 | insn->mem.base;
    memcpy(at, &value, sizeof value);
    memcpy(at + sizeof value, bytes, insn->length);
    at[sizeof value + insn->length] = 0xcc; /* INT3 */
    __asm__ volatile("fninit");
    const int signal = sigsetjmp(stopped, 1);
    if (!signal) ((void (*)(void))(uintptr_t)code)();
    __asm__ volatile("fninit");
    return signal;
}

static const struct operand *memory_operand(const struct insn *insn) {
    const struct operand *o = insn->operand;
    while (o->kind != OPERAND_MEM) o++;
    return o;
}

/* Forms whose access depends on more than the address, or that do more than access memory. */
static bool is_special(uint16_t form, const struct insn *insn) {
    const struct form_info *info = form_info(form);
    switch (insn->op) {
    case OP_BT:
    case OP_BTS:
    case OP_BTR:
    case OP_BTC:
    case OP_VMASKMOVPS:
    case OP_VMASKMOVPD:
    case OP_VPMASKMOVD:
    case OP_VPMASKMOVQ:
        return true;
    default:
        return info->control != CONTROL_NEXT || !(info->faults & FAULT_MEMORY) ||
               (info->faults & (FAULT_GP | FAULT_STACK | FAULT_DE));
    }
}

static bool is_simple_address(const struct mem_operand *m) {
    return m->base <= RDI && m->base != RSP && m->index == REG_NONE && !m->disp &&
           m->addr_size == 8 && m->seg == SEG_DS && !m->vsib;
}

/* An instance whose operand is [base]. False if the row has none. */
static bool choose(uint16_t form, struct rng *rng, uint8_t *bytes, struct insn *insn) {
    for (unsigned i = 0; i < 5000; i++) {
        const int length = form_bytes_mod(form, rng, FORM_MOD_MEMORY, bytes);
        if (!length) return false;
        cr_assert_eq(decode(bytes, (size_t)length, insn), length);
        if (is_special(form, insn)) return false;
        if (is_simple_address(&insn->mem) && !insn->lock) return true;
    }
    return false;
}

typedef void check_fn(const struct insn *insn, const uint8_t *bytes);

static unsigned for_each_row(check_fn *check) {
    struct rng rng;
    unsigned n = 0;
    rng_init(&rng, 4);
    for (uint16_t form = 0; form < form_count(); form++) {
        uint8_t bytes[INSN_MAX_LENGTH];
        struct insn insn;
        if (!choose(form, &rng, bytes, &insn)) continue;
        check(&insn, bytes);
        n++;
    }
    return n;
}

static void check_size(const struct insn *insn, const uint8_t *bytes) {
    const unsigned size = memory_operand(insn)->size;
    const char *text = form_info(insn->form)->text;
    if (!size) return;                                       /* XSAVE */
    if (insn->op == OP_MOVSXD && insn->op_size == 2) return; /* AMD reads 4 bytes, Intel 2 */
    cr_expect_eq(run(insn, bytes, end - size), SIGTRAP, "%s %s: more than %u bytes", text,
                 op_name(insn->op), size);
    cr_expect_eq(run(insn, bytes, end - size + 1), SIGSEGV, "%s %s: less than %u bytes", text,
                 op_name(insn->op), size);
}

Test(host_access, sizes) {
    cr_expect_gt(for_each_row(check_size), 700);
}

/* AMD processors do not check SHA's operand; the manual does. */
static void check_alignment(const struct insn *insn, const uint8_t *bytes) {
    const struct form_info *info = form_info(insn->form);
    const int expected = info->faults & FAULT_ALIGN ? SIGSEGV : SIGTRAP;
    if (info->feature == FEATURE_SHA) return;
    cr_expect_eq(run(insn, bytes, end - 4095), expected, "%s %s", info->text, op_name(insn->op));
}

Test(host_access, alignment) {
    cr_expect_gt(for_each_row(check_alignment), 700);
}
