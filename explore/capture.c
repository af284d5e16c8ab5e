/* SPDX-License-Identifier: ISC */
/* Memory files in place of the standard ones. */
#include "explore/capture.h"

#include "base/error.h"
#include "host/branch.h"
#include "host/file.h"
#include "syscall/linux/abi/fcntl.h"

static int open_output(int to) {
    const int fd = host_file_memory("output", 0);
    return fd < 0 ? fd : host_branch_redirect(fd, to) < 0 ? -EMFILE : fd;
}

int capture_begin(struct capture *capture) {
    const int null = host_file_open_at(HOST_CWD, "/dev/null", O_RDONLY, 0);
    if (null < 0) return null;
    const int r = host_branch_redirect(null, 0);
    host_file_close(null);
    *capture = (struct capture){.out = open_output(1), .err = open_output(2)};
    return r < 0 ? r : capture->out < 0 ? capture->out : capture->err < 0 ? capture->err : 0;
}

void capture_mark(struct capture *capture) {
    capture->out_start = host_file_seek(capture->out, 0, 1);
    capture->err_start = host_file_seek(capture->err, 0, 1);
}

void capture_clear(const struct capture *capture) {
    host_file_truncate(capture->out, capture->out_start);
    host_file_truncate(capture->err, capture->err_start);
    host_file_seek(capture->out, capture->out_start, 0);
    host_file_seek(capture->err, capture->err_start, 0);
}
