/* SPDX-License-Identifier: ISC */
/* The only place that knows both the host's error codes and ours. The host's come from <errno.h>; ours are taken
 * from the rows of error.def under a prefix, because the plain names are the host's macros here. */
#include "host/posix/error.h"

#include <errno.h>
#include <stddef.h>

enum our_number {
#define E(name, number, text) OUR_##name = number,
#include "base/error.def"
#undef E
};

#define POSIX_CODES(ROW)                                                                                 \
    ROW(EPERM) ROW(ENOENT) ROW(ESRCH) ROW(EINTR) ROW(EIO) ROW(ENXIO) ROW(E2BIG) ROW(ENOEXEC) ROW(EBADF)  \
    ROW(ECHILD) ROW(EAGAIN) ROW(ENOMEM) ROW(EACCES) ROW(EFAULT) ROW(ENOTBLK) ROW(EBUSY) ROW(EEXIST)      \
    ROW(EXDEV) ROW(ENODEV) ROW(ENOTDIR) ROW(EISDIR) ROW(EINVAL) ROW(ENFILE) ROW(EMFILE) ROW(ENOTTY)      \
    ROW(ETXTBSY) ROW(EFBIG) ROW(ENOSPC) ROW(ESPIPE) ROW(EROFS) ROW(EMLINK) ROW(EPIPE) ROW(EDOM)          \
    ROW(ERANGE) ROW(EDEADLK) ROW(ENAMETOOLONG) ROW(ENOLCK) ROW(ENOSYS) ROW(ENOTEMPTY) ROW(ELOOP)         \
    ROW(ENOMSG) ROW(EIDRM) ROW(EBADMSG) ROW(EOVERFLOW) ROW(EILSEQ) ROW(EUSERS) ROW(ENOTSOCK)             \
    ROW(EDESTADDRREQ) ROW(EMSGSIZE) ROW(EPROTOTYPE) ROW(ENOPROTOOPT) ROW(EPROTONOSUPPORT)                \
    ROW(ESOCKTNOSUPPORT) ROW(EOPNOTSUPP) ROW(EPFNOSUPPORT) ROW(EAFNOSUPPORT) ROW(EADDRINUSE)             \
    ROW(EADDRNOTAVAIL) ROW(ENETDOWN) ROW(ENETUNREACH) ROW(ENETRESET) ROW(ECONNABORTED) ROW(ECONNRESET)   \
    ROW(ENOBUFS) ROW(EISCONN) ROW(ENOTCONN) ROW(ESHUTDOWN) ROW(ETOOMANYREFS) ROW(ETIMEDOUT)              \
    ROW(ECONNREFUSED) ROW(EHOSTDOWN) ROW(EHOSTUNREACH) ROW(EALREADY) ROW(EINPROGRESS) ROW(ESTALE)        \
    ROW(EDQUOT) ROW(EPROTO) ROW(ECANCELED) ROW(EOWNERDEAD) ROW(ENOTRECOVERABLE)

struct pair {
    int host, ours;
};

static const struct pair pairs[] = {
#define ROW(name) {name, OUR_##name},
    POSIX_CODES(ROW)
#undef ROW
};

int host_error_from(int code) {
    if (code == 0) return 0;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i].host == code) return -pairs[i].ours;
    }
    return host_error_other(code);
}

int host_error_last(void) {
    return host_error_from(errno ? errno : EIO);
}
