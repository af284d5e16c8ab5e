/* SPDX-License-Identifier: ISC */
/* A guest that does one thing, named by its first argument, so that tests can look at it from outside. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *text) {
    if (write(1, text, strlen(text)) < 0) _exit(99);
}

static int act_exit(char **argv) {
    return atoi(argv[0]);
}

static int act_raise(char **argv) {
    raise(atoi(argv[0]));
    return 0;
}

static int act_echo(char **argv) {
    for (; *argv; argv++) printf("[%s]", *argv);
    printf("\n");
    return 0;
}

static int act_env(char **argv) {
    const char *value = getenv(argv[0]);
    printf("%s\n", value ? value : "(unset)");
    return 0;
}

static int act_sleep(char **argv) {
    for (;;) pause();
    return 0;
}

static int error_if(int result) {
    return result < 0 ? errno : 0;
}

/* Ids; the owner of a new file and of argv[0]; the errors of giving the new one to its owner and to somebody else. */
static int act_user(char **argv) {
    struct stat own, other;
    const int fd = open("mine", O_RDWR | O_CREAT, 0600);
    printf("%u:%u", getuid(), getgid());
    if (fstat(fd, &own) == 0) printf(" %u:%u", own.st_uid, own.st_gid);
    if (stat(argv[0], &other) == 0) printf(" %u:%u", other.st_uid, other.st_gid);
    printf(" %d %d", error_if(fchown(fd, getuid(), getgid())), error_if(chown("mine", 12345, (gid_t)-1)));
    printf(" %d\n", error_if(setuid(12345)));
    return unlink("mine");
}

/* Where TCP gets to: the errors of a connection abroad, one to a closed port here, and of names on both loopback addresses. */
static int act_net(char **argv) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(9)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const int s = socket(AF_INET, SOCK_STREAM, 0), t = socket(AF_INET6, SOCK_STREAM, 0);
    name.sin_addr.s_addr = htonl(0xc0000201);
    printf("%d ", error_if(connect(s, (void *)&name, sizeof name)));
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    printf("%d ", error_if(connect(s, (void *)&name, sizeof name)));
    name.sin_port = 0;
    printf("%d ", error_if(bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&name, sizeof name)));
    printf("%d\n", error_if(bind(t, (void *)&six, sizeof six)));
    return 0;
}

static void on_term(int number) {
    say("term\n");
    _exit(3);
}

static int act_wait_for_term(char **argv) {
    signal(SIGTERM, on_term);
    say("ready\n");
    for (;;) pause();
    return 0;
}

/* The child waits until its parent is gone, then speaks. */
static int act_orphan(char **argv) {
    int ends[2];
    char byte;
    if (pipe(ends) != 0) return 98;
    if (fork() == 0) {
        close(ends[1]);
        if (read(ends[0], &byte, 1) != 0) _exit(97);
        say("orphan\n");
        _exit(0);
    }
    return 5;
}

/* As act_orphan, but the child never ends by itself. */
static int act_endless_orphan(char **argv) {
    int ends[2];
    char byte;
    if (pipe(ends) != 0) return 98;
    if (fork() == 0) {
        close(ends[1]);
        if (read(ends[0], &byte, 1) != 0) _exit(97);
        say("ready\n");
        for (;;) pause();
    }
    return 6;
}

static void *sleep_for_ever(void *arg) {
    for (;;) pause();
    return arg;
}

/* So many threads, asleep. */
static int act_threads(char **argv) {
    pthread_t thread;
    for (int i = atoi(argv[0]); i > 0; i--) {
        if (pthread_create(&thread, NULL, sleep_for_ever, NULL) != 0) return 1;
    }
    say("ready\n");
    for (;;) pause();
}

/* So many processes at once; each is told to go, and goes. */
static int act_processes(char **argv) {
    const int n = atoi(argv[0]);
    int go[2], status, ended = 0;
    char byte;
    if (pipe(go) != 0) return 98;
    for (int i = 0; i < n; i++) {
        const pid_t pid = fork();
        if (pid < 0) return 97;
        if (pid == 0) _exit(close(go[1]) == 0 && read(go[0], &byte, 1) == 0 ? 7 : 1);
    }
    close(go[1]);
    while (wait(&status) > 0) ended += WEXITSTATUS(status) == 7;
    printf("%d\n", ended);
    return 0;
}

/* So many descriptors at once, of several kinds, and all of them good. */
static int act_open(char **argv) {
    struct rlimit limit;
    int ends[2], n = 0, readable = 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 98;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return 97;
    while (n < atoi(argv[0])) {
        if (pipe(ends) != 0 || open("/dev/zero", O_RDONLY) < 0 || dup(ends[1]) < 0) break;
        n += 4;
    }
    for (int fd = 3; fd < n + 3; fd++) readable += fcntl(fd, F_GETFD) == 0;
    printf("%d\n", readable);
    return 0;
}

