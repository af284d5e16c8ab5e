/* SPDX-License-Identifier: ISC */
/* The order of a load: follow scripts to an image, read the image and its interpreter, then stack, segments, heap,
 * vectors. The order of the checks decides which error a file with two faults gives, and follows Linux. */
#include "loader/load.h"

#include "base/bits.h"
#include "base/error.h"
#include "loader/image.h"
#include "loader/layout.h"
#include "loader/script.h"
#include "loader/stack.h"
#include "loader/vdso.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SCRIPTS = 5 };

int load_fail(struct load *load, int err, const char *fmt, ...) {
    char *reason = load->result->reason;
    if (*reason) return err;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, sizeof load->result->reason, fmt, ap);
    va_end(ap);
    return err;
}

/* The arguments as scripts make them longer: each script puts up to two in front and replaces argv[0] by its path. */
struct arguments {
    const char **list;               /* owned; NULL-terminated from `first` on */
    size_t first;
    char *lines[MAX_SCRIPTS];        /* owned; the scripts' first lines, which the list points into */
    unsigned n_lines;
};

static int arguments_init(struct arguments *args, const char *const *argv) {
    size_t n = 0;
    while (argv[n]) n++;
    *args = (struct arguments){.first = 2 * MAX_SCRIPTS + 1};
    args->list = calloc(args->first + (n ? n : 1) + 1, sizeof *args->list);
    if (!args->list) return -ENOMEM;
    memcpy(args->list + args->first, argv, n * sizeof *argv);
    if (n == 0) args->list[args->first] = "";
    return 0;
}

static void arguments_fini(struct arguments *args) {
    for (unsigned i = 0; i < args->n_lines; i++) free(args->lines[i]);
    free(args->list);
}

/* path: what the script itself was executed by. */
static void arguments_add_script(struct arguments *args, const struct script *script, const char *path) {
    args->list[args->first] = path;
    if (script->argument) args->list[--args->first] = script->argument;
    args->list[--args->first] = script->interpreter;
}

/* A file on the way from what was asked for to an ELF image. */
struct target {
    struct loader_file *file;
    const char *path;
    bool opened;                     /* by us, so ours to close */
};

static void target_close(struct load *load, struct target *target) {
    if (target->opened) load->request->ops->close(load->request->arg, target->file);
    target->opened = false;
}

static int open_file(struct load *load, const char *path, struct loader_file **out) {
    struct loader_file *file = NULL;
    const int err = load->request->ops->open(load->request->arg, path, &file);
    if (err) return load_fail(load, err, "cannot open the interpreter %.100s: %s", path, error_text(err));
    *out = file;
    return 0;
}

/* Reads the start of the target; zeros follow a short file. */
static int read_line(struct load *load, const struct target *target, char line[SCRIPT_LINE_MAX]) {
    memset(line, 0, SCRIPT_LINE_MAX);
    const int64_t n = load->request->ops->read(load->request->arg, target->file, 0, line, SCRIPT_LINE_MAX);
    if (n < 0) return load_fail(load, (int)n, "cannot read it: %s", error_text((int)n));
    if (n >= 20 || script_is(line)) return 0;
    char why[128];
    image_describe_foreign((const uint8_t *)line, (size_t)n, why, sizeof why);
    return load_fail(load, -ENOEXEC, "%s", why);
}

/* Goes from a script to its interpreter. line: owned by args from now on. */
static int follow_script(struct load *load, struct target *target, struct arguments *args, char *line) {
    struct script script;
    args->lines[args->n_lines++] = line;
    if (!script_parse(line, &script)) return load_fail(load, -ENOEXEC, "its #! line names no interpreter");
    if (load->request->path_closes) return load_fail(load, -ENOENT, "the script is closed before it can be read");
    arguments_add_script(args, &script, target->path);
    target_close(load, target);
    const int err = open_file(load, script.interpreter, &target->file);
    if (err) return err;
    target->path = script.interpreter;
    target->opened = true;
    return 0;
}

static int follow_scripts(struct load *load, struct target *target, struct arguments *args) {
    for (;;) {
        char *line = malloc(SCRIPT_LINE_MAX);
        if (!line) return load_fail(load, -ENOMEM, "no memory");
        int err = read_line(load, target, line);
        if (err || !script_is(line)) {
            free(line);
            return err;
        }
        if (args->n_lines == MAX_SCRIPTS) {
            free(line);
            return load_fail(load, -ELOOP, "too many scripts run one another");
        }
        err = follow_script(load, target, args, line);
        if (err) return err;
    }
}

/* Program and interpreter. */
struct images {
    struct image program, interpreter;
    struct loader_file *interpreter_file; /* owned; NULL when there is none */
};

static int read_images(struct load *load, struct images *images, struct loader_file *file) {
    char path[IMAGE_PATH_MAX];
    int r = image_read(load, &images->program, file, -ENOEXEC);
    if (r) return r;
    r = image_interpreter(load, &images->program, path);
    if (r <= 0) return r;
    r = open_file(load, path, &images->interpreter_file);
    if (!r) r = image_read(load, &images->interpreter, images->interpreter_file, -ELIBBAD);
    return r;
}

