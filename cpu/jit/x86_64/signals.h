/* SPDX-License-Identifier: ISC */
/* Faults and kicks that hit translated code. */
#pragma once

#include "host/fault.h"

/* For host_fault_claim; acts on jit_thread. */
host_fault_fn jit_claim_fault;
