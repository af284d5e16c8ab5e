/* SPDX-License-Identifier: ISC */
/* Where the compiler makes no x86-64 code there is no vDSO. */
#include "loader/vdso.h"

const struct vdso_image vdso_image = {0};