static int place_program(struct load *load, struct images *images) {
    struct image *program = &images->program;
    if (program->header.type == ELF_TYPE_EXEC) return 0;
    if (!program->has_load) return load_fail(load, -EINVAL, "damaged ELF file: it has nothing to load");
    if (!images->interpreter_file) return image_place_anywhere(load, program);
    program->bias = layout_program_base(load, program->align) - align_down(program->low, program->align);
    return 0;
}

static int map_images(struct load *load, struct images *images) {
    int err = place_program(load, images);
    if (!err) err = image_map(load, &images->program);
    if (err || !images->interpreter_file) return err;
    if (images->interpreter.header.type == ELF_TYPE_DYN) err = image_place_anywhere(load, &images->interpreter);
    return err ? err : image_map(load, &images->interpreter);
}

/* Behind a program that has its low addresses for itself: a place far from all others takes page tables of its own, at each fork, too. */
static uint64_t vdso_wish(const struct images *images) {
    const bool alone = images->program.header.type != ELF_TYPE_DYN && !images->interpreter_file;
    return alone ? align_up(images->program.end, GUEST_PAGE_SIZE) : 0;
}

/* Private pages: a program may patch its own. The heap goes behind them, if they lie behind the program. */
static int map_vdso(struct load *load, struct images *images) {
    const struct vdso_image *vdso = load->request->vdso;
    if (!vdso || !vdso->size) return 0;
    const uint64_t size = align_up(vdso->size, GUEST_PAGE_SIZE), wish = vdso_wish(images);
    const int64_t r = space_map(load->space, wish, size, SPACE_READ | SPACE_EXEC, SPACE_PRIVATE | SPACE_ANONYMOUS, NULL, 0);
    if (r < 0) return load_fail(load, (int)r, "no room for the vDSO");
    if (wish && (uint64_t)r == wish) images->program.end = wish + size;
    load->result->vdso = (uint64_t)r;
    space_set_name(load->space, (uint64_t)r, size, "[vdso]");
    return space_poke(load->space, (uint64_t)r, vdso->bytes, vdso->size);
}

static void set_brk(struct load *load, const struct images *images) {
    const bool lone_pie = images->program.header.type == ELF_TYPE_DYN && !images->interpreter_file;
    const uint64_t end = lone_pie ? layout_lone_brk_base(load) : images->program.end;
    load->result->brk_start = layout_brk(load, end);
    space_set_brk(load->space, load->result->brk_start);
}

static int finish(struct load *load, const struct images *images) {
    struct loader_result *result = load->result;
    const struct image *program = &images->program;
    const struct image *first = images->interpreter_file ? &images->interpreter : program;
    result->entry = image_entry(first);
    if (result->entry >= SPACE_END) return load_fail(load, -EINVAL, "damaged ELF file: its entry is out of range");
    result->code_start = program->code_start;
    result->code_end = program->code_end;
    result->data_start = program->data_start;
    result->data_end = program->data_end;
    set_brk(load, images);
    return 0;
}

/* From here on Linux has no old program to go back to. */
static int build(struct load *load, struct images *images, struct stack *stack) {
    space_set_mmap_top(load->space, layout_mmap_top(load));
    const uint64_t image_top = layout_image_top(load);
    if (image_top) space_set_image_top(load->space, image_top);
    int err = stack_map(load, stack, image_wants_exec_stack(&images->program));
    if (!err) err = map_images(load, images);
    if (!err) err = map_vdso(load, images);
    if (!err) err = finish(load, images);
    if (!err) {
        const struct image *interpreter = images->interpreter_file ? &images->interpreter : NULL;
        err = stack_write(load, stack, &images->program, interpreter);
    }
    load->result->fatal = err != 0;
    return err;
}

static int load_image(struct load *load, struct loader_file *file, const struct arguments *args) {
    struct images images = {.interpreter_file = NULL};
    struct stack stack = {.argv = NULL};
    int err = stack_measure(load, &stack, args->list + args->first);
    if (!err) err = read_images(load, &images, file);
    if (!err) err = build(load, &images, &stack);
    if (images.interpreter_file) load->request->ops->close(load->request->arg, images.interpreter_file);
    image_fini(&images.program);
    image_fini(&images.interpreter);
    return err;
}

int load_program(struct address_space *space, const struct loader_request *request, struct loader_result *result) {
    struct load load = {space, request, result};
    struct target target = {.file = request->file, .path = request->path};
    struct arguments args;
    memset(result, 0, sizeof *result);
    int err = arguments_init(&args, request->argv);
    if (err) return load_fail(&load, err, "no memory");
    err = follow_scripts(&load, &target, &args);
    if (!err) err = load_image(&load, target.file, &args);
    if (err) target_close(&load, &target);
    else result->image = target.file;
    arguments_fini(&args);
    return err;
}
