/* SPDX-License-Identifier: ISC */
/* How strace prints the structures that arguments point to. */
#include "syscall/linux/strace_line.h"

#include "syscall/linux/abi/clone.h"
#include "syscall/linux/abi/fcntl.h"
#include "syscall/linux/abi/poll.h"
#include "syscall/linux/abi/resource.h"
#include "syscall/linux/abi/signal.h"
#include "syscall/linux/abi/socket.h"
#include "syscall/linux/abi/stat.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put_timespec(struct line *line, const struct guest_timespec *t) {
    line_put(line, "{tv_sec=%" PRId64 ", tv_nsec=%" PRId64 "}", t->sec, t->nsec);
}

static void put_timeval(struct line *line, const struct guest_timeval *t) {
    line_put(line, "{tv_sec=%" PRId64 ", tv_usec=%" PRId64 "}", t->sec, t->usec);
}

void strace_timespec(struct line *line, uint64_t value) {
    struct guest_timespec t;
    if (line_fetch(line, value, &t, sizeof t)) put_timespec(line, &t);
}

void strace_timeval(struct line *line, uint64_t value) {
    struct guest_timeval t;
    if (line_fetch(line, value, &t, sizeof t)) put_timeval(line, &t);
}

void strace_itimerspec(struct line *line, uint64_t value) {
    struct guest_itimerspec t;
    if (!line_fetch(line, value, &t, sizeof t)) return;
    line_put(line, "{it_interval=");
    put_timespec(line, &t.interval);
    line_put(line, ", it_value=");
    put_timespec(line, &t.value);
    line_put(line, "}");
}

void strace_itimerval(struct line *line, uint64_t value) {
    struct guest_itimerval t;
    if (!line_fetch(line, value, &t, sizeof t)) return;
    line_put(line, "{it_interval=");
    put_timeval(line, &t.interval);
    line_put(line, ", it_value=");
    put_timeval(line, &t.value);
    line_put(line, "}");
}

void strace_sigset(struct line *line, uint64_t value) {
    sigset_bits set;
    if (line_fetch(line, value, &set, sizeof set)) line_sigset(line, set);
}

void strace_sigaction(struct line *line, uint64_t value) {
    struct guest_sigaction action;
    if (!line_fetch(line, value, &action, sizeof action)) return;
    line_put(line, "{sa_handler=");
    if (action.handler <= SIG_IGN) line_put(line, action.handler == SIG_IGN ? "SIG_IGN" : "SIG_DFL");
    else strace_hex(line, action.handler);
    line_put(line, ", sa_mask=");
    line_sigset(line, action.mask);
    line_put(line, ", sa_flags=");
    line_flags(line, NAMES_SA, action.flags);
    if (action.flags & SA_RESTORER) line_put(line, ", sa_restorer=%#" PRIx64, action.restorer);
    line_put(line, "}");
}

static void put_mode(struct line *line, uint32_t mode) {
    const char *type = line_name(NAMES_FILE_TYPE, mode & S_IFMT);
    line_put(line, "st_mode=%s|%#04o", type ? type : "0", mode & 07777);
}

void strace_stat(struct line *line, uint64_t value) {
    struct linux_stat stat;
    if (!line_fetch(line, value, &stat, sizeof stat)) return;
    line_put(line, "{");
    put_mode(line, stat.mode);
    const uint32_t type = stat.mode & S_IFMT;
    if (type == S_IFCHR || type == S_IFBLK) {
        line_put(line, ", st_rdev=makedev(%#x, %#x), ...}", dev_major(stat.rdev), dev_minor(stat.rdev));
    } else {
        line_put(line, ", st_size=%" PRId64 ", ...}", stat.size);
    }
}

void strace_statx(struct line *line, uint64_t value) {
    struct linux_statx stat;
    if (!line_fetch(line, value, &stat, sizeof stat)) return;
    line_put(line, "{stx_mask=");
    line_flags(line, NAMES_STATX, stat.mask);
    line_put(line, ", ");
    put_mode(line, stat.mode);
    line_put(line, ", stx_size=%" PRIu64 ", ...}", stat.size);
}

static void put_limit(struct line *line, const char *name, uint64_t value) {
    line_put(line, "%s", name);
    if (value == UINT64_MAX) line_put(line, "RLIM64_INFINITY");
    else if (value > 1024 && value % 1024 == 0) line_put(line, "%" PRIu64 "*1024", value / 1024);
    else line_put(line, "%" PRIu64, value);
}

