/* SPDX-License-Identifier: ISC */
/* Descriptors behind mappings, by fcntl(2) and fstat(2). Holds no state; any thread may call. */
#include "host/backing.h"
#include "host/os.h"

#include "host/posix/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int os_backing_dup(int fd) {
    const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? host_error_last() : copy;
}

void host_backing_close(int fd) {
    close(fd);
}

int64_t host_backing_size(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 ? (int64_t)st.st_size : host_error_last();
}
