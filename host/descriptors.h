/* SPDX-License-Identifier: ISC */
/* The host descriptors that our process was started with. */
#pragma once

/* Writes the open host descriptors that are not close-on-exec, lowest first, at most max of them. Returns how many. */
int host_descriptors_inherited(int *fds, int max);
/* Points a host descriptor at nothing (/dev/null), so that its number stays taken and its object is let go. */
void host_descriptor_blank(int fd);
/* Points a host descriptor at what another one refers to. */
void host_descriptor_point(int fd, int at);
