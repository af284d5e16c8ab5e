/* SPDX-License-Identifier: ISC */
/* Names, lines and frames by libdw. Modules are the ELF files that the process has mapped; they are reported again when that changes. */
#include "terminal/session.h"

#include "mmu/space.h"
#include "syscall/linux/process/process.h"

#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096, MAX_FRAMES = 64, MAX_SEGMENTS = 64 };

struct symbols {
    Dwfl *dwfl;       /* owned */
    struct text maps; /* what it was made from */
};

/* The frame walk's way back to the session: libdw gives one pointer. */
struct walk {
    struct session *s;
    int tid;
    struct target_registers registers;
    int (*cb)(struct session *s, const struct frame *frame, void *arg);
    void *arg;
    unsigned n;
};

static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf, .find_debuginfo = dwfl_standard_find_debuginfo};

void symbols_free(struct symbols *symbols) {
    if (!symbols) return;
    if (symbols->dwfl) dwfl_end(symbols->dwfl);
    text_fini(&symbols->maps);
    free(symbols);
}

/* --- Modules --- */

/* "ADDRESS PATH\n" for each file that is mapped from its first byte on. */
static int add_file(const struct region_info *info, void *arg) {
    if (info->offset == 0 && info->name && info->name[0] == '/') text_printf(arg, "%" PRIx64 " %s\n", info->start, info->name);
    return 0;
}

static int64_t add_files(struct process *process, void *arg) {
    return process->space ? space_walk(process->space, add_file, arg) : 0;
}

/* The address that the file's first bytes are meant for. */
static bool first_address(struct session *s, uint64_t start, uint64_t *out) {
    Elf64_Ehdr head;
    Elf64_Phdr segment;
    if (target_read(s->target, s->pid, start, &head, sizeof head) != sizeof head || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) return false;
    for (unsigned i = 0; i < head.e_phnum && i < MAX_SEGMENTS; i++) {
        const uint64_t at = start + head.e_phoff + i * sizeof segment;
        if (target_read(s->target, s->pid, at, &segment, sizeof segment) != sizeof segment) return false;
        if (segment.p_type != PT_LOAD || segment.p_offset >= GUEST_PAGE_SIZE) continue;
        *out = segment.p_vaddr & ~(uint64_t)(GUEST_PAGE_SIZE - 1);
        return true;
    }
    return false;
}

static void report_file(struct session *s, Dwfl *dwfl, uint64_t start, const char *name) {
    char path[PATH_SIZE];
    struct stat info;
    uint64_t first;
    if (!first_address(s, start, &first) || snprintf(path, sizeof path, "%s%s", s->root, name) >= PATH_SIZE) return;
    if (stat(path, &info) == 0 && S_ISREG(info.st_mode)) dwfl_report_elf(dwfl, name, path, -1, start - first, true);
}

static void report_all(struct session *s, Dwfl *dwfl, char *maps) {
    dwfl_report_begin(dwfl);
    for (char *save, *line = strtok_r(maps, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *name;
        const uint64_t start = strtoull(line, &name, 16);
        if (*name == ' ') report_file(s, dwfl, start, name + 1);
    }
    dwfl_report_end(dwfl, NULL, NULL);
}

/* Current symbols, or NULL. */
static Dwfl *dwfl_of(struct session *s) {
    struct text maps = {0};
    target_with_process(s->target, s->pid, add_files, &maps);
    text_append(&maps, "", 1);
    const bool same = s->symbols && s->symbols->maps.size == maps.size && memcmp(s->symbols->maps.bytes, maps.bytes, maps.size) == 0;
    if (same || !maps.bytes) {
        text_fini(&maps);
        return same ? s->symbols->dwfl : NULL;
    }
    symbols_free(s->symbols);
    s->symbols = calloc(1, sizeof *s->symbols);
    char *copy = s->symbols ? strdup(maps.bytes) : NULL;
    if (copy) {
        s->symbols->dwfl = dwfl_begin(&callbacks);
        if (s->symbols->dwfl) report_all(s, s->symbols->dwfl, copy);
        s->symbols->maps = maps;
    } else {
        text_fini(&maps);
    }
    free(copy);
    return s->symbols ? s->symbols->dwfl : NULL;
}

/* --- Names --- */

void symbols_describe(struct session *s, uint64_t address, struct text *out) {
    Dwfl *dwfl = dwfl_of(s);
    Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, address) : NULL;
    GElf_Sym symbol;
    GElf_Off offset = 0;
    const char *name = module ? dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL) : NULL;
    if (name && offset) text_printf(out, "<%s+%#llx>", name, (unsigned long long)offset);
    else if (name) text_printf(out, "<%s>", name);
}

bool symbols_function(struct session *s, uint64_t address, uint64_t *start) {
    Dwfl *dwfl = dwfl_of(s);
    Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, address) : NULL;
    GElf_Sym symbol;
    GElf_Off offset = 0;
    const char *name = module ? dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL) : NULL;
    *start = address - offset;
    return name != NULL;
}

struct search {
    const char *name;
    size_t n;
    uint64_t address, size;
    bool is_function, is_found;
};

static int look_in_module(Dwfl_Module *module, void **user, const char *module_name, Dwarf_Addr start, void *arg) {
    struct search *search = arg;
    const int n = dwfl_module_getsymtab(module);
    for (int i = 1; i < n; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        const char *name = dwfl_module_getsym_info(module, i, &symbol, &address, NULL, NULL, NULL);
        if (!name || !symbol.st_value || symbol.st_shndx == SHN_UNDEF) continue;
        if (strlen(name) != search->n || memcmp(name, search->name, search->n) != 0) continue;
        const int type = GELF_ST_TYPE(symbol.st_info);
        if (type != STT_OBJECT && type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE) continue;
        *search = (struct search){search->name, search->n, address, symbol.st_size, type != STT_OBJECT, true};
        return DWARF_CB_ABORT;
    }
    return DWARF_CB_OK;
}

