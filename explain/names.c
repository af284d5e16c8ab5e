/* SPDX-License-Identifier: ISC */
/* Addresses are what is written as 0x...; one right behind another, like a list of return addresses, is the place of the call before it. */
#include "explain/names.h"

#include "explain/symbols.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mappings {
    char *text; /* owned: the lines, with paths of the host */
    size_t size;
};

/* Up to the empty line. Returns false without memory. */
static bool read_mappings(struct mappings *mappings, const char *root) {
    FILE *out = open_memstream(&mappings->text, &mappings->size);
    char *line = NULL;
    size_t room = 0;
    while (out && getline(&line, &room, stdin) > 1) {
        const char *path = strchr(line, '/');
        if (path) fprintf(out, "%.*s%s%s", (int)(path - line), line, root, path);
        else fputs(line, out);
    }
    free(line);
    return out && fclose(out) == 0;
}

static void print_named(struct Dwfl *dwfl, uint64_t address, bool is_return) {
    char name[512];
    printf("0x%llx", (unsigned long long)address);
    if (symbols_name(dwfl, address, !is_return, name, sizeof name)) printf(" %s", name);
}

static void filter_line(struct Dwfl *dwfl, const char *line) {
    bool was_address = false;
    for (const char *at = line; *at;) {
        const bool starts = strncmp(at, "0x", 2) == 0 && isxdigit((unsigned char)at[2]) && (at == line || !isalnum((unsigned char)at[-1]));
        if (!starts) {
            was_address &= *at == ' ';
            putchar(*at++);
            continue;
        }
        char *end;
        const uint64_t address = strtoull(at, &end, 16);
        print_named(dwfl, address, was_address);
        was_address = true;
        at = end;
    }
}

int names_filter(const char *root) {
    struct mappings mappings = {NULL, 0};
    char *line = NULL;
    size_t room = 0;
    if (!read_mappings(&mappings, root)) return 1;
    struct Dwfl *dwfl = symbols_of_mappings(mappings.text, mappings.size);
    while (getline(&line, &room, stdin) >= 0) filter_line(dwfl, line);
    free(line);
    free(mappings.text);
    return fflush(stdout) == 0 ? 0 : 1;
}
