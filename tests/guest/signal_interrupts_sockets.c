/* SPDX-License-Identifier: ISC */
/* signal(7), "Interruption of system calls": sockets of each family, terminals, and the calls that wait for more than one thing. */
#include "interrupts.h"

#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

enum { FUTEX_LOCK_PI = 6, FUTEX_WAIT_REQUEUE_PI = 11, NR_EPOLL_PWAIT2 = 441, NR_FUTEX_WAITV = 449 };

static const struct timespec minute = {60, 0};

static int socket_pair(int type) {
    int fds[2];
    CHECK(socketpair(AF_UNIX, type, 0, fds) == 0);
    return fds[0];
}

static void fill(int fd, size_t size) {
    while (send(fd, buf, size, MSG_DONTWAIT) > 0) continue;
    while (send(fd, buf, 1, MSG_DONTWAIT) > 0) continue;
}

static long with_timeout(int fd, int which) {
    return setsockopt(fd, SOL_SOCKET, which, &(struct timeval){60, 0}, sizeof(struct timeval));
}

static long do_recvfrom(void) { return recvfrom(socket_pair(SOCK_DGRAM), buf, 1, 0, 0, 0); }
static long do_recv_packet(void) { return recv(socket_pair(SOCK_SEQPACKET), buf, 1, 0); }
static long do_recv_all(void) { return recv(pair[0], buf, 100, MSG_WAITALL); }
static long do_read_socket(void) { return read(pair[0], buf, 1); }
static long do_readv_socket(void) { return readv(pair[0], &(struct iovec){buf, 1}, 1); }
static long do_write_socket(void) {
    fill(pair[1], sizeof buf);
    return write(pair[1], buf, sizeof buf);
}
static long do_sendmsg(void) {
    fill(pair[1], sizeof buf);
    return sendmsg(pair[1], &(struct msghdr){.msg_iov = &(struct iovec){buf, 1}, .msg_iovlen = 1}, 0);
}
static long do_send_datagram(void) {
    const int fd = socket_pair(SOCK_DGRAM);
    while (send(fd, buf, 1, MSG_DONTWAIT) > 0) continue;
    return send(fd, buf, 1, 0);
}
static long do_send_timeout(void) {
    fill(pair[1], sizeof buf);
    with_timeout(pair[1], SO_SNDTIMEO);
    return send(pair[1], buf, 1, 0);
}
static long do_recvmmsg(void) {
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &(struct iovec){buf, 1}, .msg_iovlen = 1}};
    return recvmmsg(socket_pair(SOCK_DGRAM), &message, 1, 0, 0);
}
static long do_connect_full(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path + 1, 40, "lockstep-connect-%lu-%d", number_of_test(), getpid());
    const int s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(s, (struct sockaddr *)&name, sizeof name) || listen(s, 0)) return -2;
    for (;;) {
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(fd, (struct sockaddr *)&name, sizeof name)) break;
    }
    return connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name);
}

static int listener(struct sockaddr_in *name) {
    socklen_t size = sizeof *name;
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    *name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(bind(s, (struct sockaddr *)name, sizeof *name) == 0 && listen(s, 8) == 0);
    CHECK(getsockname(s, (struct sockaddr *)name, &size) == 0);
    return s;
}

static int connected(void) {
    struct sockaddr_in name;
    listener(&name);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fd, (struct sockaddr *)&name, sizeof name) == 0);
    return fd;
}

static long do_accept_inet(void) {
    struct sockaddr_in name;
    return accept(listener(&name), 0, 0);
}
static long do_accept_timeout(void) {
    struct sockaddr_in name;
    const int s = listener(&name);
    with_timeout(s, SO_RCVTIMEO);
    return accept(s, 0, 0);
}
static long do_recv_inet(void) { return recv(connected(), buf, 1, 0); }
static long do_recv_inet_timeout(void) {
    const int fd = connected();
    with_timeout(fd, SO_RCVTIMEO);
    return recv(fd, buf, 1, 0);
}
static long do_read_inet(void) { return read(connected(), buf, 1); }
static long do_recvfrom_udp(void) {
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    const struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(bind(fd, (const struct sockaddr *)&name, sizeof name) == 0);
    return recvfrom(fd, buf, 1, 0, 0, 0);
}

static int terminal(void) {
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    return master;
}
static long do_read_terminal(void) {
    const int fd = open(ptsname(terminal()), O_RDWR | O_NOCTTY);
    return read(fd, buf, 1);
}
static long do_read_master(void) {
    const int master = terminal();
    open(ptsname(master), O_RDWR | O_NOCTTY);
    return read(master, buf, 1);
}

