/* SPDX-License-Identifier: ISC */
/* Which memory goes into a core, and writing it. As Linux with its default filter: private memory that was written, shared anonymous
 * memory, and the first page of mapped ELF files. Pages that were never touched are holes. Source: core(5). */
#include "syscall/linux/process/core_dump.h"

#include "base/bits.h"
#include "base/error.h"
#include "loader/elf_format.h"
#include "syscall/linux/fs/vfs.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16 * GUEST_PAGE_SIZE, MAX_SEGMENTS = 0xfff0 };
/* A brief core: how much of a stack, and around instructions. */
enum { NEAR_BELOW = 16 * GUEST_PAGE_SIZE, NEAR_ABOVE = 256 * GUEST_PAGE_SIZE };

struct core {
    struct task *task;
    const struct core_sink *sink;
    uint64_t written;
    uint8_t *chunk;      /* owned: CHUNK bytes */
    bool failed;
};

void core_append(struct core_bytes *bytes, const void *from, size_t n) {
    if (bytes->failed || !n) return;
    if (bytes->capacity - bytes->size < n) {
        const size_t capacity = 2 * bytes->capacity + n + 4096;
        uint8_t *at = realloc(bytes->at, capacity);
        bytes->failed = !at;
        if (!at) return;
        bytes->at = at;
        bytes->capacity = capacity;
    }
    memcpy(bytes->at + bytes->size, from, n);
    bytes->size += n;
}

static int add_region(const struct region_info *info, void *arg) {
    struct core_map *map = arg;
    if (map->n == map->capacity) {
        const size_t capacity = 2 * map->capacity + 64;
        struct core_region *region = realloc(map->region, capacity * sizeof *region);
        map->failed = !region;
        if (!region) return 1;
        map->region = region;
        map->capacity = capacity;
    }
    struct core_region *r = &map->region[map->n];
    *r = (struct core_region){
        .start = info->start, .end = info->end, .from = info->start, .to = info->end, .offset = info->offset, .prot = info->prot, .is_private = !info->shared,
        .is_file = info->ino != 0, .n_dumped = info->dont_dump ? 0 : info->end - info->start, .name = strdup(info->name)};
    map->failed = !r->name;
    if (r->name) map->n++;
    return map->failed;
}

static void map_fini(struct core_map *map) {
    for (size_t i = 0; i < map->n; i++) free(map->region[i].name);
    free(map->region);
}

static bool was_written(struct address_space *space, const struct core_region *r) {
    struct space_range range;
    for (uint64_t at = r->start; at < r->end;) {
        if (space_private_pages(space, &at, r->end, &range, 1)) return true;
    }
    return false;
}

static bool begins_elf(struct address_space *space, const struct core_region *r) {
    uint8_t magic[4];
    if (!r->is_file || r->offset || !(r->prot & SPACE_READ)) return false;
    return space_peek(space, magic, r->start, sizeof magic) == 0 && memcmp(magic, "\177ELF", 4) == 0;
}

static void choose_memory(struct address_space *space, struct core_map *map) {
    for (size_t i = 0; i < map->n; i++) {
        struct core_region *r = &map->region[i];
        const bool whole = r->is_private ? was_written(space, r) : !r->is_file;
        if (!r->n_dumped || whole) continue;
        r->n_dumped = begins_elf(space, r) ? GUEST_PAGE_SIZE : 0;
    }
}

static void keep_near(struct core_map *map, uint64_t gva) {
    for (size_t i = 0; i < map->n; i++) {
        struct core_region *r = &map->region[i];
        if (gva < r->start || gva >= r->end) continue;
        const uint64_t page = align_down(gva, GUEST_PAGE_SIZE);
        const uint64_t from = page - r->start > NEAR_BELOW ? page - NEAR_BELOW : r->start;
        const uint64_t to = r->end - page > NEAR_ABOVE ? page + NEAR_ABOVE : r->end;
        if (from < r->from) r->from = from;
        if (to > r->to) r->to = to;
    }
}

static int keep_thread(struct task *task, void *arg) {
    const struct cpu_state *s = &task->cpu->state;
    keep_near(arg, s->gpr[RSP]);
    keep_near(arg, s->rip);
    return 0;
}

