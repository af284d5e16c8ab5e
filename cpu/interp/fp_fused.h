/* SPDX-License-Identifier: ISC */
/* x * y + z with one rounding, the guest's rounding mode and exceptions; fp_host_<processor>.c. */
#pragma once

float fp_fused32(float x, float y, float z);
double fp_fused64(double x, double y, double z);
/* The same in integer arithmetic, for hosts without the operation; fp_soft.c. */
float fp_soft_fused32(float x, float y, float z);
double fp_soft_fused64(double x, double y, double z);
