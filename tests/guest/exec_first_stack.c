/* SPDX-License-Identifier: ISC */
/* execve(2), getauxval(3): what a new program finds on its stack and in its auxiliary vector. */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;
extern const char __ehdr_start[];

static int failures;

static void check(int ok, const char *what) {
    if (ok) return;
    printf("wrong: %s\n", what);
    failures++;
}

static int count(char **list) {
    int n = 0;
    while (list[n]) n++;
    return n;
}

static uint64_t entry(const uint64_t *auxv, uint64_t type) {
    for (; auxv[0]; auxv += 2) {
        if (auxv[0] == type) return auxv[1];
    }
    return UINT64_MAX;
}

static int any_set(const uint8_t *bytes, int n) {
    int any = 0;
    while (n--) any |= bytes[n];
    return any;
}

int main(int argc, char **argv) {
    const uint64_t *words = (const uint64_t *)argv - 1;
    const uint64_t *auxv = (const uint64_t *)(environ + count(environ) + 1);
    const Elf64_Phdr *phdr = (const Elf64_Phdr *)entry(auxv, AT_PHDR);
    check((uint64_t)words % 16 == 0, "rsp is not a multiple of 16");
    check(words[0] == (uint64_t)argc && argc == count(argv), "argc");
    check(environ == argv + argc + 1, "envp does not follow argv");
    for (int i = 0; i + 1 < argc; i++) check(argv[i + 1] == argv[i] + strlen(argv[i]) + 1, "arguments are apart");
    check(entry(auxv, AT_PAGESZ) == 4096, "AT_PAGESZ");
    check(entry(auxv, AT_PHENT) == sizeof *phdr, "AT_PHENT");
    check(entry(auxv, AT_CLKTCK) == 100, "AT_CLKTCK");
    check(entry(auxv, AT_SECURE) == 0, "AT_SECURE");
    check(entry(auxv, AT_FLAGS) == 0, "AT_FLAGS");
    check(entry(auxv, AT_UID) == getuid() && entry(auxv, AT_EUID) == geteuid(), "AT_UID, AT_EUID");
    check(entry(auxv, AT_GID) == getgid() && entry(auxv, AT_EGID) == getegid(), "AT_GID, AT_EGID");
    check(entry(auxv, AT_HWCAP) & 1, "AT_HWCAP has no FPU");
    check(any_set((const uint8_t *)entry(auxv, AT_RANDOM), 16), "AT_RANDOM is all zero");
    check(strcmp((const char *)entry(auxv, AT_PLATFORM), "x86_64") == 0, "AT_PLATFORM");
    check(strcmp((const char *)entry(auxv, AT_EXECFN), argv[0]) == 0, "AT_EXECFN");
    check((const char *)phdr == __ehdr_start + ((const Elf64_Ehdr *)__ehdr_start)->e_phoff, "AT_PHDR");
    check(entry(auxv, AT_PHNUM) == ((const Elf64_Ehdr *)__ehdr_start)->e_phnum, "AT_PHNUM");
    check(sbrk(0) != (void *)-1 && (uint64_t)sbrk(0) % 4096 == 0, "the first break is not a page's");
    if (failures == 0) puts("the first stack is in order");
    return failures;
}
