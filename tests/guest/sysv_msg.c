/* SPDX-License-Identifier: ISC */
/* Message queues: order and choice by type, sizes, full queues, removal under sleepers, signals. */
#include "check.h"

#include <signal.h>
#include <sys/msg.h>

struct message {
    long type;
    char text[64];
};

static int send(int id, long type, const char *text) {
    struct message m = {.type = type};
    strcpy(m.text, text);
    return msgsnd(id, &m, strlen(text) + 1, IPC_NOWAIT);
}

static const char *take(int id, long type, int flags) {
    static struct message m;
    const ssize_t n = msgrcv(id, &m, sizeof m.text, type, flags | IPC_NOWAIT);
    CHECK(n >= 0 && n == (ssize_t)strlen(m.text) + 1);
    return m.text;
}

static void arguments(int id) {
    struct message m = {.type = 0};
    CHECK_ERROR(msgsnd(id, &m, 1, 0), EINVAL);
    m.type = 1;
    CHECK_ERROR(msgsnd(id, &m, 8193, 0), EINVAL);
    CHECK_ERROR(msgsnd(-1, &m, 1, 0), EINVAL);
    CHECK_ERROR(msgsnd(id, (void *)8, 1, 0), EFAULT);
    CHECK_ERROR(msgrcv(id, &m, (size_t)-1, 0, 0), EINVAL);
    CHECK_ERROR(msgrcv(id, &m, 64, 0, IPC_NOWAIT), ENOMSG);
    CHECK_ERROR(msgctl(id, 99, 0), EINVAL);
    const key_t key = 0x4c550000 ^ getpid();
    CHECK_ERROR(msgget(key, 0600), ENOENT);
    const int named = msgget(key, IPC_CREAT | 0600);
    CHECK(named >= 0 && msgget(key, 0) == named);
    CHECK_ERROR(msgget(key, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
    CHECK(msgctl(named, IPC_RMID, 0) == 0);
}

static void choice(int id) {
    struct message m;
    CHECK(send(id, 3, "three") == 0 && send(id, 1, "one") == 0 && send(id, 2, "two") == 0 && send(id, 1, "uno") == 0);
    CHECK(strcmp(take(id, 1, 0), "one") == 0);
    CHECK(strcmp(take(id, -2, 0), "uno") == 0);
    CHECK(strcmp(take(id, -2, 0), "two") == 0);
    CHECK(send(id, 4, "four") == 0 && strcmp(take(id, 3, MSG_EXCEPT), "four") == 0);
    CHECK_ERROR(msgrcv(id, &m, 2, 0, IPC_NOWAIT), E2BIG);
    CHECK(msgrcv(id, &m, 2, 0, IPC_NOWAIT | MSG_NOERROR) == 2 && m.type == 3 && memcmp(m.text, "th", 2) == 0);
    CHECK_ERROR(msgrcv(id, &m, 64, 0, IPC_NOWAIT), ENOMSG);
}

static void full_queue(int id) {
    static struct {
        long type;
        char text[8192];
    } big = {.type = 1};
    CHECK(msgsnd(id, &big, 8192, IPC_NOWAIT) == 0 && msgsnd(id, &big, 8192, IPC_NOWAIT) == 0);
    CHECK_ERROR(msgsnd(id, &big, 1, IPC_NOWAIT), EAGAIN);
    struct msqid_ds ds;
    CHECK(msgctl(id, IPC_STAT, &ds) == 0 && ds.msg_qnum == 2 && ds.msg_cbytes == 16384 && ds.msg_qbytes == 16384);
    CHECK(ds.msg_lspid == getpid() && ds.msg_lrpid == getpid() && ds.msg_stime && ds.msg_rtime);
    const pid_t child = fork();
    if (child == 0) _exit(msgsnd(id, &big, 100, 0) != 0);
    CHECK(msgrcv(id, &big, 8192, 0, 0) == 8192);
    wait_ok(child);
    CHECK(msgrcv(id, &big, 8192, 0, 0) == 8192 && msgrcv(id, &big, 8192, 0, 0) == 100);
    ds.msg_qbytes = 100;
    CHECK(msgctl(id, IPC_SET, &ds) == 0);
    CHECK_ERROR(msgsnd(id, &big, 101, IPC_NOWAIT), EAGAIN);
    ds.msg_qbytes = 16384;
    CHECK(msgctl(id, IPC_SET, &ds) == 0);
}

/* Many producers and consumers: nothing is lost or doubled. */
static void crowd(int id) {
    enum { SENDERS = 4, EACH = 500 };
    pid_t child[SENDERS];
    for (int i = 0; i < SENDERS; i++) {
        if ((child[i] = fork()) == 0) {
            struct message m = {.type = i + 1};
            for (int k = 0; k < EACH; k++) {
                memcpy(m.text, &k, sizeof k);
                CHECK(msgsnd(id, &m, sizeof m.text, 0) == 0);
            }
            _exit(0);
        }
    }
    int next[SENDERS] = {0};
    for (int n = 0; n < SENDERS * EACH; n++) {
        struct message m;
        int k;
        CHECK(msgrcv(id, &m, sizeof m.text, 0, 0) == sizeof m.text);
        memcpy(&k, m.text, sizeof k);
        CHECK(next[m.type - 1]++ == k);
    }
    for (int i = 0; i < SENDERS; i++) wait_ok(child[i]);
}

static void on_signal(int signo) {
}

static int ready[2];

static void sleepers(int id) {
    struct message m;
    char c;
    CHECK(pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigaction(SIGUSR1, &action, 0);
        CHECK(write(ready[1], "r", 1) == 1);
        CHECK_ERROR(msgrcv(id, &m, 64, 0, 0), EINTR);
        CHECK(write(ready[1], "r", 1) == 1);
        CHECK_ERROR(msgrcv(id, &m, 64, 0, 0), EIDRM);
        _exit(0);
    }
    CHECK(read(ready[0], &c, 1) == 1);
    usleep(50000);
    CHECK(kill(child, SIGUSR1) == 0 && read(ready[0], &c, 1) == 1);
    usleep(50000);
    CHECK(msgctl(id, IPC_RMID, 0) == 0);
    wait_ok(child);
}

int main(void) {
    const int id = msgget(IPC_PRIVATE, 0600);
    CHECK(id >= 0);
    arguments(id);
    choice(id);
    full_queue(id);
    crowd(id);
    sleepers(id);
    printf("message queues as msgop(2) says\n");
}
