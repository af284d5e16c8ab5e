/* SPDX-License-Identifier: ISC */
/* --explain-crash: a core of the process goes to memory, and a program of ours that knows symbols and instructions reads it. That is
 * another program so that a run without the option pays nothing for it, and what it reads cannot hurt us. */
#include "machine/machine.h"

#include "base/error.h"
#include "host/backing.h"
#include "host/file.h"
#include "host/helper.h"
#include "syscall/linux/process/core_dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPLAINER "lockstep-explain"
#define EXPLAINED_MAX (512ull << 20) /* of memory for the core; it holds little but stacks and programs' data */

int machine_find_explainer(struct lockstep_machine *machine, const char *rootfs, struct lockstep_error *error) {
    if (!host_helper_exists(EXPLAINER)) {
        return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0,
                            "--explain-crash needs " EXPLAINER " beside this program; it is built where libdw and Capstone are");
    }
    machine->explainer_root = strdup(rootfs ? rootfs : "");
    return machine->explainer_root ? 0 : machine_fail(error, LOCKSTEP_NO_RESOURCE, -ENOMEM, "no memory for the machine");
}

static int64_t write_to_memory(const struct core_sink *sink, const void *bytes, size_t n, uint64_t offset) {
    return host_file_write_at(*(const int *)sink->arg, bytes, n, (int64_t)offset);
}

static void run_explainer(const struct lockstep_machine *machine, const struct task *task, int fd) {
    char trap[32], error_code[32];
    snprintf(trap, sizeof trap, "%llu", (unsigned long long)task->trap.number);
    snprintf(error_code, sizeof error_code, "%llu", (unsigned long long)task->trap.error_code);
    char *argv[] = {(char *)(uintptr_t)EXPLAINER, trap, error_code, machine->explainer_root, NULL};
    const int r = host_helper_run(EXPLAINER, argv, fd, 2);
    if (r < 0) log_error(&machine->log, EXPLAINER " cannot run: %s", error_text(r));
    if (r > 0) log_error(&machine->log, EXPLAINER " ended with status %d", r);
}

void machine_explain_crash(void *arg, struct task *task, const struct guest_siginfo *info) {
    const struct lockstep_machine *machine = arg;
    int fd = host_backing_new_memory(0);
    const struct core_sink sink = {.write = write_to_memory, .arg = &fd, .limit = EXPLAINED_MAX, .brief = true};
    const int64_t size = fd < 0 ? fd : core_write(task, info, &sink);
    if (size >= 0) {
        run_explainer(machine, task, fd);
    } else {
        log_error(&machine->log, "the crash of process %d cannot be explained: %s", task->process->pid, error_text((int)size));
    }
    if (fd >= 0) host_backing_close(fd);
}