void strace_rlimit(struct line *line, uint64_t value) {
    struct guest_rlimit limit;
    if (!line_fetch(line, value, &limit, sizeof limit)) return;
    put_limit(line, "{rlim_cur=", limit.soft);
    put_limit(line, ", rlim_max=", limit.hard);
    line_put(line, "}");
}

void strace_rusage(struct line *line, uint64_t value) {
    struct guest_rusage usage;
    if (!line_fetch(line, value, &usage, sizeof usage)) return;
    line_put(line, "{ru_utime=");
    put_timeval(line, &usage.utime);
    line_put(line, ", ru_stime=");
    put_timeval(line, &usage.stime);
    line_put(line, ", ...}");
}

void strace_wait_status(struct line *line, uint64_t value) {
    int32_t status;
    if (!line_fetch(line, value, &status, sizeof status)) return;
    const int signo = status & 0x7f, high = status >> 8 & 0xff;
    if (status == 0xffff) {
        line_put(line, "[{WIFCONTINUED(s)}]");
    } else if (signo == 0) {
        line_put(line, "[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", high);
    } else {
        const bool stopped = signo == 0x7f;
        line_put(line, stopped ? "[{WIFSTOPPED(s) && WSTOPSIG(s) == " : "[{WIFSIGNALED(s) && WTERMSIG(s) == ");
        line_signal(line, stopped ? high : signo);
        line_put(line, "%s}]", !stopped && status & 0x80 ? " && WCOREDUMP(s)" : "");
    }
}

void strace_utsname(struct line *line, uint64_t value) {
    struct guest_utsname name;
    if (line_fetch(line, value, &name, sizeof name)) {
        line_put(line, "{sysname=\"%.64s\", nodename=\"%.64s\", ...}", name.sysname, name.nodename);
    }
}

/* The vector at gva; left: bytes that are valid in it. */
static void put_vector(struct line *line, uint64_t gva, uint64_t n, int64_t left) {
    line_put(line, "[");
    for (uint64_t i = 0; i < n; i++) {
        struct linux_iovec iov;
        if (i) line_put(line, ", ");
        if (i == STRACE_ITEMS_MAX || copy_from_guest(line->task, &iov, gva + i * sizeof iov, sizeof iov) < 0) {
            line_put(line, "...");
            break;
        }
        const int64_t valid = (uint64_t)left < iov.len ? left : (int64_t)iov.len;
        line_put(line, "{iov_base=");
        line_bytes(line, iov.base, valid);
        line_put(line, ", iov_len=%" PRIu64 "}", iov.len);
        left -= valid;
    }
    line_put(line, "]");
}

void strace_iov(struct line *line, uint64_t value) {
    put_vector(line, value, line->args[line->index + 1], line->done && line->result >= 0 ? line->result : INT64_MAX);
}

static void put_port(struct line *line, const char *name, const uint8_t *bytes) {
    line_put(line, ", %s=htons(%d)", name, bytes[0] << 8 | bytes[1]);
}

static void put_inet6(struct line *line, const uint8_t *address) {
    put_port(line, "sin6_port", address + 2);
    line_put(line, ", sin6_addr=\"");
    for (int i = 0; i < 16; i += 2) line_put(line, "%s%x", i ? ":" : "", address[8 + i] << 8 | address[9 + i]);
    line_put(line, "\"");
}

static void put_unix(struct line *line, const uint8_t *address, size_t n) {
    const char *path = (const char *)address + 2;
    size_t length = n > 2 ? n - 2 : 0;
    if (length == 0) return;
    const bool abstract = !*path;
    length = abstract ? length - 1 : strnlen(path, length);
    line_put(line, abstract ? ", sun_path=@" : ", sun_path=");
    line_quoted(line, path + abstract, length, false);
}

static void put_address(struct line *line, uint64_t gva, uint64_t size) {
    uint8_t address[SOCKADDR_UN_NAME + SOCKADDR_UN_PATH] = {0};
    const size_t n = size < sizeof address ? (size_t)size : sizeof address;
    if (n < 2 || !line_fetch(line, gva, address, n)) {
        if (n < 2) strace_pointer(line, gva);
        return;
    }
    const unsigned family = address[0] | (unsigned)address[1] << 8;
    const char *name = line_name(NAMES_FAMILY, family);
    line_put(line, "{sa_family=%s", name ? name : "AF_?");
    if (family == AF_UNIX) put_unix(line, address, n);
    if (family == AF_INET6) put_inet6(line, address);
    if (family == AF_INET) {
        put_port(line, "sin_port", address + 2);
        line_put(line, ", sin_addr=inet_addr(\"%d.%d.%d.%d\")", address[4], address[5], address[6], address[7]);
    }
    line_put(line, "}");
}

