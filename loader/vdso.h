/* SPDX-License-Identifier: ISC */
/* The vDSO: an ELF image that the loader maps into every process and names in AT_SYSINFO_EHDR, with functions that read the clocks
 * without a system call. It is guest code, built from vdso/vdso.c where the building compiler makes x86-64 code; elsewhere
 * there is none, and programs make the system calls. Source: vdso(7). */
#pragma once

#include <stdint.h>

struct vdso_image {
    const uint8_t *bytes;
    uint32_t size; /* 0: there is none */
};

extern const struct vdso_image vdso_image;
