/* SPDX-License-Identifier: ISC */
/* EXPECT(condition): says where and ends the program if it does not hold. Works in every build, unlike assert. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#define EXPECT(condition)                                                   \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                        \
        }                                                                   \
    } while (0)
