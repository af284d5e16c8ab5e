/* SPDX-License-Identifier: ISC */
/* Says in plain words what a file is that cannot run here. Only for messages; decides nothing. */
#include "loader/image.h"

#include "base/bits.h"

#include <stdio.h>
#include <string.h>

static const struct {
    uint16_t number;
    const char *name;
} machines[] = {
    {2, "SPARC"},    {3, "i386"},    {8, "MIPS"},        {20, "PowerPC"},  {21, "PowerPC64"}, {22, "S/390"},
    {40, "ARM"},     {42, "SuperH"}, {43, "SPARC V9"},   {50, "IA-64"},    {183, "AArch64"},  {243, "RISC-V"},
    {247, "BPF"},    {258, "LoongArch"},
};

static const struct {
    const char *magic;
    size_t n;
    const char *what;
} formats[] = {
    {"MZ", 2, "a Windows or DOS program"},
    {"\xcf\xfa\xed\xfe", 4, "a macOS program"},
    {"\xca\xfe\xba\xbe", 4, "a macOS universal program or a Java class"},
    {"\0asm", 4, "a WebAssembly module"},
    {"!<arch>", 7, "a library archive"},
    {"PK\3\4", 4, "a ZIP archive"},
    {"\x1f\x8b", 2, "a gzip file"},
};

static const char *machine_name(uint16_t number) {
    for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
        if (machines[i].number == number) return machines[i].name;
    }
    return NULL;
}

static void describe_elf(const uint8_t *bytes, char *out, size_t out_size) {
    const uint16_t machine = (uint16_t)(bytes[18] | bytes[19] << 8);
    const char *name = machine_name(machine);
    if (bytes[ELF_DATA] != ELF_DATA_LITTLE) {
        snprintf(out, out_size, "not an x86-64 ELF file: it is big-endian");
    } else if (name) {
        snprintf(out, out_size, "not an x86-64 ELF file: machine is %s", name);
    } else if (machine != ELF_MACHINE_X86_64) {
        snprintf(out, out_size, "not an x86-64 ELF file: machine is number %u", machine);
    } else {
        snprintf(out, out_size, "not a 64-bit ELF file but an x32 one");
    }
}

void image_describe_foreign(const uint8_t *bytes, size_t n, char *out, size_t out_size) {
    if (n >= 20 && memcmp(bytes, "\177ELF", 4) == 0) {
        describe_elf(bytes, out, out_size);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (n < formats[i].n || memcmp(bytes, formats[i].magic, formats[i].n) != 0) continue;
        snprintf(out, out_size, "not an x86-64 ELF file but %s", formats[i].what);
        return;
    }
    snprintf(out, out_size, n == 0 ? "the file is empty" : "neither an ELF file nor a script");
}