static long do_fifo_writer(void) {
    mkfifo("fifo", 0600);
    return open("fifo", O_WRONLY);
}
static long do_preadv2(void) { return syscall(SYS_preadv2, nothing[0], &(struct iovec){buf, 1}, 1L, -1L, -1L, 0L); }
static long do_writev(void) { return writev(full[1], &(struct iovec){buf, 1}, 1); }
static long do_sendfile(void) {
    const int fd = open("file", O_RDWR | O_CREAT, 0600);
    CHECK(write(fd, buf, 10) == 10 && lseek(fd, 0, SEEK_SET) == 0);
    return sendfile(full[1], fd, 0, 10);
}

static unsigned word = 1; /* init holds it, or nobody of ours */
static long do_futex_waitv(void) {
    const struct { unsigned long long value, address; unsigned flags, reserved; } v = {1, (unsigned long)&word, 2, 0};
    return syscall(NR_FUTEX_WAITV, &v, 1, 0, 0, 0);
}
static long do_futex_lock_pi(void) {
    unsigned *lock = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fork() == 0) {
        close(nothing[0]);
        syscall(SYS_futex, lock, FUTEX_LOCK_PI, 0, 0);
        for (;;) pause();
    }
    while (!*(volatile unsigned *)lock) usleep(1000);
    return syscall(SYS_futex, lock, FUTEX_LOCK_PI, 0, 0);
}
static long do_futex_requeue_pi(void) {
    static unsigned lock;
    return syscall(SYS_futex, &word, FUTEX_WAIT_REQUEUE_PI, 1, 0, &lock);
}

static long do_poll_none(void) { return poll(0, 0, -1); }
static long do_ppoll_mask(void) {
    sigset_t none;
    sigemptyset(&none);
    return ppoll(&(struct pollfd){.fd = nothing[0], .events = POLLIN}, 1, 0, &none);
}
static long do_pselect_fds(void) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(nothing[0], &set);
    return pselect(nothing[0] + 1, &set, 0, 0, 0, 0);
}
static long do_epoll_pwait2(void) { return syscall(NR_EPOLL_PWAIT2, epoll_create1(0), (struct epoll_event[1]){{0}}, 1, &minute, 0, 8); }
static long do_sleep_relative(void) {
    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &minute, 0);
    return errno ? -1 : 0;
}
static long do_sleep_realtime(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += 60;
    errno = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, 0);
    return errno ? -1 : 0;
}
static long do_semtimedop(void) {
    const int id = semget(IPC_PRIVATE, 1, 0600);
    const long r = semtimedop(id, &(struct sembuf){0, -1, 0}, 1, &minute);
    const int e = errno;
    semctl(id, 0, IPC_RMID);
    errno = e;
    return r;
}
static long do_msgsnd(void) {
    struct { long type; char text[4096]; } message = {.type = 1};
    const int id = msgget(IPC_PRIVATE, 0600);
    while (msgsnd(id, &message, sizeof message.text, IPC_NOWAIT) == 0) continue;
    const long r = msgsnd(id, &message, sizeof message.text, 0);
    const int e = errno;
    msgctl(id, IPC_RMID, 0);
    errno = e;
    return r;
}
static long do_mq_timedreceive(void) {
    char name[32];
    const struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 8};
    struct timespec at;
    snprintf(name, sizeof name, "/lockstep-sig2-%d", getpid());
    const mqd_t q = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
    mq_unlink(name);
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += 60;
    return mq_timedreceive(q, buf, 8, 0, &at);
}

static const struct row rows[] = {
    ROW(recvfrom) ROW(recv_packet) ROW(recv_all) ROW(read_socket) ROW(readv_socket) ROW(write_socket) ROW(sendmsg) ROW(send_datagram)
    ROW(send_timeout) ROW(recvmmsg) ROW(connect_full) ROW(accept_inet) ROW(accept_timeout) ROW(recv_inet) ROW(recv_inet_timeout)
    ROW(read_inet) ROW(recvfrom_udp) ROW(read_terminal) ROW(read_master) ROW(fifo_writer) ROW(preadv2) ROW(writev)
    ROW(sendfile) ROW(futex_waitv) ROW(futex_lock_pi) ROW(futex_requeue_pi) ROW(poll_none) ROW(ppoll_mask) ROW(pselect_fds)
    ROW(epoll_pwait2) ROW(sleep_relative) ROW(sleep_realtime) ROW(semtimedop) ROW(msgsnd) ROW(mq_timedreceive)
};

int main(void) {
    interrupt_all(rows, sizeof rows / sizeof rows[0]);
    printf("sockets and waits interrupted as signal(7) says\n");
}
