/* SPDX-License-Identifier: ISC */
/* Reading the words of a packet. */
#include "debugger/gdb/internal.h"

#include <string.h>

bool cursor_is_empty(const struct cursor *c) {
    return c->at == c->end;
}

bool cursor_take(struct cursor *c, const char *word) {
    const size_t n = strlen(word);
    if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0) return false;
    c->at += n;
    return true;
}

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool cursor_hex(struct cursor *c, uint64_t *out) {
    const char *start = c->at;
    *out = 0;
    for (; c->at < c->end && digit(*c->at) >= 0; c->at++) {
        if (*out >> 60) return false;
        *out = *out << 4 | (uint64_t)digit(*c->at);
    }
    return c->at > start;
}

size_t cursor_bytes(struct cursor *c, void *out, size_t n) {
    uint8_t *bytes = out;
    size_t i = 0;
    for (; i < n && c->end - c->at >= 2; i++, c->at += 2) {
        const int high = digit(c->at[0]), low = digit(c->at[1]);
        if (high < 0 || low < 0) break;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return i;
}

static bool take_number(struct cursor *c, int *out) {
    uint64_t number;
    if (cursor_take(c, "-1")) {
        *out = TARGET_ALL;
        return true;
    }
    if (!cursor_hex(c, &number) || number > INT32_MAX) return false;
    *out = number ? (int)number : TARGET_ALL;
    return true;
}

bool cursor_thread(struct cursor *c, int *pid, int *tid) {
    *pid = *tid = TARGET_ALL;
    if (!cursor_take(c, "p")) return take_number(c, tid);
    return take_number(c, pid) && (!cursor_take(c, ".") || take_number(c, tid));
}

bool cursor_range(struct cursor *c, uint64_t *address, uint64_t *length) {
    return cursor_hex(c, address) && cursor_take(c, ",") && cursor_hex(c, length);
}
