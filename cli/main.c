/* SPDX-License-Identifier: ISC */
/* The command. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("lockstep 0.1.0");
        return 0;
    }
    fputs("lockstep: usage: lockstep run [options] program [arguments]\n", stderr);
    return 125;
}