bool symbols_find(struct session *s, const char *name, size_t n, uint64_t *address, uint64_t *size, bool *is_function) {
    Dwfl *dwfl = dwfl_of(s);
    struct search search = {.name = name, .n = n};
    if (dwfl) dwfl_getmodules(dwfl, look_in_module, &search, 0);
    *address = search.address;
    *size = search.size;
    *is_function = search.is_function;
    return search.is_found;
}

/* --- Lines --- */

bool symbols_line(struct session *s, uint64_t address, struct line *out) {
    Dwfl *dwfl = dwfl_of(s);
    Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, address) : NULL;
    Dwarf_Addr bias = 0, start = 0, next = 0;
    int number = 0;
    Dwfl_Line *found = module ? dwfl_module_getsrc(module, address) : NULL;
    const char *file = found ? dwfl_lineinfo(found, &start, &number, NULL, NULL, NULL) : NULL;
    if (!file) return false;
    *out = (struct line){.file = file, .number = (unsigned)number, .start = start, .end = address + 1};
    Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias);
    Dwarf_Lines *lines;
    size_t n;
    if (!unit || dwarf_getsrclines(unit, &lines, &n) != 0) return true;
    out->end = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        if (dwarf_lineaddr(dwarf_onesrcline(lines, i), &next) == 0 && next + bias > address && next + bias < out->end) out->end = next + bias;
    }
    return true;
}

static bool ends_with(const char *path, const char *file) {
    const size_t n = strlen(path), m = strlen(file);
    return m <= n && strcmp(path + n - m, file) == 0 && (m == n || path[n - m - 1] == '/' || *file == '/');
}

/* Of the first line at or behind `number` that has code, the lowest address. */
bool symbols_find_line(struct session *s, const char *file, unsigned number, uint64_t *address) {
    Dwfl *dwfl = dwfl_of(s);
    Dwarf_Addr bias = 0;
    int best = 0;
    if (!dwfl) return false;
    for (Dwarf_Die *unit = NULL; (unit = dwfl_nextcu(dwfl, unit, &bias));) {
        Dwarf_Lines *lines;
        size_t n;
        if (dwarf_getsrclines(unit, &lines, &n) != 0) continue;
        for (size_t i = 0; i < n; i++) {
            Dwarf_Line *line = dwarf_onesrcline(lines, i);
            const char *path = dwarf_linesrc(line, NULL, NULL);
            Dwarf_Addr at;
            int here;
            bool begins;
            if (!path || !ends_with(path, file) || dwarf_lineno(line, &here) != 0 || here < (int)number) continue;
            if (dwarf_linebeginstatement(line, &begins) != 0 || !begins || dwarf_lineaddr(line, &at) != 0) continue;
            if (best && (here > best || (here == best && at + bias >= *address))) continue;
            best = here;
            *address = at + bias;
        }
    }
    return best != 0;
}

/* --- Frames --- */

static pid_t one_thread(Dwfl *dwfl, void *arg, void **thread_arg) {
    const struct walk *walk = arg;
    if (*thread_arg) return 0;
    *thread_arg = arg;
    return walk->tid;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread_arg) {
    *thread_arg = arg;
    return true;
}

static bool read_word(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *out, void *arg) {
    const struct walk *walk = arg;
    return target_read(walk->s->target, walk->s->pid, address, out, sizeof *out) == sizeof *out;
}

/* In the order of the psABI's DWARF numbers. */
static bool give_registers(Dwfl_Thread *thread, void *arg) {
    const struct guest_user_regs *r = &((const struct walk *)arg)->registers.user;
    const Dwarf_Word words[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8,
                                r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip};
    return dwfl_thread_state_registers(thread, 0, sizeof words / sizeof words[0], words);
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
    .next_thread = one_thread, .get_thread = get_thread, .memory_read = read_word, .set_initial_registers = give_registers};

static int give_frame(Dwfl_Frame *state, void *arg) {
    struct walk *walk = arg;
    Dwarf_Addr pc;
    bool is_activation;
    if (!dwfl_frame_pc(state, &pc, &is_activation) || !pc) return DWARF_CB_ABORT;
    const struct frame frame = {walk->n++, pc, !is_activation};
    return walk->cb(walk->s, &frame, walk->arg) || walk->n == MAX_FRAMES ? DWARF_CB_ABORT : DWARF_CB_OK;
}

/* libdw ties a set of modules to one process for good, and keeps no state of a thread: each walk gets modules of its own. */
void symbols_frames(struct session *s, int tid, int (*cb)(struct session *s, const struct frame *frame, void *arg), void *arg) {
    struct walk walk = {.s = s, .tid = tid, .cb = cb, .arg = arg};
    if (target_get_registers(s->target, tid, &walk.registers) < 0) return;
    char *copy = dwfl_of(s) ? strdup(s->symbols->maps.bytes) : NULL;
    Dwfl *dwfl = copy ? dwfl_begin(&callbacks) : NULL;
    if (dwfl) report_all(s, dwfl, copy);
    if (dwfl && dwfl_attach_state(dwfl, NULL, s->pid, &thread_callbacks, &walk)) dwfl_getthread_frames(dwfl, tid, give_frame, &walk);
    if (!walk.n) cb(s, &(struct frame){0, walk.registers.user.rip, false}, arg);
    if (dwfl) dwfl_end(dwfl);
    free(copy);
}
