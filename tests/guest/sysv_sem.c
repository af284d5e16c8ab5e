/* SPDX-License-Identifier: ISC */
/* Semaphore sets: all operations or none, sleeping and waking in order, SEM_UNDO, removal under sleepers, timeouts. */
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/sem.h>
#include <time.h>

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
    struct seminfo *info;
};

static int op(int id, int number, int change, int flags) {
    struct sembuf b = {number, change, flags};
    return semop(id, &b, 1);
}

static int value(int id, int number) {
    return semctl(id, number, GETVAL);
}

static void wait_for_sleepers(int id, int number, int cmd, int n) {
    while (semctl(id, number, cmd) != n) usleep(1000);
}

static void arguments(void) {
    struct semid_ds ds;
    CHECK_ERROR(semget(IPC_PRIVATE, 0, 0600), EINVAL);
    CHECK_ERROR(semget(IPC_PRIVATE, -1, 0600), EINVAL);
    CHECK_ERROR(semget(IPC_PRIVATE, 32001, 0600), EINVAL);
    const key_t key = 0x4c540000 ^ getpid();
    CHECK_ERROR(semget(key, 1, 0600), ENOENT);
    const int id = semget(key, 3, IPC_CREAT | 0600);
    CHECK(id >= 0 && semget(key, 0, 0) == id);
    CHECK_ERROR(semget(key, 4, 0), EINVAL);
    CHECK_ERROR(semget(key, 3, IPC_CREAT | IPC_EXCL), EEXIST);
    CHECK(semctl(id, 0, IPC_STAT, (union semun){.buf = &ds}) == 0);
    CHECK(ds.sem_nsems == 3 && ds.sem_otime == 0 && ds.sem_ctime != 0 && ds.sem_perm.mode == 0600);
    CHECK_ERROR(op(id, 3, 1, 0), EFBIG);
    CHECK_ERROR(op(-1, 0, 1, 0), EINVAL);
    CHECK_ERROR(semop(id, (struct sembuf *)8, 1), EFAULT);
    CHECK_ERROR(semop(id, (struct sembuf[1]){{0, 1, 0}}, 0), EINVAL);
    static struct sembuf many[501];
    CHECK_ERROR(semop(id, many, 501), E2BIG);
    CHECK_ERROR(semctl(id, 3, GETVAL), EINVAL);
    CHECK_ERROR(semctl(id, 0, SETVAL, (union semun){.val = 32768}), ERANGE);
    CHECK_ERROR(semctl(id, 0, SETVAL, (union semun){.val = -1}), ERANGE);
    CHECK_ERROR(semctl(id, 0, 99), EINVAL);
    CHECK(semctl(id, 0, SETVAL, (union semun){.val = 32767}) == 0);
    CHECK_ERROR(op(id, 0, 1, 0), ERANGE);
    unsigned short values[3] = {4, 5, 6};
    CHECK(semctl(id, 0, SETALL, (union semun){.array = values}) == 0 && value(id, 2) == 6);
    memset(values, 0, sizeof values);
    CHECK(semctl(id, 0, GETALL, (union semun){.array = values}) == 0 && values[0] == 4 && values[1] == 5);
    CHECK(op(id, 1, 1, 0) == 0 && semctl(id, 1, GETPID) == getpid());
    CHECK(semctl(id, 0, IPC_RMID) == 0);
    CHECK_ERROR(op(id, 0, 1, 0), EINVAL);
}

static void all_or_none(void) {
    const int id = semget(IPC_PRIVATE, 2, 0600);
    struct sembuf ops[] = {{0, 5, 0}, {1, -1, IPC_NOWAIT}};
    CHECK_ERROR(semop(id, ops, 2), EAGAIN);
    CHECK(value(id, 0) == 0);
    CHECK(op(id, 1, 1, 0) == 0 && semop(id, ops, 2) == 0 && value(id, 0) == 5 && value(id, 1) == 0);
    CHECK_ERROR(op(id, 0, 0, IPC_NOWAIT), EAGAIN);
    struct sembuf down_up[] = {{0, -5, 0}, {0, 0, 0}, {0, 2, 0}};
    CHECK(semop(id, down_up, 3) == 0 && value(id, 0) == 2);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
}

