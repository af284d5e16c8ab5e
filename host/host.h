/* SPDX-License-Identifier: ISC */
/* The whole contract between Lockstep and the operating system it runs on: memory, threads, clocks, files,
 * readiness, signals from outside. Everything above host/ includes only these headers, never the system's.
 * Each host implements them in its own folder (posix/, windows/, wasm/) under the same file names. */
#pragma once

#include "host/clock.h"
#include "host/crash.h"
#include "host/descriptors.h"
#include "host/fault.h"
#include "host/file.h"
#include "host/front.h"
#include "host/memory.h"
#include "host/poll.h"
#include "host/signal.h"
#include "host/terminal.h"
#include "host/thread.h"
#include "host/user.h"
