/* SPDX-License-Identifier: ISC */
/* See world.h. */
#include "tests/loader/world.h"

#include "base/error.h"
#include "host/file.h"
#include "mmu/object.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct loader_file *find(struct world *world, const char *path) {
    for (int i = 0; i < world->n_files; i++) {
        if (strcmp(world->files[i].path, path) == 0) return &world->files[i];
    }
    return NULL;
}

static int open_file(void *arg, const char *path, struct loader_file **out) {
    struct world *world = arg;
    *out = find(world, path);
    if (!*out) return -ENOENT;
    if ((*out)->open_error) return (*out)->open_error;
    world->n_open++;
    return 0;
}

static int64_t read_file(void *arg, struct loader_file *file, uint64_t offset, void *buf, size_t n) {
    if (offset >= file->n) return 0;
    if (n > file->n - offset) n = file->n - offset;
    memcpy(buf, file->bytes + offset, n);
    return (int64_t)n;
}

static int make_object(void *arg, struct loader_file *file, struct mem_object **out) {
    struct world *world = arg;
    const int fd = host_file_memory("test", 0);
    if (fd < 0) return fd;
    host_file_write_at(fd, file->bytes, file->n, 0);
    *out = mem_object_new_file(fd, false, file->path, 1, (uint64_t)(file - world->files) + 1);
    host_file_close(fd);
    world->n_objects++;
    return *out ? 0 : -ENOMEM;
}

static void close_file(void *arg, struct loader_file *file) {
    struct world *world = arg;
    world->n_open--;
}

static const struct loader_ops ops = {open_file, read_file, make_object, close_file};

void world_init(struct world *world) {
    static const char *const argv[] = {"prog", NULL};
    static const char *const envp[] = {NULL};
    *world = (struct world){.pool = frame_pool_new(SPACE_PAGED), .random = 0x9e3779b97f4a7c15};
    world->files = calloc(WORLD_FILES, sizeof *world->files);
    world->request = (struct loader_request){
        .ops = &ops,
        .arg = world,
        .argv = argv,
        .envp = envp,
        .stack_limit = 8 << 20,
        .facts = {.uid = 1000, .euid = 1001, .gid = 100, .egid = 101, .random = "0123456789abcde", .hwcap = 0xbfebfbff,
                  .hwcap2 = 2, .minsigstksz = 2000},
    };
}

void world_fini(struct world *world) {
    if (world->space) space_put(world->space);
    frame_pool_free(world->pool);
    free(world->files);
}

struct loader_file *world_add(struct world *world, const char *path, const void *bytes, size_t n) {
    assert(world->n_files < WORLD_FILES && n <= WORLD_FILE_MAX);
    struct loader_file *file = &world->files[world->n_files++];
    file->path = path;
    file->n = n;
    file->open_error = 0;
    memcpy(file->bytes, bytes, n);
    return file;
}

int world_load(struct world *world, const char *path) {
    if (world->space) space_put(world->space);
    world->space = space_new(world->pool);
    world->request.file = find(world, path);
    world->request.path = path;
    return load_program(world->space, &world->request, &world->result);
}

uint64_t world_random(void *arg) {
    struct world *world = arg;
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return world->random;
}

uint64_t world_word(struct world *world, uint64_t gva) {
    uint64_t word = 0;
    const int err = space_peek(world->space, &word, gva, sizeof word);
    assert(err == 0);
    (void)err;
    return word;
}

void world_string(struct world *world, uint64_t gva, char *out, size_t size) {
    const int64_t n = space_copy_string(world->space, out, gva, size);
    assert(n >= 0);
    (void)n;
}

struct search {
    uint64_t gva;
    struct region_info found;
    bool any;
};

static int look(const struct region_info *info, void *arg) {
    struct search *search = arg;
    if (search->gva < info->start || search->gva >= info->end) return 0;
    search->found = *info;
    search->found.name = "";
    search->any = true;
    return 1;
}

bool world_region(struct world *world, uint64_t gva, struct region_info *out) {
    struct search search = {.gva = gva};
    space_walk(world->space, look, &search);
    *out = search.found;
    return search.any;
}

struct elf_header *elf_header_of(struct elf_writer *elf) {
    return (struct elf_header *)elf->bytes;
}

void elf_begin(struct elf_writer *elf, uint16_t type, uint64_t entry) {
    memset(elf, 0, sizeof *elf);
    *elf_header_of(elf) = (struct elf_header){
        .ident = "\177ELF\2\1\1", .type = type, .machine = ELF_MACHINE_X86_64, .version = 1, .entry = entry,
        .phoff = sizeof(struct elf_header), .ehsize = sizeof(struct elf_header),
        .phentsize = sizeof(struct elf_segment),
    };
    elf->n = sizeof(struct elf_header) + 8 * sizeof(struct elf_segment);
}

struct elf_segment *elf_add(struct elf_writer *elf, uint32_t type, uint32_t flags, uint64_t offset, uint64_t vaddr,
                            uint64_t filesz, uint64_t memsz) {
    struct elf_segment *s = (struct elf_segment *)(elf->bytes + sizeof(struct elf_header)) + elf_header_of(elf)->phnum++;
    *s = (struct elf_segment){type, flags, offset, vaddr, vaddr, filesz, memsz, 0x1000};
    return s;
}

void elf_put(struct elf_writer *elf, size_t offset, const void *bytes, size_t n) {
    assert(offset + n <= sizeof elf->bytes);
    memcpy(elf->bytes + offset, bytes, n);
    if (offset + n > elf->n) elf->n = offset + n;
}

void elf_simple(struct elf_writer *elf, uint16_t type) {
    uint8_t filler[0x300];
    const uint64_t base = type == ELF_TYPE_EXEC ? 0x400000 : 0;
    memset(filler, 0xcc, sizeof filler);
    elf_begin(elf, type, base + 0x1000);
    elf_add(elf, PT_LOAD, PF_R | PF_X, 0, base, 0x1100, 0x1100);
    elf_add(elf, PT_LOAD, PF_R | PF_W, 0x1e00, base + 0x2e00, 0x180, 0x3000);
    elf_add(elf, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0);
    elf_put(elf, 0x1000, filler, 0x100);
    elf_put(elf, 0x1e00, filler, 0x200); /* more than the segment: its tail must not show */
}
