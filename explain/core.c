/* SPDX-License-Identifier: ISC */
/* Reading the core: PT_LOADs are the mappings, notes say the rest. */
#include "explain/core.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_mappings(struct core *core) {
    size_t n;
    if (elf_getphdrnum(core->elf, &n) < 0) return false;
    core->mapping = calloc(n + 1, sizeof *core->mapping);
    if (!core->mapping) return false;
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr head;
        if (!gelf_getphdr(core->elf, (int)i, &head) || head.p_type != PT_LOAD) continue;
        core->mapping[core->n_mappings++] = (struct core_mapping){
            .start = head.p_vaddr, .end = head.p_vaddr + head.p_memsz, .offset = head.p_offset, .size = head.p_filesz, .flags = head.p_flags};
    }
    return true;
}

const struct core_mapping *core_find(const struct core *core, uint64_t address) {
    for (size_t i = 0; i < core->n_mappings; i++) {
        if (address >= core->mapping[i].start && address < core->mapping[i].end) return &core->mapping[i];
    }
    return NULL;
}

/* NT_FILE: count, page size, {start, end, page of the file} each, then the names, one after the other. */
static void name_mappings(struct core *core, const char *at, size_t size) {
    uint64_t head[2], row[3];
    if (size < sizeof head) return;
    memcpy(head, at, sizeof head);
    if (head[0] > (size - sizeof head) / sizeof row) return;
    const char *name = at + sizeof head + head[0] * sizeof row, *end = at + size;
    for (uint64_t i = 0; i < head[0]; i++) {
        const size_t length = strnlen(name, (size_t)(end - name));
        if (length == (size_t)(end - name)) return;
        memcpy(row, at + sizeof head + i * sizeof row, sizeof row);
        struct core_mapping *mapping = (struct core_mapping *)(uintptr_t)core_find(core, row[0]);
        if (mapping) mapping->file = name;
        if (mapping) mapping->file_offset = row[2] * head[1];
        name += length + 1;
    }
}

static void take(void *to, size_t size, const char *from, size_t n) {
    if (n == size) memcpy(to, from, size);
}

/* The first NT_PRSTATUS is the thread's that died. */
static bool read_notes(struct core *core, const GElf_Phdr *head) {
    Elf_Data *data = elf_getdata_rawchunk(core->elf, (int64_t)head->p_offset, head->p_filesz, ELF_T_NHDR);
    GElf_Nhdr note;
    size_t name, content, at = 0;
    bool found = false;
    while (data && (at = gelf_getnote(data, at, &note, &name, &content)) > 0) {
        const char *bytes = (const char *)data->d_buf + content;
        switch (note.n_type) {
        case NT_PRSTATUS:
            if (!found) take(&core->status, sizeof core->status, bytes, note.n_descsz);
            found = true;
            break;
        case NT_PRPSINFO: take(&core->process, sizeof core->process, bytes, note.n_descsz); break;
        case NT_SIGINFO: take(&core->info, sizeof core->info, bytes, note.n_descsz); break;
        case NT_FILE: name_mappings(core, bytes, note.n_descsz); break;
        default: break;
        }
    }
    return found;
}

bool core_open(struct core *core, int fd, const char *root) {
    size_t n;
    *core = (struct core){.root = root};
    if (elf_version(EV_CURRENT) == EV_NONE || !(core->elf = elf_begin(fd, ELF_C_READ, NULL))) return false;
    if (!read_mappings(core) || elf_getphdrnum(core->elf, &n) < 0) return false;
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr head;
        if (gelf_getphdr(core->elf, (int)i, &head) && head.p_type == PT_NOTE) return read_notes(core, &head);
    }
    return false;
}

void core_file_path(const struct core *core, const char *name, char *out, size_t size) {
    snprintf(out, size, "%s%s", core->root, name);
}

static size_t read_file(const struct core *core, const struct core_mapping *mapping, uint64_t address, void *out, size_t n) {
    char path[4096];
    core_file_path(core, mapping->file, path, sizeof path);
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return 0;
    const ssize_t got = pread(fd, out, n, (off_t)(mapping->file_offset + (address - mapping->start)));
    close(fd);
    return got < 0 ? 0 : (size_t)got;
}

size_t core_read(const struct core *core, uint64_t address, void *out, size_t n) {
    const struct core_mapping *mapping = core_find(core, address);
    if (!mapping) return 0;
    const uint64_t at = address - mapping->start;
    if (n > mapping->end - address) n = (size_t)(mapping->end - address);
    if (at < mapping->size) {
        if (n > mapping->size - at) n = (size_t)(mapping->size - at);
        const Elf_Data *data = elf_getdata_rawchunk(core->elf, (int64_t)(mapping->offset + at), n, ELF_T_BYTE);
        if (!data) return 0;
        memcpy(out, data->d_buf, n);
        return n;
    }
    return mapping->file ? read_file(core, mapping, address, out, n) : 0;
}
