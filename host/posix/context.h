/* SPDX-License-Identifier: ISC */
/* The machine context of a signal handler behind host/fault.h; one implementation per host system and processor. */
#pragma once

#include "host/fault.h"

/* The context from a handler's third argument. */
struct host_context *host_context_of(void *context);
