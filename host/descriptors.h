/* SPDX-License-Identifier: ISC */
/* The host descriptors that our process was started with. */
#pragma once

/* The lowest open host descriptor >= from that is not close-on-exec, or -1. */
int host_descriptor_next_inherited(int from);
/* Points a host descriptor at nothing (/dev/null), so that its number stays taken and its object is let go. */
void host_descriptor_blank(int fd);