/* Until a thread asks for some of it, nothing of a region is kept. */
static void keep_little(struct task *task, struct core_map *map) {
    for (size_t i = 0; i < map->n; i++) {
        struct core_region *r = &map->region[i];
        r->from = UINT64_MAX;
        r->to = 0;
    }
    task_for_each(task->process, keep_thread, map);
    for (size_t i = 0; i < map->n; i++) {
        struct core_region *r = &map->region[i];
        if (!r->is_file && r->from >= r->to) r->n_dumped = 0;
    }
}

static bool was_killed(struct process *process) {
    host_mutex_lock(&process->signal_lock);
    const bool killed = process->killed;
    host_mutex_unlock(&process->signal_lock);
    return killed;
}

static void write_at(struct core *core, uint64_t offset, const void *bytes, size_t n) {
    while (n && !core->failed) {
        const bool over = n > core->sink->limit - core->written;
        const int64_t moved = over || was_killed(core->task->process) ? -EFBIG : core->sink->write(core->sink, bytes, n, offset);
        core->failed = moved <= 0;
        if (moved <= 0) return;
        core->written += (uint64_t)moved;
        bytes = (const char *)bytes + moved;
        offset += (uint64_t)moved;
        n -= (size_t)moved;
    }
}

/* Pages that cannot be read (behind a file's end) stay holes. */
static void write_range(struct core *core, uint64_t offset, uint64_t gva, uint64_t end) {
    struct address_space *space = core->task->process->space;
    while (gva < end && !core->failed) {
        size_t n = end - gva < CHUNK ? (size_t)(end - gva) : CHUNK;
        if (space_peek(space, core->chunk, gva, n) == 0) {
            write_at(core, offset, core->chunk, n);
        } else if (n > GUEST_PAGE_SIZE) {
            n = GUEST_PAGE_SIZE;
            if (space_peek(space, core->chunk, gva, n) == 0) write_at(core, offset, core->chunk, n);
        }
        gva += n;
        offset += n;
    }
}

static void write_touched(struct core *core, uint64_t offset, const struct core_region *r) {
    struct space_range range[32];
    for (uint64_t at = r->from; at < r->to && !core->failed;) {
        const size_t n = space_private_pages(core->task->process->space, &at, r->to, range, ARRAY_LEN(range));
        for (size_t i = 0; i < n; i++) {
            const uint64_t start = range[i].start > r->from ? range[i].start : r->from;
            const uint64_t end = range[i].end < r->to ? range[i].end : r->to;
            if (start < end) write_range(core, offset + (start - r->start), start, end);
        }
    }
}

static void write_resident(struct core *core, uint64_t offset, const struct core_region *r) {
    struct address_space *space = core->task->process->space;
    uint8_t resident[CHUNK / GUEST_PAGE_SIZE];
    for (uint64_t at = r->from; at < r->to && !core->failed; at += CHUNK) {
        const uint64_t end = r->to - at < CHUNK ? r->to : at + CHUNK;
        if (space_resident(space, at, end - at, resident) < 0) continue;
        for (uint64_t page = at; page < end; page += GUEST_PAGE_SIZE) {
            if (resident[(page - at) / GUEST_PAGE_SIZE] & 1) write_range(core, offset + (page - r->start), page, page + GUEST_PAGE_SIZE);
        }
    }
}

static void write_region(struct core *core, uint64_t offset, const struct core_region *r) {
    if (r->is_file) {
        write_range(core, offset, r->start, r->start + r->n_dumped);
    } else if (r->is_private) {
        write_touched(core, offset, r);
    } else {
        write_resident(core, offset, r);
    }
}

static struct elf_header header(size_t n_segments) {
    struct elf_header head = {
        .type = ELF_TYPE_CORE, .machine = ELF_MACHINE_X86_64, .version = 1, .phoff = sizeof head, .ehsize = sizeof head,
        .phentsize = sizeof(struct elf_segment), .phnum = (uint16_t)n_segments};
    memcpy(head.ident, "\177ELF\2\1\1", 7);
    return head;
}

