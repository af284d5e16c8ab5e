/* SPDX-License-Identifier: ISC */
/* Lays the first stack out byte for byte as Linux does. From the top down: eight zero bytes, the path, the environment
 * strings, the argument strings, a random gap, the platform's name, the random bytes, and at the 16-byte aligned rsp:
 * argc, argv, NULL, envp, NULL, the auxiliary vector. Source: linux 6.1 fs/exec, create_elf_tables. */
#include "loader/stack.h"

#include "base/bits.h"
#include "base/error.h"
#include "loader/vdso.h"
#include "loader/layout.h"

#include <stdlib.h>
#include <string.h>

enum {
    TOP_ZEROS = 8,
    RANDOM_SIZE = 16,
    CLOCK_TICKS = 100,         /* AT_CLKTCK */
    AUXV_MAX = 22,
    EXTRA_ROOM = 128 * 1024,   /* mapped below the first frame from the start */
};

static const char platform_name[] = "x86_64";

struct auxv_entry {
    uint64_t type, value;
};

/* Adds the strings' sizes to *bytes. */
static int count_strings(const char *const *strings, uint64_t *n, uint64_t *bytes) {
    *n = 0;
    for (; strings[*n]; ++*n) {
        const uint64_t size = strlen(strings[*n]) + 1;
        if (size > LOADER_STRING_MAX) return -E2BIG;
        *bytes += size;
        if (*bytes > LOADER_STRINGS_MAX) return -E2BIG;
    }
    return 0;
}

/* What the strings and pointers may take: a quarter of the stack, at most 6 MiB, at least 128 KiB. */
static uint64_t strings_limit(uint64_t stack_limit) {
    uint64_t limit = LOADER_STRINGS_MAX;
    if (limit > stack_limit / 4) limit = stack_limit / 4;
    return limit > LOADER_STRING_MAX ? limit : LOADER_STRING_MAX;
}

static bool has_vdso(const struct load *load) {
    const struct vdso_image *vdso = load->request->vdso;
    return vdso && vdso->size;
}

static uint64_t auxv_count(const struct load *load) {
    return has_vdso(load) ? AUXV_MAX : AUXV_MAX - 1;
}

static void place(struct load *load, struct stack *stack, uint64_t arg_bytes, uint64_t env_bytes, uint64_t path_bytes) {
    stack->top = layout_stack_top(load);
    stack->path = stack->top - TOP_ZEROS - path_bytes;
    stack->env_strings = stack->path - env_bytes;
    stack->strings = stack->env_strings - arg_bytes;
    uint64_t at = align_down(stack->strings - layout_stack_shift(load), 16);
    stack->platform = at - sizeof platform_name;
    stack->random = stack->platform - RANDOM_SIZE;
    at = align_down(stack->random, 16) - auxv_count(load) * sizeof(struct auxv_entry);
    at -= (1 + stack->n_args + 1 + stack->n_envs + 1) * sizeof(uint64_t);
    stack->pointer = align_down(at, 16);
}

int stack_measure(struct load *load, struct stack *stack, const char *const *argv) {
    uint64_t path_bytes = strlen(load->request->path) + 1, arg_bytes = 0, env_bytes = 0;
    stack->argv = argv;
    stack->envp = load->request->envp;
    const bool too_long = path_bytes > LOADER_STRING_MAX || count_strings(argv, &stack->n_args, &arg_bytes) ||
                          count_strings(stack->envp, &stack->n_envs, &env_bytes);
    if (too_long) return load_fail(load, -E2BIG, "an argument or the environment is too long");
    const uint64_t pointers = (stack->n_args + stack->n_envs) * sizeof(uint64_t);
    const uint64_t limit = strings_limit(load->request->stack_limit);
    if (limit <= pointers || path_bytes + arg_bytes + env_bytes > limit - pointers) {
        return load_fail(load, -E2BIG, "the arguments and the environment are too long");
    }
    place(load, stack, arg_bytes, env_bytes, path_bytes);
    return 0;
}

