/* SPDX-License-Identifier: ISC */
/* Registers are written and read in one batch each; an invalid access or an interrupt is noted by a hook and ends the
 * run. The upper halves of the vector registers and the x87 are left as they were: Unicorn has no AVX. */
#include "tests/differential/unicorn_run.h"

#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

struct unicorn_runner {
    uc_engine *uc;
    struct result *out;
};

static int gpr_ids[16] = {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
                          UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10, UC_X86_REG_R11,
                          UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15};

static void on_interrupt(uc_engine *uc, uint32_t vector, void *arg) {
    struct unicorn_runner *r = arg;
    r->out->outcome = OUTCOME_EXCEPTION;
    r->out->vector = vector;
    uc_emu_stop(uc);
}

static bool on_bad_memory(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *arg) {
    struct unicorn_runner *r = arg;
    r->out->outcome = OUTCOME_EXCEPTION;
    r->out->vector = 14;
    r->out->fault_address = address;
    return false;
}

struct unicorn_runner *unicorn_runner_new(void) {
    struct unicorn_runner *r = calloc(1, sizeof *r);
    uc_hook hook;
    if (uc_open(UC_ARCH_X86, UC_MODE_64, &r->uc) || uc_mem_map(r->uc, CODE_GVA, 0x2000, UC_PROT_ALL) ||
        uc_mem_map(r->uc, DATA_GVA, DATA_SIZE, UC_PROT_READ | UC_PROT_WRITE) ||
        uc_hook_add(r->uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, r, 1, 0) ||
        uc_hook_add(r->uc, &hook, UC_HOOK_MEM_INVALID, (void *)on_bad_memory, r, 1, 0)) {
        free(r);
        return NULL;
    }
    return r;
}

void unicorn_runner_free(struct unicorn_runner *r) {
    uc_close(r->uc);
    free(r);
}

static void load(struct unicorn_runner *r, const struct instance *in) {
    const struct machine_state *s = &in->before;
    uc_mem_write(r->uc, s->rip, in->bytes, in->length);
    uc_mem_write(r->uc, DATA_GVA, s->data, DATA_SIZE);
    for (int i = 0; i < 16; i++) uc_reg_write(r->uc, gpr_ids[i], &s->gpr[i]);
    for (int i = 0; i < 16; i++) uc_reg_write(r->uc, UC_X86_REG_XMM0 + i, s->xsave + 160 + 16 * i);
    uc_reg_write(r->uc, UC_X86_REG_RFLAGS, &s->rflags);
    uc_reg_write(r->uc, UC_X86_REG_MXCSR, s->xsave + 24);
    uc_ctl_remove_cache(r->uc, CODE_GVA, CODE_GVA + 0x2000);
}

void unicorn_run(struct unicorn_runner *r, const struct instance *in, struct result *out) {
    r->out = out;
    out->after = in->before;
    out->outcome = OUTCOME_RETIRED;
    load(r, in);
    const uc_err err = uc_emu_start(r->uc, in->before.rip, 0, 0, 1);
    if (err && out->outcome == OUTCOME_RETIRED) {
        out->outcome = OUTCOME_EXCEPTION;
        out->vector = err == UC_ERR_INSN_INVALID ? 6 : 13;
    }
    struct machine_state *s = &out->after;
    for (int i = 0; i < 16; i++) uc_reg_read(r->uc, gpr_ids[i], &s->gpr[i]);
    for (int i = 0; i < 16; i++) uc_reg_read(r->uc, UC_X86_REG_XMM0 + i, s->xsave + 160 + 16 * i);
    uc_reg_read(r->uc, UC_X86_REG_RFLAGS, &s->rflags);
    uc_reg_read(r->uc, UC_X86_REG_MXCSR, s->xsave + 24);
    uc_reg_read(r->uc, UC_X86_REG_RIP, &s->rip);
    uc_mem_read(r->uc, DATA_GVA, s->data, DATA_SIZE);
}