static void sleepers(void) {
    const int id = semget(IPC_PRIVATE, 2, 0600);
    pid_t child[3];
    for (int i = 0; i < 3; i++) {
        if ((child[i] = fork()) == 0) {
            if (i == 2) _exit(op(id, 1, 0, 0) != 0);
            _exit(op(id, 0, -2, 0) != 0);
        }
        if (i == 0) CHECK(op(id, 1, 1, 0) == 0);
        wait_for_sleepers(id, 0, GETNCNT, i < 2 ? i + 1 : 2);
    }
    wait_for_sleepers(id, 1, GETZCNT, 1);
    CHECK(op(id, 0, 3, 0) == 0);
    wait_for_sleepers(id, 0, GETNCNT, 1);
    CHECK(value(id, 0) == 1);
    CHECK(op(id, 0, 1, 0) == 0 && op(id, 1, -1, 0) == 0);
    for (int i = 0; i < 3; i++) wait_ok(child[i]);
    CHECK(value(id, 0) == 0);
    if ((child[0] = fork()) == 0) {
        CHECK_ERROR(op(id, 0, -1, 0), EIDRM);
        _exit(0);
    }
    wait_for_sleepers(id, 0, GETNCNT, 1);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
    wait_ok(child[0]);
}

static void undo(void) {
    const int id = semget(IPC_PRIVATE, 2, 0600);
    CHECK(semctl(id, 0, SETVAL, (union semun){.val = 3}) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHECK(op(id, 0, -2, SEM_UNDO) == 0 && op(id, 1, 4, SEM_UNDO) == 0 && value(id, 0) == 1);
        if (fork() == 0) _exit(0); /* does not inherit it */
        wait(0);
        CHECK(value(id, 0) == 1 && value(id, 1) == 4);
        _exit(0);
    }
    wait_ok(child);
    CHECK(value(id, 0) == 3 && value(id, 1) == 0);
    child = fork();
    if (child == 0) {
        CHECK(op(id, 0, -2, SEM_UNDO) == 0 && semctl(id, 0, SETVAL, (union semun){.val = 7}) == 0);
        _exit(0);
    }
    wait_ok(child);
    CHECK(value(id, 0) == 7); /* SETVAL forgot it */
    child = fork();
    if (child == 0) {
        CHECK(op(id, 0, -7, SEM_UNDO) == 0);
        for (;;) pause();
    }
    CHECK(op(id, 0, 0, 0) == 0 && kill(child, SIGKILL) == 0);
    CHECK(op(id, 0, -7, 0) == 0); /* sleeps until the child is dead */
    CHECK(waitpid(child, 0, 0) == child && semctl(id, 0, IPC_RMID) == 0);
}

static int thread_set;

static void *down(void *arg) {
    CHECK(op(thread_set, 0, -1, SEM_UNDO) == 0);
    return 0;
}

/* Threads share the list: the end of one undoes nothing. */
static void undo_of_threads(void) {
    thread_set = semget(IPC_PRIVATE, 1, 0600);
    CHECK(op(thread_set, 0, 2, 0) == 0);
    const pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        CHECK(pthread_create(&thread, 0, down, 0) == 0 && pthread_join(thread, 0) == 0);
        CHECK(value(thread_set, 0) == 1);
        _exit(0);
    }
    wait_ok(child);
    CHECK(value(thread_set, 0) == 2 && semctl(thread_set, 0, IPC_RMID) == 0);
}

static void on_signal(int signo) {
}

static void time_and_signals(void) {
    const int id = semget(IPC_PRIVATE, 1, 0600);
    struct sembuf b = {0, -1, 0};
    const struct timespec soon = {0, 20000000}, bad = {0, -1};
    CHECK_ERROR(semtimedop(id, &b, 1, &soon), EAGAIN);
    CHECK_ERROR(semtimedop(id, &b, 1, &bad), EINVAL);
    const pid_t child = fork();
    if (child == 0) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigaction(SIGUSR1, &action, 0);
        CHECK_ERROR(semop(id, &b, 1), EINTR); /* SA_RESTART does not count */
        _exit(0);
    }
    wait_for_sleepers(id, 0, GETNCNT, 1);
    CHECK(kill(child, SIGUSR1) == 0);
    wait_ok(child);
    CHECK(semctl(id, 0, GETNCNT) == 0 && semctl(id, 0, IPC_RMID) == 0);
}

int main(void) {
    struct seminfo info;
    arguments();
    all_or_none();
    sleepers();
    undo();
    undo_of_threads();
    time_and_signals();
    CHECK(semctl(0, 0, IPC_INFO, (union semun){.info = &info}) >= 0 && info.semvmx == 32767 && info.semopm == 500);
    printf("semaphore sets as semop(2) says\n");
}
