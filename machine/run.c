/* SPDX-License-Identifier: ISC */
/* Starts the first process and waits for the machine's end: the first process has ended and, as under a shell, nothing
 * it left behind runs any more. */
#include "machine/machine.h"

#include "base/error.h"
#include "syscall/linux/abi/fcntl.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/fs_context.h"
#include "syscall/linux/process/kernel.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MACHINE_PATH_SIZE = 4096 };

/* The part of a host path below the guest's root, "/" when it is not below. */
static const char *below_root(const char *path, const char *root) {
    const size_t n = strlen(root);
    if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0')) return "/";
    return path[n] ? path + n : "/";
}

/* The host path of the guest's root, "" for the host's own. */
static int find_root(const char *rootfs, char *out, size_t size) {
    *out = '\0';
    if (!rootfs) return 0;
    const int fd = host_file_open_at(HOST_CWD, rootfs, O_PATH | O_DIRECTORY, 0);
    if (fd < 0) return fd;
    const int64_t n = host_file_path(fd, out, size - 1);
    host_file_close(fd);
    out[n > 1 ? n : 0] = '\0';
    return n < 0 ? (int)n : 0;
}

int machine_find_place(struct lockstep_machine *machine, const char *rootfs) {
    char cwd[MACHINE_PATH_SIZE], root[MACHINE_PATH_SIZE];
    if (host_file_getcwd(cwd, sizeof cwd) != 0 || find_root(rootfs, root, sizeof root) != 0) return 0;
    const char *place = below_root(cwd, root);
    machine->place = malloc(strlen(place) + 1);
    if (!machine->place) return -ENOMEM;
    strcpy(machine->place, place);
    return 0;
}

struct fs_context *machine_make_place(struct lockstep_machine *machine) {
    return fs_context_new(machine->vfs, machine->place ? machine->place : "/");
}

static int start_failed(struct lockstep_machine *machine, struct lockstep_error *error, const char *path, int err) {
    const bool missing = err == -ENOENT || err == -ENOTDIR;
    const char *reason = machine->kernel->start_reason;
    return machine_fail(error, missing ? LOCKSTEP_NOT_FOUND : LOCKSTEP_NOT_RUNNABLE, err, "cannot run %.100s: %s", path,
                        *reason ? reason : error_text(err));
}

int lockstep_machine_start(struct lockstep_machine *machine, const char *path, char *const argv[],
                           char *const envp[], struct lockstep_error *error) {
    struct fd_table *fds = machine_make_descriptors(machine);
    struct fs_context *fs = machine_make_place(machine);
    if (!fds || !fs || machine->started) {
        if (fds) fd_table_put(fds);
        if (fs) fs_context_put(fs);
        return machine_fail(error, LOCKSTEP_NO_RESOURCE, -ENOMEM, "no memory for the first process");
    }
    machine_load_code(machine, path);
    const int err = kernel_start_init(machine->kernel, path, argv, envp, fds, fs);
    const char *reason = frame_pool_reason(machine->frame_pool);
    if (reason) log_verbose(&machine->log, "guest memory is not at its own addresses: %s", reason);
    if (err) return start_failed(machine, error, path, err);
    machine->started = true;
    return 0;
}

/* Until the last guest thread has gone. */
static void wait_for_all(struct kernel *kernel) {
    for (uint32_t live; (live = atomic_load(&kernel->live)) != 0;) host_futex_wait(&kernel->live, live, HOST_NEVER);
}

void lockstep_machine_wait(struct lockstep_machine *machine, struct lockstep_status *status) {
    kernel_run_first(machine->kernel);
    wait_for_all(machine->kernel);
    const int encoded = kernel_wait(machine->kernel);
    if (machine->schedule.has_diverged) {
        log_error(&machine->log, "the run left its schedule after %" PRIu64 " instructions: other program, options, files or input",
                  machine->schedule.diverged_at);
    }
    machine->ended = true;
    machine->status = encoded;
    status->signaled = (encoded & 0x7f) != 0;
    status->code = status->signaled ? encoded & 0x7f : (encoded >> 8) & 0xff;
}
