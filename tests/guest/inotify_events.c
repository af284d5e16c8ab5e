/* SPDX-License-Identifier: ISC */
/* inotify: what our own operations on files and directories report, by whom and in which order; descriptors and errors. */
#include "check.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

static int notify;

/* Prints and forgets all events that are there. */
static void report(const char *what) {
    char buf[4096] __attribute__((aligned(8)));
    printf("%s:", what);
    for (ssize_t n; (n = read(notify, buf, sizeof buf)) > 0;) {
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *e = (struct inotify_event *)(buf + at);
            printf(" %x/%s%s", e->mask, e->len ? e->name : "", e->cookie ? "+cookie" : "");
            at += (ssize_t)sizeof *e + e->len;
        }
    }
    CHECK(errno == EAGAIN);
    printf("\n");
}

static void in_a_directory(void) {
    CHECK(mkdir("dir", 0755) == 0);
    const int watch = inotify_add_watch(notify, "dir", IN_ALL_EVENTS);
    CHECK(watch == 1);
    const int fd = open("dir/file", O_CREAT | O_RDWR, 0644);
    report("create");
    CHECK(write(fd, "hello", 5) == 5);
    report("write");
    char c;
    CHECK(pread(fd, &c, 1, 0) == 1 && ftruncate(fd, 1) == 0 && fchmod(fd, 0600) == 0);
    report("read, truncate, chmod");
    CHECK(close(fd) == 0);
    report("close");
    CHECK(rename("dir/file", "dir/other") == 0);
    report("rename");
    CHECK(link("dir/other", "dir/link") == 0 && symlink("other", "dir/symlink") == 0 && mkdir("dir/sub", 0700) == 0);
    report("link, symlink, mkdir");
    CHECK(rmdir("dir/sub") == 0 && unlink("dir/symlink") == 0 && unlink("dir/link") == 0 && unlink("dir/other") == 0);
    report("remove");
    CHECK(rmdir("dir") == 0);
    report("remove the directory");
    CHECK_ERROR(inotify_rm_watch(notify, watch), EINVAL);
}

static void a_file(void) {
    const int fd = open("watched", O_CREAT | O_RDWR, 0644);
    CHECK(symlink("watched", "to-it") == 0);
    const int watch = inotify_add_watch(notify, "to-it", IN_MODIFY | IN_CLOSE_WRITE);
    CHECK(watch > 0 && inotify_add_watch(notify, "watched", IN_MODIFY | IN_MASK_ADD | IN_DELETE_SELF) == watch);
    CHECK(write(fd, "a", 1) == 1 && write(fd, "b", 1) == 1);
    report("modify twice is one");
    CHECK(inotify_rm_watch(notify, watch) == 0);
    report("watch removed");
    CHECK(write(fd, "c", 1) == 1 && close(fd) == 0);
    report("not watched");
    CHECK(inotify_add_watch(notify, "to-it", IN_DONT_FOLLOW | IN_DELETE_SELF | IN_ATTRIB | IN_ONESHOT) > 0);
    CHECK(unlink("watched") == 0);
    report("the link stays");
    CHECK(unlink("to-it") == 0);
    report("the link goes");
}

static void waits(void) {
    CHECK(mkdir("dir", 0755) == 0 && inotify_add_watch(notify, "dir", IN_CREATE) > 0);
    struct pollfd poll_fd = {.fd = notify, .events = POLLIN};
    CHECK(poll(&poll_fd, 1, 0) == 0);
    const pid_t child = fork();
    if (child == 0) {
        usleep(20000);
        close(open("dir/by-child", O_CREAT | O_WRONLY, 0644));
        _exit(0);
    }
    int available = 0;
    CHECK(poll(&poll_fd, 1, 20000) == 1 && poll_fd.revents == POLLIN);
    CHECK(ioctl(notify, FIONREAD, &available) == 0 && available == 32);
    report("by another process");
    wait_ok(child);
    CHECK(unlink("dir/by-child") == 0 && rmdir("dir") == 0);
    report("left over");
}

static void errors(void) {
    char small[8];
    CHECK(close(open("file", O_CREAT | O_RDWR, 0600)) == 0);
    CHECK_ERROR(inotify_init1(1), EINVAL);
    CHECK_ERROR(inotify_add_watch(notify, "not-there", IN_CREATE), ENOENT);
    CHECK_ERROR(inotify_add_watch(notify, ".", 0), EINVAL);
    CHECK_ERROR(inotify_add_watch(notify, "file", IN_ONLYDIR | IN_CREATE), ENOTDIR);
    CHECK_ERROR(inotify_add_watch(999, ".", IN_CREATE), EBADF);
    CHECK_ERROR(inotify_add_watch(0, ".", IN_CREATE), EINVAL);
    CHECK_ERROR(inotify_rm_watch(notify, 77), EINVAL);
    CHECK(inotify_add_watch(notify, ".", IN_CREATE) > 0 && mkdir("x", 0700) == 0);
    CHECK_ERROR(read(notify, small, sizeof small), EINVAL);
    CHECK(rmdir("x") == 0);
    report("too small a buffer loses nothing");
}

int main(void) {
    notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    CHECK(notify >= 0 && fcntl(notify, F_GETFD) == FD_CLOEXEC && (fcntl(notify, F_GETFL) & O_NONBLOCK));
    in_a_directory();
    a_file();
    waits();
    errors();
    printf("inotify as inotify(7) says\n");
}
