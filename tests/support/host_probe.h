/* SPDX-License-Identifier: ISC */
/* Asks the host CPU (x86-64 Linux only) what it makes of some bytes: whether they are an
 * instruction, and how long. The bytes run in a traced child with registers that point nowhere, one
 * instruction each, against the end of a page. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct host_probe;

enum { PROBE_UD = -1, PROBE_UNKNOWN = -2 /* more than 15 bytes, or the child died of it */ };

/* NULL if the host cannot trace. */
struct host_probe *host_probe_new(void);
void host_probe_free(struct host_probe *probe);
/* Length of the instruction at bytes[0..15], PROBE_UD or PROBE_UNKNOWN. SYSCALL, SYSENTER and INT
 * are not run. */
int host_probe_run(struct host_probe *probe, const uint8_t bytes[15]);
