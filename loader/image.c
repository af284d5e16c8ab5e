/* SPDX-License-Identifier: ISC */
/* Reads ELF headers with a hostile file in mind: every field is checked before it is used. Changes no memory. */
#include "loader/image.h"

#include "base/bits.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* Returns 0 when all n bytes are there, bad when the file ends before, or -E. */
static int read_exact(struct load *load, struct loader_file *file, uint64_t offset, void *buf, size_t n, int bad) {
    const struct loader_request *request = load->request;
    const int64_t got = request->ops->read(request->arg, file, offset, buf, n);
    if (got < 0) return load_fail(load, (int)got, "cannot read it: %s", error_text((int)got));
    if ((uint64_t)got < n) return load_fail(load, bad, "the file is truncated");
    return 0;
}

static int check_header(struct load *load, const struct elf_header *h, int bad) {
    /* Linux trusts these fields alone; class and byte order only serve the message. */
    const bool is_ours = memcmp(h->ident, "\177ELF", 4) == 0 && h->machine == ELF_MACHINE_X86_64;
    const bool is_x32 = is_ours && h->ident[ELF_CLASS] == ELF_CLASS_32 && h->phentsize != sizeof(struct elf_segment);
    if (!is_ours || is_x32) {
        char why[128];
        image_describe_foreign((const uint8_t *)h, sizeof *h, why, sizeof why);
        return load_fail(load, bad, "%s", why);
    }
    if (h->type != ELF_TYPE_EXEC && h->type != ELF_TYPE_DYN) {
        return load_fail(load, bad, "not a program: ELF type %u is neither an executable nor a shared object", h->type);
    }
    if (h->phentsize != sizeof(struct elf_segment)) {
        return load_fail(load, bad, "damaged ELF file: a program header has %u bytes", h->phentsize);
    }
    if (h->phnum == 0 || h->phnum > IMAGE_MAX_SEGMENTS) {
        return load_fail(load, bad, "damaged ELF file: it has %u program headers", h->phnum);
    }
    return 0;
}

static bool end_overflows(const struct elf_segment *s) {
    return s->vaddr > INT64_MAX || s->memsz > INT64_MAX - s->vaddr;
}

/* Widens the image's range by one PT_LOAD. */
static void add_segment(struct image *image, const struct elf_segment *s) {
    const uint64_t low = align_down(s->vaddr, GUEST_PAGE_SIZE);
    const uint64_t high = s->vaddr + s->memsz;
    if (!image->has_load || low < image->low) image->low = low;
    if (!image->has_load || high > image->high) image->high = high;
    const bool is_power = s->align && (s->align & (s->align - 1)) == 0;
    if (is_power && s->align > image->align) image->align = s->align;
    image->has_load = true;
}

static int measure(struct load *load, struct image *image) {
    image->align = GUEST_PAGE_SIZE;
    for (unsigned i = 0; i < image->n_segments; i++) {
        const struct elf_segment *s = &image->segment[i];
        if (s->type != PT_LOAD) continue;
        if (s->filesz > s->memsz || end_overflows(s)) {
            load->result->fatal = true;
            return load_fail(load, -EINVAL, "damaged ELF file: segment %u has an impossible size", i);
        }
        add_segment(image, s);
    }
    return 0;
}

int image_read(struct load *load, struct image *image, struct loader_file *file, int bad) {
    memset(image, 0, sizeof *image);
    image->file = file;
    struct elf_header *h = &image->header;
    int err = read_exact(load, file, 0, h, sizeof *h, bad);
    if (!err) err = check_header(load, h, bad);
    if (err) return err;
    if (h->phoff > INT64_MAX) return load_fail(load, bad, "damaged ELF file: program headers lie outside it");
    image->segment = calloc(h->phnum, sizeof *image->segment);
    if (!image->segment) return load_fail(load, -ENOMEM, "no memory");
    err = read_exact(load, file, h->phoff, image->segment, h->phnum * sizeof *image->segment, bad);
    if (err) return err;
    image->n_segments = h->phnum;
    return measure(load, image);
}

void image_fini(struct image *image) {
    free(image->segment);
}

static const struct elf_segment *find_segment(const struct image *image, uint32_t type) {
    for (unsigned i = 0; i < image->n_segments; i++) {
        if (image->segment[i].type == type) return &image->segment[i];
    }
    return NULL;
}

int image_interpreter(struct load *load, const struct image *image, char path[IMAGE_PATH_MAX]) {
    const struct elf_segment *s = find_segment(image, PT_INTERP);
    if (!s) return 0;
    if (s->filesz > IMAGE_PATH_MAX || s->filesz < 2 || s->offset > INT64_MAX) {
        return load_fail(load, -ENOEXEC, "damaged ELF file: the interpreter's name is missing or too long");
    }
    const int err = read_exact(load, image->file, s->offset, path, s->filesz, -EIO);
    if (err) return err;
    if (path[s->filesz - 1] != '\0') {
        return load_fail(load, -ENOEXEC, "damaged ELF file: the interpreter's name has no end");
    }
    return (int)s->filesz;
}

bool image_wants_exec_stack(const struct image *image) {
    bool wants = false;
    for (unsigned i = 0; i < image->n_segments; i++) {
        if (image->segment[i].type == PT_GNU_STACK) wants = image->segment[i].flags & PF_X;
    }
    return wants;
}

uint64_t image_headers(const struct image *image) {
    for (unsigned i = 0; i < image->n_segments; i++) {
        const struct elf_segment *s = &image->segment[i];
        const uint64_t at = image->header.phoff;
        if (s->type == PT_LOAD && s->offset <= at && at - s->offset < s->filesz) {
            return at - s->offset + s->vaddr + image->bias;
        }
    }
    return 0;
}
