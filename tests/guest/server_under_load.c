// long: 120
/* SPDX-License-Identifier: ISC */
/* A server with an epoll and 50 clients that keep their connections: every answer is right, copies of the process that are made meanwhile see
 * what was there then (as a data base saves itself), and neither memory nor descriptors grow. The argument: seconds. */
#include "check.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { CLIENTS = 50, PROCESSES = 2, KEYS = 1024, REQUESTS_PER_COPY = 3000 };

struct request {
    uint32_t key, value;
};

static uint32_t values[KEYS];
static uint64_t sum;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int connect_to(const struct sockaddr_in *name) {
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(s >= 0 && connect(s, (const void *)name, sizeof *name) == 0);
    return s;
}

/* Sets a key, which the answer must confirm; each process has keys of its own. */
static void be_client(const struct sockaddr_in *name, int index, double seconds) {
    int sockets[CLIENTS / PROCESSES];
    struct request sent[CLIENTS / PROCESSES], got;
    uint32_t n = 0;
    for (int i = 0; i < CLIENTS / PROCESSES; i++) sockets[i] = connect_to(name);
    for (const double end = now() + seconds; now() < end;) {
        for (int i = 0; i < CLIENTS / PROCESSES; i++) {
            sent[i] = (struct request){(n++ * PROCESSES + (uint32_t)index) % KEYS, n};
            CHECK(write(sockets[i], &sent[i], sizeof sent[i]) == sizeof sent[i]);
        }
        for (int i = 0; i < CLIENTS / PROCESSES; i++) {
            CHECK(read(sockets[i], &got, sizeof got) == sizeof got);
            CHECK(got.key == sent[i].key && got.value == sent[i].value + 1);
        }
    }
    _exit(0);
}

static int n_descriptors(void) {
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;
    CHECK(dir);
    while (readdir(dir)) n++;
    closedir(dir);
    return n;
}

static long resident_pages(void) {
    long size, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%ld %ld", &size, &resident) == 2);
    fclose(file);
    return resident;
}

/* A copy, which must stay as it is however the server goes on. */
static void copy_self(void) {
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid) return;
    for (int times = 0; times < 20; times++) {
        uint64_t s = 0;
        for (int i = 0; i < KEYS; i++) s += values[i];
        if (s != sum) _exit(1);
    }
    _exit(0);
}

/* A copy of the process keeps the connection open: closing alone would leave it in the set. */
static void answer(int set, int s) {
    struct request request;
    const ssize_t n = read(s, &request, sizeof request);
    if (n == 0) {
        CHECK(epoll_ctl(set, EPOLL_CTL_DEL, s, NULL) == 0 && close(s) == 0);
        return;
    }
    CHECK(n == sizeof request && request.key < KEYS);
    sum += request.value - (uint64_t)values[request.key];
    values[request.key] = request.value++;
    CHECK(write(s, &request, sizeof request) == sizeof request);
}

static int listen_at(struct sockaddr_in *name) {
    socklen_t size = sizeof *name;
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    *name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(s >= 0 && bind(s, (void *)name, size) == 0 && listen(s, CLIENTS) == 0 && getsockname(s, (void *)name, &size) == 0);
    return s;
}

static void accept_all(int listener, int set) {
    for (int i = 0; i < CLIENTS; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = accept(listener, NULL, NULL)};
        CHECK(event.data.fd >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, event.data.fd, &event) == 0);
    }
}

/* Until a client process has ended. Returns the number of requests. */
static long serve(int set, pid_t client) {
    struct epoll_event events[CLIENTS];
    long requests = 0, copies = 0;
    for (;;) {
        const int n = epoll_wait(set, events, CLIENTS, 1000);
        CHECK(n >= 0 || errno == EINTR);
        for (int i = 0; i < n; i++) answer(set, events[i].data.fd);
        requests += n > 0 ? n : 0;
        if (requests / REQUESTS_PER_COPY > copies) {
            copies++;
            copy_self();
        }
        int status;
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            if (pid == client) return requests;
        }
    }
}

static void drain(int set) {
    struct epoll_event events[CLIENTS];
    for (int n; (n = epoll_wait(set, events, CLIENTS, 200)) > 0;) {
        for (int i = 0; i < n; i++) answer(set, events[i].data.fd);
    }
}

static void one_round(double seconds) {
    struct sockaddr_in name;
    pid_t clients[PROCESSES];
    const int listener = listen_at(&name), set = epoll_create1(0);
    for (int i = 0; i < PROCESSES; i++) {
        clients[i] = fork();
        CHECK(clients[i] >= 0);
        if (clients[i] == 0) be_client(&name, i, seconds);
    }
    accept_all(listener, set);
    CHECK(serve(set, clients[0]) > CLIENTS);
    drain(set);
    for (int status; waitpid(-1, &status, 0) > 0;) CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    drain(set);
    close(listener);
    close(set);
}

int main(int argc, char **argv) {
    const double seconds = argc > 1 ? atof(argv[1]) : 0.4;
    one_round(seconds / 4);
    const int descriptors = n_descriptors();
    const long pages = resident_pages();
    for (int i = 0; i < 3; i++) one_round(seconds / 4);
    CHECK(n_descriptors() == descriptors);
    CHECK(resident_pages() < pages + 256);
    puts("server under load ok");
    return 0;
}
