/* SPDX-License-Identifier: ISC */
/* Translated code between runs: one file for each first program in the directory of --jit-cache-dir, read when the program starts and
 * replaced when the machine ends, if there is something new. Files are never changed in place, so several machines may use one directory;
 * the last one to end wins. Whatever is wrong with a file or the directory costs only time. */
#include "machine/machine.h"

#include "base/bits.h"
#include "base/error.h"
#include "cpu/jit/store.h"
#include "host/door.h"
#include "host/helper.h"
#include "host/memory.h"
#include "host/user.h"
#include "syscall/linux/abi/fcntl.h"
#include "syscall/linux/abi/stat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { NAME_MAX_SHOWN = 64, STORE_SIZE = 128 << 20, FILE_MAX = 1 << 30, PATH_SIZE = 4096 };

int machine_open_code(struct lockstep_machine *machine, const struct lockstep_options *options) {
    machine->code_store = jit_store_new(machine->cpu_env.code_limit ? machine->cpu_env.code_limit : STORE_SIZE);
    if (!machine->code_store) return -ENOMEM;
    machine->cpu_env.code_store = machine->code_store;
    machine->cpu_env.code_is_saved = options->jit_cache_dir != NULL;
    if (!options->jit_cache_dir) return 0;
    const char *root = options->rootfs ? options->rootfs : "";
    machine->code_root = XXH3_64bits(root, strlen(root));
    machine->code_dir = malloc(strlen(options->jit_cache_dir) + 1);
    if (!machine->code_dir) return -ENOMEM;
    strcpy(machine->code_dir, options->jit_cache_dir);
    return 0;
}

/* The program's last name, and a hash of its path and of the root. */
static void name_file(struct lockstep_machine *machine, const char *program) {
    const char *slash = strrchr(program, '/');
    const uint64_t hash = XXH3_64bits_withSeed(program, strlen(program), machine->code_root);
    snprintf(machine->code_file, sizeof machine->code_file, "%.*s-%016llx.jit", NAME_MAX_SHOWN, slash ? slash + 1 : program, (unsigned long long)hash);
}

/* Code of another build is of no use. */
static int find_maker(struct jit_store_maker *maker) {
    struct host_stat self;
    const int err = host_helper_self(&self);
    if (err) return err;
    *maker = (struct jit_store_maker){
        {self.dev, self.ino, (uint64_t)self.size, (uint64_t)self.mtime.sec * 1000000000u + (uint64_t)self.mtime.nsec}};
    return 0;
}

static int path_of(const struct lockstep_machine *machine, char out[PATH_SIZE], const char *suffix) {
    const int n = snprintf(out, PATH_SIZE, "%s/%s%s", machine->code_dir, machine->code_file, suffix);
    return n < PATH_SIZE ? 0 : -ENAMETOOLONG;
}

/* Ours, and nobody else may have written to it: it is going to be run. */
static bool is_trusted(const struct host_stat *facts) {
    return (facts->mode & S_IFMT) == S_IFREG && facts->uid == host_user_self().uid && !(facts->mode & 022) && facts->size > 0 &&
           facts->size <= FILE_MAX;
}

/* Mapped: a start costs what it uses of the file. Where it is cut off meanwhile it reads as zeros (host_bus_guard_init), which are no image. */
static int load_from(struct lockstep_machine *machine, int fd) {
    struct host_stat facts;
    struct jit_store_maker maker;
    int err = host_file_stat(fd, &facts);
    if (err) return err;
    if (!is_trusted(&facts)) return -EPERM;
    machine->code_bytes_size = align_up((uint64_t)facts.size, host_page_size());
    machine->code_bytes = host_memory_map_file(fd, 0, machine->code_bytes_size, HOST_PROT_READ, 0, &err);
    if (!machine->code_bytes) return err;
    err = find_maker(&maker);
    return err ? err : jit_store_load(machine->code_store, machine->code_bytes, (size_t)facts.size, &maker);
}

static void load(struct lockstep_machine *machine) {
    char path[PATH_SIZE];
    int fd = path_of(machine, path, "");
    if (fd == 0) fd = host_file_open_at(HOST_CWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd == -ENOENT) return;
    const int err = fd < 0 ? fd : load_from(machine, fd);
    if (fd >= 0) host_file_close(fd);
    if (err) log_verbose(&machine->log, "%s is not used: %s", path, err == -EINVAL ? "damaged, or of another build" : error_text(err));
}

/* None of it is the machine's outside, to be recorded. */
void machine_load_code(struct lockstep_machine *machine, const char *program) {
    struct host_door *door = host_door_get();
    if (!machine->code_dir) return;
    name_file(machine, program);
    host_door_set(NULL);
    load(machine);
    host_door_set(door);
}

static int write_all(int fd, const uint8_t *bytes, size_t n) {
    for (size_t done = 0; done < n;) {
        const int64_t put = host_file_write(fd, bytes + done, n - done);
        if (put < 0) return (int)put;
        done += (size_t)put;
    }
    return 0;
}

/* Complete under another name, then renamed. */
static int replace_file(const struct lockstep_machine *machine, const uint8_t *bytes, size_t n) {
    char path[PATH_SIZE], part[PATH_SIZE], suffix[24];
    uint64_t random = 0;
    host_random(&random, sizeof random);
    snprintf(suffix, sizeof suffix, ".%016llx", (unsigned long long)random);
    if (path_of(machine, path, "") || path_of(machine, part, suffix)) return -ENAMETOOLONG;
    host_file_mkdir_at(HOST_CWD, machine->code_dir, 0700);
    const int fd = host_file_open_at(HOST_CWD, part, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0) return fd;
    int err = write_all(fd, bytes, n);
    host_file_close(fd);
    if (!err) err = host_file_rename_at(HOST_CWD, part, HOST_CWD, path, 0);
    if (err) host_file_unlink_at(HOST_CWD, part, false);
    return err;
}

static int save(struct lockstep_machine *machine) {
    struct jit_store_maker maker;
    size_t n;
    int err = find_maker(&maker);
    if (err) return err;
    uint8_t *bytes = jit_store_save(machine->code_store, &maker, &n);
    if (!bytes) return -ENOMEM;
    err = replace_file(machine, bytes, n);
    free(bytes);
    return err;
}

void machine_close_code(struct lockstep_machine *machine) {
    struct host_door *door = host_door_get();
    host_door_set(NULL);
    if (machine->code_file[0] && jit_store_has_news(machine->code_store)) {
        const int err = save(machine);
        if (err) log_error(&machine->log, "translated code is not kept in %s: %s", machine->code_dir, error_text(err));
    }
    host_door_set(door);
    jit_store_free(machine->code_store);
    if (machine->code_bytes) host_memory_unmap(machine->code_bytes, machine->code_bytes_size);
    free(machine->code_dir);
}
