/* SPDX-License-Identifier: ISC */
/* Translates the host's errno to the one error space. For host/posix/ only. */
#pragma once

/* -E for the calling thread's errno; call it before anything else can change errno. */
int host_error_last(void);
/* -E for an error code returned as a value (pthread_*, posix_*). 0 stays 0. */
int host_error_from(int code);
/* -E for a code that POSIX does not name; each OS folder has its own. */
int host_error_other(int code);
