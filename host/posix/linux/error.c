/* SPDX-License-Identifier: ISC */
/* Error codes that Linux has beyond POSIX: the same numbers as ours, so only unknown ones need a translation. */
#include "host/posix/error.h"

#include "base/error.h"

static int known(int code) {
    switch (code) {
#define E(name, number, text) case number: return number;
#include "base/error.def"
#undef E
    default: return EIO;
    }
}

int host_error_other(int code) {
    return -known(code);
}
