/* SPDX-License-Identifier: ISC */
/* signal(7), "Interruption of system calls": files, pipes, locks, processes, futexes, IPC, time. */
#include "interrupts.h"

#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

enum { FUTEX_WAIT = 0, FUTEX_WAIT_BITSET = 9 };

static const struct timespec minute = {60, 0};

static long do_read_pipe(void) { return read(nothing[0], buf, 1); }
static long do_write_pipe(void) { return write(full[1], buf, 1); }
static long do_readv(void) { return readv(nothing[0], &(struct iovec){buf, 1}, 1); }
static long do_splice(void) { return splice(nothing[0], 0, full[1], 0, 1, 0); }
static long do_tee(void) { return tee(nothing[0], full[1], 1, 0); }
static long do_vmsplice(void) { return vmsplice(full[1], &(struct iovec){buf, 1}, 1, 0); }

static long do_fifo(void) {
    mkfifo("fifo", 0600);
    return open("fifo", O_RDONLY);
}

static long do_flock(void) {
    const int holder = open("locked", O_RDWR | O_CREAT, 0600), fd = open("locked", O_RDWR);
    flock(holder, LOCK_EX);
    return flock(fd, LOCK_EX);
}

static long lock_wait(int command) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const int holder = open("ofd-locked", O_RDWR | O_CREAT, 0600), fd = open("ofd-locked", O_RDWR);
    fcntl(holder, F_OFD_SETLK, &lock);
    return fcntl(fd, command, &lock);
}

static long do_setlkw(void) { return lock_wait(F_SETLKW); }
static long do_ofd_setlkw(void) { return lock_wait(F_OFD_SETLKW); }

static long with_child(int how) {
    if (fork() == 0) {
        close(nothing[0]);
        for (;;) pause();
    }
    return how ? (long)waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED) : (long)waitpid(-1, 0, 0);
}

static long do_wait4(void) { return with_child(0); }
static long do_waitid(void) { return with_child(1); }

static long do_accept(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path + 1, 40, "lockstep-accept-%lu-%d", number_of_test(), getpid());
    const int s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&name, sizeof name) || listen(s, 1)) return -2;
    return accept(s, 0, 0);
}

static long do_recv(void) { return recv(pair[0], buf, 1, 0); }
static long do_recvmsg(void) { return recvmsg(pair[0], &(struct msghdr){.msg_iov = &(struct iovec){buf, 1}, .msg_iovlen = 1}, 0); }

static long do_recv_timeout(void) {
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){60, 0}, sizeof(struct timeval));
    return recv(pair[0], buf, 1, 0);
}

static long do_send(void) {
    while (send(pair[1], buf, sizeof buf, MSG_DONTWAIT) > 0) continue;
    while (send(pair[1], buf, 1, MSG_DONTWAIT) > 0) continue;
    return send(pair[1], buf, sizeof buf, 0);
}

static int word;
static long do_futex(void) { return syscall(SYS_futex, &word, FUTEX_WAIT, 0, 0); }
static long do_futex_timeout(void) { return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &minute); }
static long do_futex_bitset(void) { return syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, 0, 0, 1); }

static long do_mq(int receive) {
    char name[32];
    const struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 8};
    snprintf(name, sizeof name, "/lockstep-sig-%d", getpid());
    const mqd_t q = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
    mq_unlink(name);
    if (receive) return mq_receive(q, buf, 8, 0);
    mq_send(q, buf, 1, 0);
    return mq_send(q, buf, 1, 0);
}

static long do_mq_receive(void) { return do_mq(1); }
static long do_mq_send(void) { return do_mq(0); }

static long do_read_eventfd(void) { return read(eventfd(0, 0), buf, 8); }
static long do_read_timerfd(void) {
    const int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    return read(fd, buf, 8);
}
static long do_read_signalfd(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return read(signalfd(-1, &set, 0), buf, 128);
}
static long do_read_inotify(void) { return read(inotify_init(), buf, 4096); }

/* Never restarted. */
static long do_poll(void) { return poll(&(struct pollfd){.fd = nothing[0], .events = POLLIN}, 1, -1); }
static long do_poll_timeout(void) { return poll(0, 0, 60000); }
static long do_ppoll(void) { return ppoll(0, 0, &minute, 0); }
static long do_select(void) { return select(0, 0, 0, 0, &(struct timeval){60, 0}); }
static long do_pselect(void) { return pselect(0, 0, 0, 0, &minute, 0); }
static long do_epoll(void) { return epoll_wait(epoll_create1(0), (struct epoll_event[1]){{0}}, 1, -1); }
static long do_epoll_pwait(void) { return epoll_pwait(epoll_create1(0), (struct epoll_event[1]){{0}}, 1, 60000, 0); }
static long do_nanosleep(void) { return nanosleep(&minute, 0); }
static long do_clock_nanosleep(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += 60;
    errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, 0);
    return errno ? -1 : 0;
}
static long do_pause(void) { return pause(); }
static long do_sigsuspend(void) {
    sigset_t set;
    sigemptyset(&set);
    return sigsuspend(&set);
}
static long do_sigtimedwait(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return syscall(SYS_rt_sigtimedwait, &set, 0, &minute, 8);
}
static long do_semop(void) {
    const int id = semget(IPC_PRIVATE, 1, 0600);
    const long r = semop(id, &(struct sembuf){0, -1, 0}, 1);
    const int e = errno;
    semctl(id, 0, IPC_RMID);
    errno = e;
    return r;
}
static long do_msgrcv(void) {
    const int id = msgget(IPC_PRIVATE, 0600);
    const long r = msgrcv(id, buf, 8, 0, 0);
    const int e = errno;
    msgctl(id, IPC_RMID, 0);
    errno = e;
    return r;
}

static const struct row rows[] = {
    ROW(read_pipe) ROW(write_pipe) ROW(readv) ROW(splice) ROW(tee) ROW(vmsplice) ROW(fifo) ROW(flock) ROW(setlkw) ROW(ofd_setlkw)
    ROW(wait4) ROW(waitid) ROW(accept) ROW(recv) ROW(recvmsg) ROW(recv_timeout) ROW(send) ROW(futex) ROW(futex_timeout) ROW(futex_bitset)
    ROW(mq_receive) ROW(mq_send) ROW(read_eventfd) ROW(read_timerfd) ROW(read_signalfd) ROW(read_inotify)
    ROW(poll) ROW(poll_timeout) ROW(ppoll) ROW(select) ROW(pselect) ROW(epoll) ROW(epoll_pwait) ROW(nanosleep) ROW(clock_nanosleep)
    ROW(pause) ROW(sigsuspend) ROW(sigtimedwait) ROW(semop) ROW(msgrcv)
};

int main(void) {
    interrupt_all(rows, sizeof rows / sizeof rows[0]);
    printf("calls interrupted as signal(7) says\n");
}