void strace_sockaddr(struct line *line, uint64_t value) {
    put_address(line, value, value ? line->args[line->index + 1] : 0);
}

void strace_sockaddr_out(struct line *line, uint64_t value) {
    uint32_t size = 0;
    if (value) copy_from_guest(line->task, &size, line->args[line->index + 1], sizeof size);
    put_address(line, value, size);
}

void strace_msghdr(struct line *line, uint64_t value) {
    struct linux_msghdr header;
    if (!line_fetch(line, value, &header, sizeof header)) return;
    line_put(line, "{msg_name=");
    put_address(line, header.name, header.name ? header.name_size : 0);
    line_put(line, ", msg_namelen=%u, msg_iov=", header.name_size);
    put_vector(line, header.iov, header.n_iov, line->done && line->result >= 0 ? line->result : INT64_MAX);
    line_put(line, ", msg_iovlen=%" PRIu64 ", msg_controllen=%" PRIu64 ", msg_flags=", header.n_iov, header.control_size);
    line_flags(line, NAMES_MSG, header.flags);
    line_put(line, "}");
}

void strace_pollfds(struct line *line, uint64_t value) {
    const uint64_t n = (uint32_t)line->args[line->index + 1];
    line_put(line, "[");
    for (uint64_t i = 0; i < n; i++) {
        struct linux_pollfd fd;
        if (i) line_put(line, ", ");
        if (i == STRACE_ITEMS_MAX || copy_from_guest(line->task, &fd, value + i * sizeof fd, sizeof fd) < 0) {
            line_put(line, "...");
            break;
        }
        line_put(line, "{fd=%d, events=", fd.fd);
        line_flags(line, NAMES_POLL, (uint16_t)fd.events);
        if (fd.revents) {
            line_put(line, ", revents=");
            line_flags(line, NAMES_POLL, (uint16_t)fd.revents);
        }
        line_put(line, "}");
    }
    line_put(line, "]");
}

static void put_event(struct line *line, const struct linux_epoll_event *event) {
    line_put(line, "{events=");
    line_flags(line, NAMES_EPOLL, event->events);
    line_put(line, ", data=%#" PRIx64 "}", event->data);
}

void strace_epoll_event(struct line *line, uint64_t value) {
    struct linux_epoll_event event;
    if (line_fetch(line, value, &event, sizeof event)) put_event(line, &event);
}

void strace_epoll_events(struct line *line, uint64_t value) {
    line_put(line, "[");
    for (int64_t i = 0; i < line->result; i++) {
        struct linux_epoll_event event;
        if (i) line_put(line, ", ");
        if (i == STRACE_ITEMS_MAX || copy_from_guest(line->task, &event, value + (uint64_t)i * sizeof event, sizeof event) < 0) {
            line_put(line, "...");
            break;
        }
        put_event(line, &event);
    }
    line_put(line, "]");
}

void strace_clone_args(struct line *line, uint64_t value) {
    struct clone_args args = {0};
    const uint64_t size = line->args[line->index + 1];
    if (size < CLONE_ARGS_SIZE_VER0) strace_pointer(line, value);
    if (size < CLONE_ARGS_SIZE_VER0 || !line_fetch(line, value, &args, size < sizeof args ? size : sizeof args)) return;
    line_put(line, "{flags=");
    line_flags(line, NAMES_CLONE, args.flags);
    line_put(line, ", exit_signal=");
    line_signal(line, (int64_t)args.exit_signal);
    line_put(line, ", stack=%#" PRIx64 ", stack_size=%#" PRIx64, args.stack, args.stack_size);
    if (args.flags & CLONE_SETTLS) line_put(line, ", tls=%#" PRIx64, args.tls);
    line_put(line, "}");
}

void strace_open_how(struct line *line, uint64_t value) {
    struct linux_open_how how;
    if (!line_fetch(line, value, &how, sizeof how)) return;
    line_put(line, "{flags=");
    strace_open_flags(line, how.flags);
    line_put(line, ", mode=%#" PRIo64 ", resolve=%#" PRIx64 "}", how.mode, how.resolve);
}
