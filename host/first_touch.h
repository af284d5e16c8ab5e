/* SPDX-License-Identifier: ISC */
/* Start-up of the program: memory that every run of a machine touches, made present at once. */
#pragma once

/* Once, by the program (not by a library's user) before it makes a machine: heap and stack. */
void host_first_touch(void);