/* Address space that is only reserved; its ends can be used. */
static int act_reserve(char **argv) {
    const size_t size = (size_t)atoi(argv[0]) << 30;
    char *at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return 98;
    if (mprotect(at, 4096, PROT_READ | PROT_WRITE) != 0 || mprotect(at + size - 4096, 4096, PROT_READ | PROT_WRITE) != 0) return 97;
    at[0] = at[size - 1] = 1;
    say("ready\n");
    for (;;) pause();
}

static int act_copy(char **argv) {
    char buf[256];
    ssize_t n;
    while ((n = read(atoi(argv[0]), buf, sizeof buf)) > 0) {
        if (write(1, buf, (size_t)n) != n) return 1;
    }
    return n < 0;
}

static int act_descriptors(char **argv) {
    for (int fd = 0; fd < 64; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) printf("%d ", fd);
    }
    printf("\n");
    return 0;
}

static int act_close_output(char **argv) {
    char byte;
    say("closing\n");
    close(1);
    return read(0, &byte, 1) == 1 ? 0 : 1;
}

static int act_disposition(char **argv) {
    struct sigaction action;
    sigaction(atoi(argv[0]), NULL, &action);
    printf("%s\n", action.sa_handler == SIG_IGN ? "ignored" : "default");
    return 0;
}

static int act_write_until_error(char **argv) {
    signal(SIGPIPE, SIG_DFL);
    for (;;) say("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n");
    return 0;
}

/* Calls whose arguments are of many kinds; nothing in them depends on the host. */
static int act_calls(char **argv) {
    int ends[2], status;
    char text[64];
    struct timespec moment = {0, 1000000};
    struct iovec parts[2] = {{"ab", 2}, {"c\n", 2}};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sigaction action = {.sa_handler = SIG_IGN, .sa_flags = SA_RESTART};
    if (open("/nowhere/file", O_RDWR | O_CREAT | O_CLOEXEC, 0640) >= 0 || pipe2(ends, O_NONBLOCK) != 0) return 1;
    if (writev(ends[1], parts, 2) != 4 || read(ends[0], text, sizeof text) != 4) return 2;
    struct pollfd polled = {.fd = ends[1], .events = POLLIN | POLLOUT};
    if (poll(&polled, 1, 0) != 1 || fcntl(ends[0], F_GETFL) < 0 || fcntl(ends[0], F_SETFD, FD_CLOEXEC) != 0) return 3;
    sigaction(SIGUSR1, &action, NULL);
    close(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    connect(99, (struct sockaddr *)&address, sizeof address);
    ioctl(ends[0], TIOCGWINSZ, text);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, RLIM_INFINITY});
    nanosleep(&moment, NULL);
    const pid_t child = fork();
    if (child == 0) _exit(3);
    waitpid(child, &status, 0);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return munmap(page, 4096);
}

/* Of the first thread; 0: not known. */
static char state_of_first(void) {
    char state = 0;
    FILE *file = fopen("/proc/self/stat", "r");
    if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1) state = 0;
    if (file) fclose(file);
    return state;
}

/* A thread sleeps in a read while the other one works. */
static void *late_writer(void *fd) {
    do nanosleep(&(struct timespec){0, 50000000}, NULL);
    while (state_of_first() != 'S');
    return (void *)write(*(int *)fd, "x", 1);
}

static int act_sleepy(char **argv) {
    int ends[2];
    char byte;
    pthread_t thread;
    if (pipe(ends) != 0 || pthread_create(&thread, NULL, late_writer, &ends[1]) != 0) return 1;
    if (read(ends[0], &byte, 1) != 1) return 2;
    return pthread_join(thread, NULL);
}

static const struct {
    const char *name;
    int (*run)(char **argv);
} acts[] = {
    {"exit", act_exit},
    {"raise", act_raise},
    {"echo", act_echo},
    {"env", act_env},
    {"net", act_net},
    {"user", act_user},
    {"sleep", act_sleep},
    {"wait-for-term", act_wait_for_term},
    {"orphan", act_orphan},
    {"endless-orphan", act_endless_orphan},
    {"threads", act_threads},
    {"processes", act_processes},
    {"open", act_open},
    {"reserve", act_reserve},
    {"copy", act_copy},
    {"descriptors", act_descriptors},
    {"close-output", act_close_output},
    {"disposition", act_disposition},
    {"write-until-error", act_write_until_error},
    {"calls", act_calls},
    {"sleepy", act_sleepy},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof acts / sizeof acts[0]; i++) {
        if (strcmp(argv[1], acts[i].name) == 0) return acts[i].run(argv + 2);
    }
    return 96;
}