int stack_map(struct load *load, const struct stack *stack, bool executable) {
    struct loader_result *result = load->result;
    uint64_t low = align_down(stack->pointer, GUEST_PAGE_SIZE) - EXTRA_ROOM;
    const uint64_t limit = load->request->stack_limit;
    if (limit < stack->top - low) {
        low = align_up(stack->top - limit, GUEST_PAGE_SIZE);
        const uint64_t needed = align_down(stack->pointer, GUEST_PAGE_SIZE);
        if (low > needed) low = needed;
    }
    const int prot = SPACE_READ | SPACE_WRITE | (executable ? SPACE_EXEC : 0);
    const int flags = SPACE_PRIVATE | SPACE_ANONYMOUS | SPACE_FIXED | SPACE_GROWSDOWN | SPACE_STACK;
    const int64_t r = space_map(load->space, low, stack->top - low, prot, flags, NULL, 0);
    if (r < 0) return load_fail(load, (int)r, "no room for the stack");
    space_set_name(load->space, low, stack->top - low, "[stack]");
    result->exec_stack = executable;
    result->stack = result->stack_start = stack->pointer;
    result->arg_start = stack->strings;
    result->arg_end = result->env_start = stack->env_strings;
    result->env_end = stack->path;
    return 0;
}

/* A piece of the stack being filled on the host's side, to be stored in one go. */
struct block {
    uint8_t *bytes;
    uint64_t base;    /* gva of bytes[0] */
    uint64_t at;      /* gva where the next word goes */
};

static void put(struct block *block, uint64_t gva, const void *src, size_t n) {
    memcpy(block->bytes + (gva - block->base), src, n);
}

static void put_word(struct block *block, uint64_t value) {
    put(block, block->at, &value, sizeof value);
    block->at += sizeof value;
}

/* The strings from gva on, and the pointers to them at block->at, ended by NULL. */
static void put_strings(struct block *block, const char *const *strings, uint64_t gva) {
    for (; *strings; strings++) {
        const size_t n = strlen(*strings) + 1;
        put(block, gva, *strings, n);
        put_word(block, gva);
        gva += n;
    }
    put_word(block, 0);
}

static void put_auxv(struct block *block, const struct load *load, const struct stack *stack,
                     const struct image *program, const struct image *interpreter) {
    const struct loader_facts *facts = &load->request->facts;
    const struct auxv_entry entries[AUXV_MAX] = {
        {AT_SYSINFO_EHDR, load->result->vdso},
        {AT_MINSIGSTKSZ, facts->minsigstksz},
        {AT_HWCAP, facts->hwcap},
        {AT_PAGESZ, GUEST_PAGE_SIZE},
        {AT_CLKTCK, CLOCK_TICKS},
        {AT_PHDR, image_headers(program)},
        {AT_PHENT, sizeof(struct elf_segment)},
        {AT_PHNUM, program->n_segments},
        {AT_BASE, interpreter ? interpreter->bias : 0},
        {AT_FLAGS, 0},
        {AT_ENTRY, image_entry(program)},
        {AT_UID, facts->uid},
        {AT_EUID, facts->euid},
        {AT_GID, facts->gid},
        {AT_EGID, facts->egid},
        {AT_SECURE, facts->secure},
        {AT_RANDOM, stack->random},
        {AT_HWCAP2, facts->hwcap2},
        {AT_EXECFN, stack->path},
        {AT_PLATFORM, stack->platform},
        {AT_NULL, 0},
    };
    for (size_t i = has_vdso(load) ? 0 : 1; i < 21; i++) {
        put_word(block, entries[i].type);
        put_word(block, entries[i].value);
    }
}

static void fill(struct block *block, struct load *load, const struct stack *stack, const struct image *program,
                 const struct image *interpreter) {
    put(block, stack->path, load->request->path, strlen(load->request->path) + 1);
    put(block, stack->platform, platform_name, sizeof platform_name);
    put(block, stack->random, load->request->facts.random, RANDOM_SIZE);
    put_word(block, stack->n_args);
    put_strings(block, stack->argv, stack->strings);
    put_strings(block, stack->envp, stack->env_strings);
    load->result->auxv_start = block->at;
    put_auxv(block, load, stack, program, interpreter);
    load->result->auxv_end = block->at;
}

int stack_write(struct load *load, const struct stack *stack, const struct image *program,
                const struct image *interpreter) {
    const size_t size = stack->top - stack->pointer;
    struct block block = {.bytes = calloc(1, size), .base = stack->pointer, .at = stack->pointer};
    if (!block.bytes) return load_fail(load, -ENOMEM, "no memory");
    fill(&block, load, stack, program, interpreter);
    const int err = space_poke(load->space, stack->pointer, block.bytes, size);
    free(block.bytes);
    return err ? load_fail(load, err, "cannot write the stack") : 0;
}
