/* SPDX-License-Identifier: ISC */
/* unix(7) under threads: bytes through streams whose ends wait by edge-triggered epoll; connections made, accepted and closed at once;
 * the same over TCP within the machine, with datagrams between; sockets that pass each other, and themselves, in messages until only
 * cycles hold them: all is let go in the end. */
#include "host/clock.h"
#include "syscall/linux/fs/epoll.h"
#include "syscall/linux/net/net.h"
#include "syscall/linux/net/socket.h"
#include "tests/syscall/fs_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, BYTES = 1000000, CONNECTIONS = 300, ROUNDS = 400 };

#define CHECK(x)                                                      \
    do {                                                              \
        if (!(x)) {                                                   \
            fprintf(stderr, "line %d: %s\n", __LINE__, #x);           \
            exit(1);                                                  \
        }                                                             \
    } while (0)

static struct net *net;
static _Atomic int n_done;

struct job {
    struct file *file;
    unsigned seed;
};

static void write_all(void *arg) {
    struct job *job = arg;
    struct sched_thread self;
    unsigned char buf[9000];
    sched_thread_init(&self, NULL);
    for (unsigned at = 0; at < BYTES;) {
        unsigned n = (job->seed = job->seed * 1103515245 + 12345) >> 16 & 8191;
        n = n + 1 < BYTES - at ? n + 1 : BYTES - at;
        for (unsigned i = 0; i < n; i++) buf[i] = (unsigned char)((at + i) * 7 >> 2);
        CHECK(world_write(job->file, buf, n, &self) == (int64_t)n);
        at += n;
    }
    file_put(job->file);
    sched_thread_fini(&self);
    atomic_fetch_add(&n_done, 1);
}

/* Reads until nothing is left. Returns false at the end. */
static bool drain(struct file *file, unsigned *at) {
    unsigned char buf[3000];
    for (;;) {
        const int64_t n = world_read(file, buf, sizeof buf, NULL);
        if (n == -EAGAIN) return true;
        CHECK(n >= 0);
        if (n == 0) return false;
        for (int64_t i = 0; i < n; i++) CHECK(buf[i] == (unsigned char)((*at + (unsigned)i) * 7 >> 2));
        *at += (unsigned)n;
    }
}

static void test_streams(struct vfs *vfs, struct sched_thread *self) {
    struct file *epoll, *ends[THREADS][2];
    struct job jobs[THREADS];
    unsigned at[THREADS] = {0};
    int open = THREADS;
    CHECK(epoll_file_new(vfs, &epoll) == 0);
    for (int i = 0; i < THREADS; i++) {
        CHECK(socket_new_pair(net, AF_UNIX, SOCK_STREAM, 0, 0, self, ends[i]) == 0);
        const struct linux_epoll_event event = {.events = POLLIN | EPOLLET, .data = (uint64_t)i};
        CHECK(epoll_control(epoll, EPOLL_CTL_ADD, ends[i][0], i, &event) == 0);
        jobs[i] = (struct job){ends[i][1], (unsigned)i};
        CHECK(host_thread_start(write_all, &jobs[i]) == 0);
    }
    while (open) {
        struct linux_epoll_event events[2];
        const int n = epoll_wait_events(epoll, events, 2, host_clock_monotonic_ns() + 30000000000, self);
        CHECK(n > 0);
        for (int k = 0; k < n; k++) {
            const int i = (int)events[k].data;
            if (drain(ends[i][0], &at[i])) continue;
            CHECK(at[i] == BYTES);
            file_put(ends[i][0]);
            open--;
        }
    }
    while (atomic_load(&n_done) < THREADS) host_thread_yield();
    file_put(epoll);
}

static struct socket_address unix_name(const char *text) {
    struct socket_address address = {.size = 2 + (uint32_t)strlen(text) + 1};
    const uint16_t family = AF_UNIX;
    memcpy(address.bytes, &family, sizeof family);
    memcpy(address.bytes + 3, text, strlen(text));
    return address;
}

/* 127.0.0.1 and a port. */
static struct socket_address inet_name(unsigned port) {
    struct socket_address address = {.size = 16};
    const uint16_t family = AF_INET;
    const unsigned char rest[6] = {(unsigned char)(port >> 8), (unsigned char)port, 127, 0, 0, 1};
    memcpy(address.bytes, &family, sizeof family);
    memcpy(address.bytes + 2, rest, sizeof rest);
    return address;
}

static struct file *new_socket(int family, int type) {
    struct file *file;
    CHECK(socket_new(net, family, type, 0, 0, &file) == 0);
    return file;
}

struct meeting {
    int family;
    struct socket_address address;
};

static void connect_often(void *arg) {
    const struct meeting *meeting = arg;
    struct sched_thread self;
    sched_thread_init(&self, NULL);
    for (int i = 0; i < CONNECTIONS; i++) {
        struct file *file = new_socket(meeting->family, SOCK_STREAM);
        const struct socket_wait wait = {.self = &self, .deadline_ns = SCHED_NEVER};
        CHECK(socket_ops_of(socket_of(file))->connect(socket_of(file), NULL, &meeting->address, &wait) == 0);
        if (i % 3) CHECK(world_write(file, "hello", 5, &self) == 5);
        file_put(file);
    }
    sched_thread_fini(&self);
    atomic_fetch_add(&n_done, 1);
}

static void test_connections(const struct meeting *meeting, struct sched_thread *self) {
    struct file *listener = new_socket(meeting->family, SOCK_STREAM), *accepted;
    struct socket *socket = socket_of(listener);
    const struct vfs_caller caller = {.self = NULL};
    struct socket_address peer;
    char buf[8];
    CHECK(socket_ops_of(socket)->bind(socket, &caller, &meeting->address) == 0 && socket_ops_of(socket)->listen(socket, 2, self) == 0);
    atomic_store(&n_done, 0);
    for (int i = 0; i < THREADS; i++) CHECK(host_thread_start(connect_often, (void *)(uintptr_t)meeting) == 0);
    for (int i = 0; i < THREADS * CONNECTIONS; i++) {
        const struct socket_wait wait = {.self = self, .deadline_ns = host_clock_monotonic_ns() + 30000000000};
        CHECK(socket_ops_of(socket)->accept(socket, &wait, 0, &accepted, &peer) == 0);
        const int64_t n = world_read(accepted, buf, sizeof buf, self);
        CHECK(n == 0 || n == 5);
        file_put(accepted);
    }
    while (atomic_load(&n_done) < THREADS) host_thread_yield();
    file_put(listener);
}

/* Datagrams to ports that come and go. */
static void send_datagrams(void *arg) {
    struct sched_thread self;
    sched_thread_init(&self, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        const struct io_segment segment = {(uint64_t)(uintptr_t) "datagram", 8};
        const struct socket_wait wait = {.self = &self, .nonblock = true};
        const struct socket_address address = inet_name(5000 + (unsigned)i % 3);
        struct file *file = new_socket(AF_INET, SOCK_DGRAM);
        const struct vfs_caller caller = {.self = NULL};
        struct socket_message message;
        struct io io;
        if (i % 4 == 0) socket_ops_of(socket_of(file))->bind(socket_of(file), &caller, &address);
        io_init(&io, NULL, &segment, 1, &self);
        socket_message_init(&message, &io, 0);
        message.address = address;
        CHECK(socket_ops_of(socket_of(file))->send(socket_of(file), &message, &wait) == 8);
        file_put(file);
    }
    sched_thread_fini(&self);
    atomic_fetch_add(&n_done, 1);
}

static void test_datagrams(void) {
    atomic_store(&n_done, 0);
    for (int i = 0; i < THREADS; i++) CHECK(host_thread_start(send_datagrams, NULL) == 0);
    while (atomic_load(&n_done) < THREADS) host_thread_yield();
}

/* Sends files over a socket; the message takes counts of its own. */
static void send_files(struct file *over, struct file *const *files, int n, struct sched_thread *self) {
    const struct io_segment segment = {(uint64_t)(uintptr_t) "x", 1};
    const struct socket_wait wait = {.self = self, .nonblock = true};
    struct socket_message message;
    struct io io;
    io_init(&io, NULL, &segment, 1, self);
    socket_message_init(&message, &io, 0);
    for (int i = 0; i < n; i++) message.control.files[message.control.n_files++] = file_get(files[i]);
    const int64_t r = socket_ops_of(socket_of(over))->send(socket_of(over), &message, &wait);
    CHECK(r == 1 || r == -EAGAIN || r == -ETOOMANYREFS);
    socket_control_drop(&message.control);
}

static void receive_files(struct file *from, struct sched_thread *self) {
    char byte;
    const struct io_segment segment = {(uint64_t)(uintptr_t)&byte, 1};
    const struct socket_wait wait = {.self = self, .nonblock = true};
    struct socket_message message;
    struct io io;
    io_init(&io, NULL, &segment, 1, self);
    socket_message_init(&message, &io, 0);
    socket_ops_of(socket_of(from))->receive(socket_of(from), &message, &wait);
    socket_control_drop(&message.control);
}

static struct file *shared[2];

static void pass_around(void *arg) {
    struct sched_thread self;
    sched_thread_init(&self, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct file *pair[2];
        CHECK(socket_new_pair(net, AF_UNIX, i % 2 ? SOCK_STREAM : SOCK_DGRAM, 0, 0, &self, pair) == 0);
        send_files(pair[0], pair, 2, &self);
        send_files(pair[1], pair, i % 3, &self);
        send_files(shared[i % 2], pair, 2, &self);
        if (i % 5 == 0) receive_files(pair[1], &self);
        receive_files(shared[(i + 1) % 2], &self);
        file_put(pair[0]);
        file_put(pair[1]);
    }
    sched_thread_fini(&self);
    atomic_fetch_add(&n_done, 1);
}

static int count_sockets(void) {
    struct text text = {0};
    int n = 0;
    net_show_unix(net, &text);
    for (size_t i = 0; i < text.size; i++) n += text.bytes[i] == '\n';
    text_fini(&text);
    return n - 1;
}

static void test_cycles(struct sched_thread *self) {
    struct file *last;
    CHECK(socket_new_pair(net, AF_UNIX, SOCK_STREAM, 0, 0, self, shared) == 0);
    atomic_store(&n_done, 0);
    for (int i = 0; i < THREADS; i++) CHECK(host_thread_start(pass_around, NULL) == 0);
    while (atomic_load(&n_done) < THREADS) host_thread_yield();
    file_put(shared[0]);
    file_put(shared[1]);
    last = new_socket(AF_UNIX, SOCK_DGRAM);
    file_put(last);
    CHECK(count_sockets() == 0);
}

int main(void) {
    struct vfs *vfs = world_vfs(NULL);
    struct sched_thread self;
    sched_thread_init(&self, NULL);
    net = net_new(&(struct net_options){.vfs = vfs, .reach = NET_LOOPBACK});
    test_streams(vfs, &self);
    const struct meeting meetings[] = {{AF_UNIX, unix_name("stress")}, {AF_INET, inet_name(5000)}};
    for (int i = 0; i < 2; i++) test_connections(&meetings[i], &self);
    test_datagrams();
    test_cycles(&self);
    net_free(net);
    vfs_free(vfs);
    sched_thread_fini(&self);
    puts("threads_unix_sockets: ok");
    return 0;
}
