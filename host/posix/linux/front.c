/* SPDX-License-Identifier: ISC */
/* The front by fork(2): the parent watches the child by a socket and SIGCHLD. The child forks for the guest while the parent
 * closes its descriptors, and goes on when that is done, so that nothing which the child closes later stays open. */
#include "host/front.h"

#include "base/error.h"
#include "host/posix/error.h"
#include "host/posix/signal_watcher.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_range_of(unsigned first, unsigned last) {
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0) return;
    for (unsigned fd = first; fd <= last && fd < 65536; fd++) close((int)fd);
}

/* All but the link; 0, 1 and 2 become empty. */
static void close_all_but(int link) {
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; fd++) {
        if (fd != link) dup2(null, fd);
    }
    if (link > 3) close_range_of(3, (unsigned)link - 1);
    close_range_of(link < 3 ? 3 : (unsigned)link + 1, ~0u);
}

/* As the child ended. */
_Noreturn static void end_as(int status) {
    if (WIFSIGNALED(status)) {
        const struct rlimit none = {0, 0};
        sigset_t set;
        setrlimit(RLIMIT_CORE, &none);
        signal(WTERMSIG(status), SIG_DFL);
        sigemptyset(&set);
        sigaddset(&set, WTERMSIG(status));
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        kill(getpid(), WTERMSIG(status));
    }
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/* The code of a release, -1: none came. */
static int released(int link) {
    int code;
    return recv(link, &code, sizeof code, MSG_DONTWAIT) == (ssize_t)sizeof code ? code : -1;
}

static void look_after(pid_t child, int link) {
    int status;
    const int code = released(link);
    if (code >= 0) _exit(code);
    if (waitpid(child, &status, WNOHANG | WUNTRACED) != child) return;
    if (WIFSTOPPED(status)) {
        kill(getpid(), SIGSTOP);
        kill(child, SIGCONT);
        return;
    }
    const int last = released(link);
    if (last >= 0) _exit(last);
    end_as(status);
}

_Noreturn static void be_front(pid_t child, int link) {
    sigset_t set;
    close_all_but(link);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    const int ended = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    send(link, "", 1, MSG_NOSIGNAL);
    struct pollfd fds[2] = {{link, POLLIN, 0}, {ended, POLLIN, 0}};
    for (;;) {
        struct signalfd_siginfo info;
        look_after(child, link);
        poll(fds, 2, -1);
        if (fds[0].revents & POLLHUP) fds[0].fd = -1; /* it is ending: SIGCHLD comes */
        while (read(ended, &info, sizeof info) > 0) continue;
    }
}

/* The end of the link tells the watcher of the front's death. */
static int begin_child(struct host_front *front, struct host_signal_watcher *watcher, pid_t parent, int link) {
    fcntl(link, F_SETOWN, getpid());
    fcntl(link, F_SETSIG, SIGIO);
    fcntl(link, F_SETFL, O_NONBLOCK | O_ASYNC);
    if (getppid() != parent) _exit(128 + SIGKILL);
    atomic_store(&front->link, link);
    front->watcher = watcher;
    watcher->front = parent;
    watcher->link = &front->link;
    return host_signal_watcher_start(watcher) ? 0 : -EAGAIN;
}

/* The watcher may have been told of the end when the byte was still there. */
void host_front_settle(struct host_front *front) {
    const int link = front->watcher ? atomic_load(&front->link) : -1;
    struct pollfd ready = {link, POLLIN, 0};
    char byte;
    if (link < 0) return;
    while (recv(link, &byte, 1, 0) < 0) poll(&ready, 1, -1);
    if (recv(link, &byte, 1, MSG_PEEK) == 0) kill(getpid(), SIGKILL);
}

int host_front_split(struct host_front *front, struct host_signal_watcher *watcher, void *unneeded, size_t size) {
    int link[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) < 0) return host_error_last();
    const pid_t self = getpid();
    host_mutex_lock(&watcher->lock);
    const pid_t child = fork();
    if (child > 0) {
        watcher->passes_to = child;
        host_mutex_unlock(&watcher->lock);
        signal(SIGCHLD, SIG_DFL);
        if (unneeded) munmap(unneeded, size);
        be_front(child, link[0]);
    }
    const int r = child < 0 ? host_error_last() : begin_child(front, watcher, self, link[1]);
    close(link[0]);
    if (child < 0) close(link[1]);
    host_mutex_unlock(&watcher->lock);
    return r;
}

static int take_link(struct host_front *front) {
    return front->watcher ? atomic_exchange(&front->link, -1) : -1;
}

void host_front_release(struct host_front *front, int code) {
    const int link = take_link(front);
    if (link < 0) return;
    send(link, &code, sizeof code, MSG_NOSIGNAL);
    close(link);
}

void host_front_end(struct host_front *front, int code) {
    const int link = take_link(front);
    if (link < 0) return;
    close_range_of(3, (unsigned)link - 1);
    close_range_of((unsigned)link + 1, ~0u);
    send(link, &code, sizeof code, MSG_NOSIGNAL);
}
