/* SPDX-License-Identifier: ISC */
/* Looks the functions up in the ELF image that the kernel maps into every process. Source: vdso(7). */
#include "host/vdso.h"

#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

struct image {
    uintptr_t bias;
    const ElfW(Sym) *symbols;
    const char *strings;
    const ElfW(Word) *hash; /* bucket count, chain count = number of symbols */
};

static const ElfW(Dyn) *read_segments(struct image *image, uintptr_t start) {
    const ElfW(Ehdr) *header = (const void *)start;
    const ElfW(Phdr) *segment = (const void *)(start + header->e_phoff);
    const ElfW(Dyn) *dynamic = NULL;
    bool has_load = false;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segment[i].p_type == PT_DYNAMIC) dynamic = (const void *)(start + segment[i].p_offset);
        if (segment[i].p_type != PT_LOAD || has_load) continue;
        image->bias = start + segment[i].p_offset - segment[i].p_vaddr;
        has_load = true;
    }
    return has_load ? dynamic : NULL;
}

static bool read_image(struct image *image) {
    const uintptr_t start = getauxval(AT_SYSINFO_EHDR);
    const ElfW(Dyn) *entry = start ? read_segments(image, start) : NULL;
    for (; entry && entry->d_tag != DT_NULL; entry++) {
        const void *at = (const void *)(image->bias + entry->d_un.d_ptr);
        if (entry->d_tag == DT_SYMTAB) image->symbols = at;
        else if (entry->d_tag == DT_STRTAB) image->strings = at;
        else if (entry->d_tag == DT_HASH) image->hash = at;
    }
    return image->symbols && image->strings && image->hash;
}

static uintptr_t find(const struct image *image, const char *name) {
    for (ElfW(Word) i = 0; i < image->hash[1]; i++) {
        const ElfW(Sym) *symbol = &image->symbols[i];
        if (symbol->st_shndx == SHN_UNDEF || strcmp(image->strings + symbol->st_name, name) != 0) continue;
        return image->bias + symbol->st_value;
    }
    return 0;
}

bool host_vdso_find(struct host_vdso *out) {
    struct image image = {0};
    *out = (struct host_vdso){0};
    if (!read_image(&image)) return false;
    const uintptr_t clock = find(&image, "__vdso_clock_gettime"), processor = find(&image, "__vdso_getcpu");
    if (!clock || !processor) return false;
    memcpy(&out->clock, &clock, sizeof clock);
    memcpy(&out->processor, &processor, sizeof processor);
    return true;
}
