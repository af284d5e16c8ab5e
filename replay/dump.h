/* SPDX-License-Identifier: ISC */
/* A log as text: one line per entry. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The entries of one frame. Returns false at one that is damaged. */
bool replay_dump(const uint8_t *bytes, size_t n, FILE *out);
