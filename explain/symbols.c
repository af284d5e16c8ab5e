/* SPDX-License-Identifier: ISC */
/* Modules are the ELF files that were mapped, placed where their first bytes lay; frames come from their unwind tables. */
#include "explain/symbols.h"

#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FRAMES = 24, MAX_THREADS = 32, PAGE = 4096 };

static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf, .find_debuginfo = dwfl_standard_find_debuginfo};

/* Of mappings whose files are there. */
static const Dwfl_Callbacks mapped_callbacks = {.find_elf = dwfl_linux_proc_find_elf, .find_debuginfo = dwfl_standard_find_debuginfo};

/* Address of the segment that holds the file's first bytes, from its program headers as they were in memory or are in the file. */
static bool first_address(const struct core *core, const struct core_mapping *mapping, uint64_t *out) {
    Elf64_Ehdr head;
    Elf64_Phdr segment;
    if (core_read(core, mapping->start, &head, sizeof head) != sizeof head || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) return false;
    for (unsigned i = 0; i < head.e_phnum && i < 64; i++) {
        const uint64_t at = mapping->start + head.e_phoff + i * sizeof segment;
        if (core_read(core, at, &segment, sizeof segment) != sizeof segment) return false;
        if (segment.p_type != PT_LOAD || segment.p_offset >= PAGE) continue;
        *out = segment.p_vaddr & ~(uint64_t)(PAGE - 1);
        return true;
    }
    return false;
}

static void report(Dwfl *dwfl, const struct core *core, const struct core_mapping *mapping) {
    char path[4096];
    struct stat stat_of;
    uint64_t first;
    if (!mapping->file || mapping->file_offset != 0 || !first_address(core, mapping, &first)) return;
    core_file_path(core, mapping->file, path, sizeof path);
    if (stat(path, &stat_of) == 0 && S_ISREG(stat_of.st_mode)) dwfl_report_elf(dwfl, mapping->file, path, -1, mapping->start - first, true);
}

struct Dwfl *symbols_new(const struct core *core) {
    Dwfl *dwfl = dwfl_begin(&callbacks);
    if (!dwfl) return NULL;
    dwfl_report_begin(dwfl);
    for (size_t i = 0; i < core->n_mappings; i++) report(dwfl, core, &core->mapping[i]);
    dwfl_report_end(dwfl, NULL, NULL);
    return dwfl;
}

struct Dwfl *symbols_of_mappings(const char *lines, size_t size) {
    Dwfl *dwfl = size ? dwfl_begin(&mapped_callbacks) : NULL;
    FILE *file = dwfl ? fmemopen((void *)(uintptr_t)lines, size, "r") : NULL;
    if (!dwfl || !file) return dwfl;
    dwfl_report_begin(dwfl);
    dwfl_linux_proc_maps_report(dwfl, file);
    dwfl_report_end(dwfl, NULL, NULL);
    fclose(file);
    return dwfl;
}

bool symbols_name(struct Dwfl *dwfl, uint64_t address, bool leaf, char *out, size_t size) {
    const uint64_t inside = leaf ? address : address - 1;
    Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, inside) : NULL;
    GElf_Sym symbol;
    GElf_Off offset;
    if (!module || !dwfl_module_addrinfo(module, inside, &offset, &symbol, NULL, NULL, NULL)) return false;
    symbols_describe(dwfl, address, leaf, out, size);
    return true;
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void symbols_describe(struct Dwfl *dwfl, uint64_t address, bool leaf, char *out, size_t size) {
    const uint64_t inside = leaf ? address : address - 1; /* a return address may lie behind its function */
    Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, inside) : NULL;
    GElf_Sym symbol;
    GElf_Off offset = 0;
    const char *name = module ? dwfl_module_addrinfo(module, inside, &offset, &symbol, NULL, NULL, NULL) : NULL;
    Dwfl_Line *line = module ? dwfl_module_getsrc(module, inside) : NULL;
    int number = 0;
    const char *file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
    const char *object = module ? dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL) : NULL;
    if (name && file) {
        snprintf(out, size, "%s+%#llx (%s:%d)", name, (unsigned long long)(offset + (address - inside)), last_part(file), number);
    } else if (name) {
        snprintf(out, size, "%s+%#llx (%s)", name, (unsigned long long)(offset + (address - inside)), object ? last_part(object) : "?");
    } else {
        snprintf(out, size, "%#llx%s%s%s", (unsigned long long)address, object ? " (" : "", object ? last_part(object) : "", object ? ")" : "");
    }
}

struct trace {
    Dwfl *dwfl;
    int n;
};

static int print_frame(Dwfl_Frame *frame, void *arg) {
    struct trace *trace = arg;
    Dwarf_Addr pc;
    bool is_activation;
    char text[512];
    if (!dwfl_frame_pc(frame, &pc, &is_activation) || !pc) return DWARF_CB_ABORT;
    symbols_describe(trace->dwfl, pc, is_activation, text, sizeof text);
    fprintf(stderr, "%s%s", trace->n ? " < " : "", text);
    return ++trace->n == MAX_FRAMES ? DWARF_CB_ABORT : DWARF_CB_OK;
}

struct threads {
    Dwfl *dwfl;
    pid_t died;
    bool others;
    int n;
};

static int print_thread(Dwfl_Thread *thread, void *arg) {
    struct threads *threads = arg;
    const pid_t tid = dwfl_thread_tid(thread);
    struct trace trace = {threads->dwfl, 0};
    if ((tid != threads->died) != threads->others) return DWARF_CB_OK;
    if (threads->n++ == MAX_THREADS) {
        fprintf(stderr, "  more threads\n");
        return DWARF_CB_ABORT;
    }
    fprintf(stderr, "  thread %d: ", tid);
    dwfl_thread_getframes(thread, print_frame, &trace);
    fprintf(stderr, "%s\n", trace.n == MAX_FRAMES ? " < ..." : "");
    return DWARF_CB_OK;
}

void symbols_print_threads(struct Dwfl *dwfl, const struct core *core) {
    struct threads threads = {.dwfl = dwfl, .died = core->status.pr_pid};
    if (!dwfl || dwfl_core_file_attach(dwfl, core->elf) < 0) {
        fprintf(stderr, "  no backtrace: %s\n", dwfl_errmsg(-1));
        return;
    }
    dwfl_getthreads(dwfl, print_thread, &threads);
    threads.others = true;
    dwfl_getthreads(dwfl, print_thread, &threads);
}
