// labels: threads
/* SPDX-License-Identifier: ISC */
/* PTRACE_O_TRACEFORK, VFORK, VFORKDONE, CLONE, EXEC, EXIT: the events, their messages, and children that are traced from their
 * first instruction. Source: ptrace(2). */
#include "tracing.h"

#include <pthread.h>
#include <spawn.h>

#define EVENT(n) (SIGTRAP | (n) << 8)
#ifndef PTRACE_EVENT_FORK
#define PTRACE_EVENT_FORK 1
#define PTRACE_EVENT_VFORK 2
#define PTRACE_EVENT_CLONE 3
#define PTRACE_EVENT_EXEC 4
#define PTRACE_EVENT_VFORK_DONE 5
#define PTRACE_EVENT_EXIT 6
#endif

static char *self;

static unsigned long message(pid_t pid) {
    unsigned long value;
    CHECK(trace(PTRACE_GETEVENTMSG, pid, NULL, &value) == 0);
    return value;
}

static pid_t start(void (*body)(void), long options) {
    const pid_t pid = start_tracee(body);
    CHECK(trace(PTRACE_SETOPTIONS, pid, NULL, (void *)options) == 0);
    resume(PTRACE_CONT, pid, 0);
    return pid;
}

static void fork_child(void) {
    const pid_t child = fork();
    if (child == 0) _exit(3);
    int status;
    waitpid(child, &status, 0);
    _exit(WEXITSTATUS(status) + 1);
}

/* The child's end is news for the tracer first, then for its parent. */
static void fork_event(void) {
    const pid_t pid = start(fork_child, PTRACE_O_TRACEFORK);
    expect_stop(pid, EVENT(PTRACE_EVENT_FORK));
    const pid_t child = (pid_t)message(pid);
    CHECK(child > 0 && child != pid);
    expect_stop(child, SIGSTOP);
    CHECK((long)registers_of(child).rax == 0);
    resume(PTRACE_CONT, pid, 0);
    resume(PTRACE_CONT, child, 0);
    expect_exit(child, 3);
    expect_stop(pid, SIGCHLD);
    resume(PTRACE_CONT, pid, SIGCHLD);
    expect_exit(pid, 4);
}

static void vfork_child(void) {
    const pid_t child = vfork();
    if (child == 0) _exit(3);
    _exit(child > 0 ? 4 : 5);
}

static void vfork_events(void) {
    const pid_t pid = start(vfork_child, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE);
    expect_stop(pid, EVENT(PTRACE_EVENT_VFORK));
    const pid_t child = (pid_t)message(pid);
    expect_stop(child, SIGSTOP);
    CHECK(trace(PTRACE_DETACH, child, NULL, NULL) == 0);
    resume(PTRACE_CONT, pid, 0);
    expect_stop(pid, EVENT(PTRACE_EVENT_VFORK_DONE));
    CHECK((pid_t)message(pid) == child);
    CHECK(trace(PTRACE_SETOPTIONS, pid, NULL, NULL) == 0);
    resume(PTRACE_CONT, pid, 0);
    int status;
    CHECK(waitpid(pid, &status, __WALL) == pid);
    while (WIFSTOPPED(status)) { /* SIGCHLD, now or never */
        CHECK(WSTOPSIG(status) == SIGCHLD);
        resume(PTRACE_CONT, pid, 0);
        CHECK(waitpid(pid, &status, __WALL) == pid);
    }
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 4);
}

static void *thread(void *arg) {
    return arg;
}

static void make_thread(void) {
    pthread_t t;
    pthread_create(&t, NULL, thread, NULL);
    pthread_join(t, NULL);
    _exit(6);
}

static void clone_event(void) {
    const pid_t pid = start(make_thread, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT);
    expect_stop(pid, EVENT(PTRACE_EVENT_CLONE));
    const pid_t tid = (pid_t)message(pid);
    expect_stop(tid, SIGSTOP);
    resume(PTRACE_CONT, pid, 0);
    resume(PTRACE_CONT, tid, 0);
    expect_stop(tid, EVENT(PTRACE_EVENT_EXIT));
    CHECK(message(tid) == 0);
    resume(PTRACE_CONT, tid, 0);
    int status; /* the leader may end the process before the thread has quite ended */
    CHECK(waitpid(tid, &status, __WALL) == tid && (status == 0 || status == 6 << 8));
    expect_stop(pid, EVENT(PTRACE_EVENT_EXIT));
    CHECK(message(pid) == 6 << 8 && registers_of(pid).orig_rax == SYS_exit_group);
    resume(PTRACE_CONT, pid, 0);
    expect_exit(pid, 6);
}

static void exec_self(void) {
    char *argv[] = {self, (char *)"exit", NULL};
    execv(self, argv);
}

static void exec_events(void) {
    pid_t pid = start(exec_self, PTRACE_O_TRACEEXEC);
    expect_stop(pid, EVENT(PTRACE_EVENT_EXEC));
    CHECK((pid_t)message(pid) == pid && registers_of(pid).orig_rax == SYS_execve);
    resume(PTRACE_CONT, pid, 0);
    expect_exit(pid, 77);
    pid = start(exec_self, 0); /* without the option: a SIGTRAP */
    expect_stop(pid, SIGTRAP);
    siginfo_t info;
    CHECK(trace(PTRACE_GETSIGINFO, pid, NULL, &info) == 0 && info.si_code == SI_USER);
    resume(PTRACE_CONT, pid, 0);
    expect_exit(pid, 77);
}

static void *exec_thread(void *arg) {
    exec_self();
    return arg;
}

static void exec_from_thread(void) {
    pthread_t t;
    pthread_create(&t, NULL, exec_thread, NULL);
    for (;;) pause();
}

/* The thread that calls exec takes the leader's number; the leader goes without a word. */
static void exec_by_thread(void) {
    const pid_t pid = start(exec_from_thread, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
    expect_stop(pid, EVENT(PTRACE_EVENT_CLONE));
    const pid_t tid = (pid_t)message(pid);
    expect_stop(tid, SIGSTOP);
    resume(PTRACE_CONT, pid, 0);
    resume(PTRACE_CONT, tid, 0);
    expect_stop(pid, EVENT(PTRACE_EVENT_EXEC));
    CHECK((pid_t)message(pid) == tid);
    CHECK_ERROR(waitpid(tid, NULL, __WALL | WNOHANG), ECHILD);
    resume(PTRACE_CONT, pid, 0);
    expect_exit(pid, 77);
}

static void die(void) {
    raise(SIGTERM);
}

static void exit_event_of_signal(void) {
    const pid_t pid = start(die, PTRACE_O_TRACEEXIT);
    expect_stop(pid, SIGTERM);
    resume(PTRACE_CONT, pid, SIGTERM);
    expect_stop(pid, EVENT(PTRACE_EVENT_EXIT));
    CHECK(message(pid) == SIGTERM);
    resume(PTRACE_CONT, pid, 0);
    expect_death(pid, SIGTERM);
}

int main(int argc, char **argv) {
    self = argv[0];
    if (argc > 1) return 77;
    fork_event();
    vfork_events();
    clone_event();
    exec_events();
    exec_by_thread();
    exit_event_of_signal();
    printf("fork, vfork, clone, exec and exit told\n");
    return 0;
}
