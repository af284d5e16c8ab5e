/* SPDX-License-Identifier: ISC */
/* CPUID from rows. */
#include "cpu/model.h"

#include "base/bits.h"

#include <string.h>

#define ANY UINT32_MAX

struct model_leaf {
    uint32_t leaf, subleaf, out[4];
};

struct cpu_model {
    const struct model_leaf *leaf;
    unsigned n;
};

static const struct model_leaf default_leaf[] = {
#define LEAF(leaf, subleaf, eax, ebx, ecx, edx) {leaf, subleaf, {eax, ebx, ecx, edx}},
#include "cpu/model_default.def"
#undef LEAF
};

const struct cpu_model *cpu_model_default(void) {
    static const struct cpu_model model = {default_leaf, ARRAY_LEN(default_leaf)};
    return &model;
}

static const struct model_leaf *find(const struct cpu_model *model, uint32_t leaf, uint32_t subleaf) {
    for (unsigned i = 0; i < model->n; i++) {
        const struct model_leaf *row = &model->leaf[i];
        if (row->leaf == leaf && (row->subleaf == ANY || row->subleaf == subleaf)) return row;
    }
    return NULL;
}

void cpu_model_leaf(const struct cpu_model *model, uint32_t leaf, uint32_t subleaf, uint32_t processor_id,
                    uint32_t out[4]) {
    const struct model_leaf *row = find(model, leaf, subleaf);
    memset(out, 0, 4 * sizeof *out);
    if (row) memcpy(out, row->out, sizeof row->out);
    if (row && leaf == 1) out[1] |= (processor_id & 0xff) << 24; /* initial APIC id */
}

uint64_t cpu_model_hwcap(const struct cpu_model *model) {
    return find(model, 1, 0)->out[3];
}

uint64_t cpu_model_hwcap2(const struct cpu_model *model) {
    return find(model, 7, 0)->out[1] & 1 ? 2 : 0;
}
