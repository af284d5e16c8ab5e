/* SPDX-License-Identifier: ISC */
/* Copies that outlive who made them: orphans come to the nearest subreaper. Sources: PR_SET_CHILD_SUBREAPER of prctl(2), proc(5). */
#include "host/branch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROLLUP_SIZE = 4096 };

int64_t host_branch_self(void) {
    return getpid();
}

void host_branch_adopt(void) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void host_branch_follow(int64_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != (pid_t)parent) _exit(1);
}

int64_t host_branch_reap(void) {
    const pid_t pid = waitpid(-1, NULL, WNOHANG);
    return pid > 0 ? pid : 0;
}

uint64_t host_branch_memory(int64_t id) {
    char path[64], text[ROLLUP_SIZE];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)id);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *pss = strstr(text, "\nPss:");
    return pss ? strtoull(pss + 5, NULL, 10) << 10 : 0;
}
