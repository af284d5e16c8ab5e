/* SPDX-License-Identifier: ISC */
/* The machine model: what CPUID tells. A choice, never the host's. Immutable. */
#pragma once

#include <stdint.h>

struct cpu_model;

/* x86-64-v3 and AES, PCLMULQDQ, SHA, ADX, RDRAND, RDSEED, XSAVE, FSGSBASE. */
const struct cpu_model *cpu_model_default(void);
/* out: EAX EBX ECX EDX. An unknown leaf is all zero. */
void cpu_model_leaf(const struct cpu_model *model, uint32_t leaf, uint32_t subleaf, uint32_t processor_id,
                    uint32_t out[4]);
/* Linux's AT_HWCAP (leaf 1 EDX) and AT_HWCAP2 (bit 1: FSGSBASE works in user mode). */
uint64_t cpu_model_hwcap(const struct cpu_model *model);
uint64_t cpu_model_hwcap2(const struct cpu_model *model);
