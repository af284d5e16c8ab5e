/* SPDX-License-Identifier: ISC */
/* Maps the segments of an image as Linux does: whole pages of the file, zeros from the end of the file's part to the
 * end of that page if it is writable, anonymous pages for the rest. Later segments win where they overlap. */
#include "loader/image.h"

#include "base/bits.h"
#include "base/error.h"
#include "mmu/object.h"

#include <string.h>

static int prot_of(const struct elf_segment *s) {
    return (s->flags & PF_R ? SPACE_READ : 0) | (s->flags & PF_W ? SPACE_WRITE : 0) |
           (s->flags & PF_X ? SPACE_EXEC : 0);
}

static uint64_t page_up(uint64_t x) {
    return align_up(x, GUEST_PAGE_SIZE);
}

static uint64_t page_down(uint64_t x) {
    return align_down(x, GUEST_PAGE_SIZE);
}

/* Clears from `at` to the end of its page. */
static int clear_tail(struct load *load, uint64_t at) {
    static const uint8_t zeros[GUEST_PAGE_SIZE];
    const uint64_t n = page_up(at) - at;
    return n ? space_poke(load->space, at, zeros, n) : 0;
}

static int map_file_part(struct load *load, const struct elf_segment *s, uint64_t at, int fixed,
                         struct mem_object *object) {
    const uint64_t in_page = at % GUEST_PAGE_SIZE;
    if (s->offset % GUEST_PAGE_SIZE != in_page || s->offset > INT64_MAX) return -EINVAL;
    const int64_t r = space_map(load->space, at - in_page, s->filesz + in_page, prot_of(s), SPACE_PRIVATE | fixed,
                                object, s->offset - in_page);
    if (r < 0) return (int)r;
    const bool has_tail = s->memsz > s->filesz && (s->flags & PF_W);
    return has_tail ? clear_tail(load, at + s->filesz) : 0;
}

static int map_zero_part(struct load *load, const struct elf_segment *s, uint64_t at, int fixed) {
    const uint64_t start = s->filesz ? page_up(at + s->filesz) : page_down(at);
    const uint64_t end = page_up(at + s->memsz);
    if (end <= start) return 0;
    const int prot = SPACE_READ | SPACE_WRITE | (s->flags & PF_X ? SPACE_EXEC : 0);
    const int64_t r = space_map(load->space, start, end - start, prot, SPACE_PRIVATE | SPACE_ANONYMOUS | fixed, NULL, 0);
    return r < 0 ? (int)r : 0;
}

/* Keeps the figures that /proc/<pid>/stat and brk want. */
static void note_segment(struct image *image, const struct elf_segment *s, uint64_t at, bool first) {
    const uint64_t file_end = at + s->filesz;
    const uint64_t end = at + s->memsz;
    if (first || ((s->flags & PF_X) && at < image->code_start)) image->code_start = at;
    if (first || at > image->data_start) image->data_start = at;
    if ((s->flags & PF_X) && file_end > image->code_end) image->code_end = file_end;
    if (file_end > image->data_end) image->data_end = file_end;
    if (end > image->end) image->end = end;
}

static int map_segment(struct load *load, struct image *image, const struct elf_segment *s, bool first,
                       struct mem_object *object) {
    const uint64_t at = s->vaddr + image->bias;
    if (s->memsz > SPACE_END || at > SPACE_END - s->memsz) return -EINVAL;
    /* Nothing may be lost below the first segment of a fixed image; later ones may overlap it. */
    const int fixed = first && image->bias == 0 ? SPACE_FIXED_NOREPLACE : SPACE_FIXED;
    int err = 0;
    if (s->filesz) err = map_file_part(load, s, at, fixed, object);
    if (!err && s->memsz > s->filesz) err = map_zero_part(load, s, at, s->filesz ? SPACE_FIXED : fixed);
    if (!err) note_segment(image, s, at, first);
    return err;
}

static int map_segments(struct load *load, struct image *image, struct mem_object *object) {
    bool first = true;
    for (unsigned i = 0; i < image->n_segments; i++) {
        const struct elf_segment *s = &image->segment[i];
        if (s->type != PT_LOAD) continue;
        const int err = map_segment(load, image, s, first, object);
        if (err) return load_fail(load, err, "cannot map segment %u: %s", i, error_text(err));
        first = false;
    }
    return 0;
}

int image_map(struct load *load, struct image *image) {
    const struct loader_request *request = load->request;
    struct mem_object *object = NULL;
    int err = request->ops->object(request->arg, image->file, &object);
    if (err) return load_fail(load, err, "cannot map the file: %s", error_text(err));
    err = map_segments(load, image, object);
    mem_object_put(object);
    return err;
}

int image_place_anywhere(struct load *load, struct image *image) {
    const uint64_t size = page_up(image->high - image->low);
    if (size == 0 || size > SPACE_END || image->align > SPACE_END) {
        return load_fail(load, -EINVAL, "damaged ELF file: it has nothing to load");
    }
    const uint64_t extra = image->align - GUEST_PAGE_SIZE;
    const int64_t r = space_map(load->space, 0, size + extra, SPACE_EXEC, SPACE_PRIVATE | SPACE_ANONYMOUS | SPACE_NORESERVE,
                                NULL, 0);
    if (r < 0) return load_fail(load, (int)r, "no room for %llu bytes", (unsigned long long)size);
    space_unmap(load->space, (uint64_t)r, size + extra);
    image->bias = align_up((uint64_t)r - image->low, image->align);
    return 0;
}
