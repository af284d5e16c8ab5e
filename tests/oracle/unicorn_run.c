/* SPDX-License-Identifier: ISC */
/* The code is written to a fresh place each time, and its translation dropped. */
#include "tests/oracle/unicorn_run.h"

#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

struct unicorn_runner {
    uc_engine *uc;
};

static const int gpr_id[16] = {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
                               UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10, UC_X86_REG_R11,
                               UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15};

struct unicorn_runner *unicorn_runner_new(void) {
    struct unicorn_runner *r = calloc(1, sizeof *r);
    if (uc_open(UC_ARCH_X86, UC_MODE_64, &r->uc) || uc_ctl_set_cpu_model(r->uc, UC_CPU_X86_EPYC_ROME) ||
        uc_mem_map(r->uc, CODE_GVA, CODE_PAGES_SIZE, UC_PROT_ALL) ||
        uc_mem_map(r->uc, DATA_GVA, DATA_SIZE, UC_PROT_READ | UC_PROT_WRITE)) {
        free(r);
        return NULL;
    }
    return r;
}

/* The image has ST(i) and one tag bit a register; Unicorn has registers by number and two tag bits. */
static void load_x87(uc_engine *uc, const uint8_t *image) {
    uint16_t fcw, fsw, tags = 0;
    memcpy(&fcw, image, 2);
    memcpy(&fsw, image + 2, 2);
    uc_reg_write(uc, UC_X86_REG_FPCW, &fcw);
    uc_reg_write(uc, UC_X86_REG_FPSW, &fsw);
    for (int i = 0; i < 8; i++) {
        const int number = ((fsw >> 11) + i) & 7;
        uint8_t value[16] = {0};
        memcpy(value, image + 32 + 16 * i, 10);
        uc_reg_write(uc, UC_X86_REG_FP0 + number, value);
    }
    for (int i = 0; i < 8; i++) tags |= (uint16_t)((image[4] >> i & 1 ? 0 : 3) << 2 * i);
    uc_reg_write(uc, UC_X86_REG_FPTAG, &tags);
}

static void store_x87(uc_engine *uc, uint8_t *image) {
    uint16_t fcw = 0, fsw = 0, tags = 0;
    uc_reg_read(uc, UC_X86_REG_FPCW, &fcw);
    uc_reg_read(uc, UC_X86_REG_FPSW, &fsw);
    uc_reg_read(uc, UC_X86_REG_FPTAG, &tags);
    memcpy(image, &fcw, 2);
    memcpy(image + 2, &fsw, 2);
    image[4] = 0;
    for (int i = 0; i < 8; i++) {
        uint8_t value[16] = {0};
        uc_reg_read(uc, UC_X86_REG_FP0 + (((fsw >> 11) + i) & 7), value);
        memcpy(image + 32 + 16 * i, value, 10);
        image[4] |= (uint8_t)(((tags >> 2 * i & 3) != 3) << i);
    }
}

static void load(uc_engine *uc, const struct instance *instance) {
    const struct machine_state *s = &instance->before;
    uint8_t traps[CODE_PAGES_SIZE];
    uint32_t mxcsr;
    memset(traps, CODE_FILL, sizeof traps);
    uc_mem_write(uc, DATA_GVA, s->data, DATA_SIZE);
    uc_mem_write(uc, CODE_GVA, traps, sizeof traps);
    uc_mem_write(uc, s->rip, instance->bytes, instance->length);
    uc_ctl_remove_cache(uc, CODE_GVA, CODE_GVA + CODE_PAGES_SIZE);
    for (int i = 0; i < 16; i++) uc_reg_write(uc, gpr_id[i], &s->gpr[i]);
    for (int i = 0; i < 16; i++) uc_reg_write(uc, UC_X86_REG_XMM0 + i, s->xsave + 160 + 16 * i);
    uc_reg_write(uc, UC_X86_REG_EFLAGS, &s->rflags);
    memcpy(&mxcsr, s->xsave + 24, 4);
    uc_reg_write(uc, UC_X86_REG_MXCSR, &mxcsr);
    load_x87(uc, s->xsave);
}

static void store(uc_engine *uc, const struct instance *instance, struct machine_state *out) {
    uint32_t mxcsr = 0;
    *out = instance->before;
    for (int i = 0; i < 16; i++) uc_reg_read(uc, gpr_id[i], &out->gpr[i]);
    for (int i = 0; i < 16; i++) uc_reg_read(uc, UC_X86_REG_XMM0 + i, out->xsave + 160 + 16 * i);
    uc_reg_read(uc, UC_X86_REG_EFLAGS, &out->rflags);
    uc_reg_read(uc, UC_X86_REG_RIP, &out->rip);
    uc_reg_read(uc, UC_X86_REG_MXCSR, &mxcsr);
    memcpy(out->xsave + 24, &mxcsr, 4);
    store_x87(uc, out->xsave);
    uc_mem_read(uc, DATA_GVA, out->data, DATA_SIZE);
    uc_mem_read(uc, CODE_GVA, out->code, CODE_PAGES_SIZE);
}

int unicorn_run(struct unicorn_runner *r, const struct instance *instance, struct result *out) {
    load(r->uc, instance);
    const uc_err error = uc_emu_start(r->uc, instance->before.rip, 0, 0, 1);
    store(r->uc, instance, &out->after);
    out->outcome = error && !unicorn_only_fetch_failed((int)error) ? OUTCOME_EXCEPTION : OUTCOME_RETIRED;
    return (int)error;
}

_Bool unicorn_only_fetch_failed(int error) {
    return error == UC_ERR_FETCH_UNMAPPED || error == UC_ERR_FETCH_PROT;
}
