/* SPDX-License-Identifier: ISC */
/* Finds a program by name as execvp(3) does, but among the guest's files. */
#include "machine/machine.h"

#include "base/error.h"
#include "syscall/linux/fs/vfs.h"

#include <stdio.h>
#include <string.h>

static const char default_search[] = "/bin:/usr/bin";

/* Whether the guest could execute that path: 0 or -E. */
static int try_path(const struct vfs_caller *caller, const char *path) {
    struct file *file;
    const int err = vfs_open_exec(caller, AT_FDCWD, path, 0, &file);
    if (!err) file_put(file);
    return err;
}

/* Writes "dir/name" for the first entry of *search and moves on. Returns false when it is too long. */
static bool next_candidate(const char **search, const char *name, char *out, size_t size) {
    const char *end = strchr(*search, ':');
    const size_t n = end ? (size_t)(end - *search) : strlen(*search);
    const int r = n ? snprintf(out, size, "%.*s/%s", (int)n, *search, name) : snprintf(out, size, "./%s", name);
    *search = end ? end + 1 : NULL;
    return r > 0 && (size_t)r < size;
}

static int search_path(const struct vfs_caller *caller, const char *name, const char *search, char *out, size_t size) {
    int result = -ENOENT;
    while (search) {
        if (!next_candidate(&search, name, out, size)) continue;
        const int err = try_path(caller, out);
        if (!err) return 0;
        if (err == -EACCES) result = err;
    }
    return result;
}

int lockstep_machine_find(struct lockstep_machine *machine, const char *name, const char *search, char *out,
                          size_t size, struct lockstep_error *error) {
    int err;
    if (strchr(name, '/') || *name == '\0') {
        const int n = snprintf(out, size, "%s", name);
        err = *name == '\0' ? -ENOENT : (size_t)n < size ? 0 : -ENAMETOOLONG;
    } else {
        struct fs_context *fs = machine_make_place(machine);
        const struct vfs_caller caller = {.fs = fs};
        err = fs ? search_path(&caller, name, search ? search : default_search, out, size) : -ENOMEM;
        if (fs) fs_context_put(fs);
    }
    if (!err) return 0;
    const enum lockstep_error_kind kind = err == -ENOENT ? LOCKSTEP_NOT_FOUND : LOCKSTEP_NOT_RUNNABLE;
    return machine_fail(error, kind, err, "cannot run %.200s: %s", name, error_text(err));
}
