/* SPDX-License-Identifier: ISC */
/* Starts the first process and waits for the machine's end: the first process has ended and, as under a shell, nothing
 * it left behind runs any more. */
#include "machine/machine.h"

#include "base/error.h"
#include "syscall/linux/fs/fd_table.h"
#include "syscall/linux/fs/fs_context.h"
#include "syscall/linux/process/kernel.h"

enum { PATH_SIZE = 4096 };

struct fs_context *machine_make_place(struct lockstep_machine *machine) {
    char cwd[PATH_SIZE];
    const int64_t n = host_file_getcwd(cwd, sizeof cwd);
    return fs_context_new(machine->vfs, n > 0 ? cwd : "/");
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
    const int err = kernel_start_init(machine->kernel, path, argv, envp, fds, fs);
    if (err) return start_failed(machine, error, path, err);
    machine->started = true;
    return 0;
}

/* Until the last guest thread has gone. */
static void wait_for_all(struct kernel *kernel) {
    for (uint32_t live; (live = atomic_load(&kernel->live)) != 0;) host_futex_wait(&kernel->live, live, HOST_NEVER);
}

void lockstep_machine_wait(struct lockstep_machine *machine, struct lockstep_status *status) {
    wait_for_all(machine->kernel);
    const int encoded = kernel_wait(machine->kernel);
    status->signaled = (encoded & 0x7f) != 0;
    status->code = status->signaled ? encoded & 0x7f : (encoded >> 8) & 0xff;
}
