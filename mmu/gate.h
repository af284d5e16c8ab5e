/* SPDX-License-Identifier: ISC */
/* Stopping the threads of a space, so that host mappings can change under nobody's feet. A thread may pass into the engine (tlb_enter),
 * or out of one of its safe points, only while the gate is open; into translated code only while nobody closed that door too. Whoever
 * closes the gate holds none of the space's locks and no TLB of his own inside; several may keep it closed at once. Private to mmu/. */
#pragma once

#include "mmu/tlb.h"

enum gate { GATE_INSIDE = 1, GATE_NATIVE = 0x10001 }; /* counts: those who keep all TLBs outside; and translated code from running */

/* Returns when every TLB is outside (and no thread is native). What TLBs hold stays: step the epoch after this, not before, since a TLB
 * that is still inside might flush at once and fill its entries again. */
void gate_close(struct address_space *space, enum gate gate);
void gate_open(struct address_space *space, enum gate gate);
/* Sleeps while the gate has any of these counts. The caller is outside. */
void gate_wait(struct address_space *space, uint32_t mask);
/* Returns when no thread of the space runs translated code that it entered before the caller set KICK_CODE. */
void gate_wait_for_native(struct address_space *space);

#define GATE_ANY UINT32_MAX
#define GATE_NATIVE_MASK 0xffff0000u