/* Header, segments and notes; then memory, page by page where it belongs. Returns the file's size. */
static uint64_t write_head(struct core *core, const struct core_map *map, const struct core_bytes *notes) {
    struct core_bytes head = {0};
    const struct elf_header elf = header(map->n + 1);
    const uint64_t notes_at = sizeof elf + (map->n + 1) * sizeof(struct elf_segment);
    const struct elf_segment segment = {.type = PT_NOTE, .offset = notes_at, .filesz = notes->size, .align = 4};
    uint64_t at = align_up(notes_at + notes->size, GUEST_PAGE_SIZE);
    core_append(&head, &elf, sizeof elf);
    core_append(&head, &segment, sizeof segment);
    for (size_t i = 0; i < map->n; i++) {
        const struct core_region *r = &map->region[i];
        const uint32_t flags = (r->prot & SPACE_READ ? PF_R : 0) | (r->prot & SPACE_WRITE ? PF_W : 0) | (r->prot & SPACE_EXEC ? PF_X : 0);
        const struct elf_segment load = {.type = PT_LOAD, .flags = flags, .offset = at, .vaddr = r->start, .filesz = r->n_dumped,
                                         .memsz = r->end - r->start, .align = GUEST_PAGE_SIZE};
        core_append(&head, &load, sizeof load);
        at += r->n_dumped;
    }
    core->failed |= head.failed;
    write_at(core, 0, head.at, head.size);
    write_at(core, notes_at, notes->at, notes->size);
    free(head.at);
    return at;
}

static uint64_t write_memory(struct core *core, const struct core_map *map, const struct core_bytes *notes) {
    const uint64_t end = write_head(core, map, notes);
    uint64_t at = end;
    for (size_t i = map->n; i--;) at -= map->region[i].n_dumped;
    for (size_t i = 0; i < map->n && !core->failed; i++) {
        write_region(core, at, &map->region[i]);
        at += map->region[i].n_dumped;
    }
    return end;
}

/* As Linux: not through a link, not over what is no plain file of the caller's own. */
static struct file *open_core(struct task *task) {
    const struct vfs_caller caller = {.fs = task->fs, .fds = task->fds, .task = task};
    struct file *file;
    struct linux_stat stat;
    if (vfs_open(&caller, AT_FDCWD, "core", O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600, &file) < 0) return NULL;
    if (file_stat(file, &stat) == 0 && (stat.mode & S_IFMT) == S_IFREG && stat.nlink == 1 && file_truncate(file, 0) == 0) return file;
    file_put(file);
    return NULL;
}

bool core_dump_wanted(struct task *task) {
    struct process *process = task->process;
    host_mutex_lock(&process->lock);
    const bool wanted = process->limits[RLIMIT_CORE].soft >= GUEST_PAGE_SIZE && process->dumpable == 1 && process->space;
    host_mutex_unlock(&process->lock);
    return wanted;
}

int64_t core_write(struct task *task, const struct guest_siginfo *info, const struct core_sink *sink) {
    struct core_map map = {0};
    struct core_bytes notes = {0};
    struct core core = {.task = task, .sink = sink, .chunk = malloc(CHUNK)};
    uint64_t size = 0;
    space_walk(task->process->space, add_region, &map);
    choose_memory(task->process->space, &map);
    if (sink->brief) keep_little(task, &map);
    core_notes(&notes, task, info, &map);
    core.failed = !core.chunk || map.failed || notes.failed || map.n >= MAX_SEGMENTS;
    if (!core.failed) size = write_memory(&core, &map, &notes);
    free(core.chunk);
    free(notes.at);
    map_fini(&map);
    return core.failed ? -EIO : (int64_t)size;
}

static int64_t write_to_file(const struct core_sink *sink, const void *bytes, size_t n, uint64_t offset) {
    const struct io_segment segment = {(uint64_t)(uintptr_t)bytes, n};
    struct io io;
    io_init(&io, NULL, &segment, 1, NULL);
    io.offset = (int64_t)offset;
    io.nonblock = true;
    return file_write(sink->arg, &io);
}

bool core_dump(struct task *task, const struct guest_siginfo *info) {
    struct file *file = core_dump_wanted(task) ? open_core(task) : NULL;
    if (!file) return false;
    const struct core_sink sink = {.write = write_to_file, .arg = file, .limit = process_limit(task->process, RLIMIT_CORE)};
    const int64_t size = core_write(task, info, &sink);
    const bool done = size >= 0 && file_truncate(file, size) == 0;
    file_put(file);
    return done;
}
