// labels: threads
/* SPDX-License-Identifier: ISC */
/* Signals of a tracee: seen, changed, dropped, with other siginfo; ignored ones; pending ones and the mask; waitid's view; SIGCHLD
 * of the tracer. Source: ptrace(2), waitid(2). */
#include "tracing.h"

static volatile int got, value, code, sender;

static void handler(int signo, siginfo_t *info, void *context) {
    got = signo;
    value = info->si_value.sival_int;
    code = info->si_code;
    sender = info->si_pid;
}

static void catch(int signo) {
    const struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(signo, &action, NULL);
}

static void change(void) {
    catch(SIGUSR1);
    catch(SIGUSR2);
    raise(SIGUSR1);
    if (got != SIGUSR2 || code != SI_USER || sender != getppid()) _exit(1);
    got = 0;
    raise(SIGUSR1);
    if (got) _exit(2);
    raise(SIGUSR1);
    if (got != SIGUSR1 || code != SI_QUEUE || value != 4711) _exit(3);
    signal(SIGUSR2, SIG_IGN);
    raise(SIGUSR2);
    _exit(4);
}

static void changed_signals(void) {
    siginfo_t info;
    const pid_t pid = start_tracee(change);
    resume(PTRACE_CONT, pid, 0);
    expect_stop(pid, SIGUSR1);
    resume(PTRACE_CONT, pid, SIGUSR2);
    expect_stop(pid, SIGUSR1);
    resume(PTRACE_CONT, pid, 0);
    expect_stop(pid, SIGUSR1);
    CHECK(trace(PTRACE_GETSIGINFO, pid, NULL, &info) == 0 && info.si_code == SI_TKILL && info.si_pid == pid);
    info.si_code = SI_QUEUE;
    info.si_value.sival_int = 4711;
    CHECK(trace(PTRACE_SETSIGINFO, pid, NULL, &info) == 0);
    resume(PTRACE_CONT, pid, SIGUSR1);
    expect_stop(pid, SIGUSR2); /* ignored, but seen */
    resume(PTRACE_CONT, pid, SIGUSR2);
    expect_exit(pid, 4);
}

static void block(void) {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    raise(SIGUSR1);
    kill(getpid(), SIGRTMIN);
    kill(getpid(), SIGRTMIN);
    __asm__ volatile("int3");
    _exit(1);
}

static void pending_and_mask(void) {
    struct { uint64_t offset; uint32_t flags; int32_t n; } query = {0, 0, 10};
    siginfo_t infos[10];
    uint64_t mask;
    const pid_t pid = start_tracee(block);
    resume(PTRACE_CONT, pid, 0);
    expect_stop(pid, SIGTRAP); /* forced: it cannot be blocked */
    CHECK(trace(PTRACE_PEEKSIGINFO, pid, &query, infos) == 1 && infos[0].si_signo == SIGUSR1);
    query.flags = 1;
    CHECK(trace(PTRACE_PEEKSIGINFO, pid, &query, infos) == 2 && infos[1].si_signo == SIGRTMIN && infos[1].si_pid == pid);
    query.offset = 1;
    CHECK(trace(PTRACE_PEEKSIGINFO, pid, &query, infos) == 1);
    query.flags = 2;
    CHECK_ERROR(trace(PTRACE_PEEKSIGINFO, pid, &query, infos), EINVAL);
    CHECK_ERROR(trace(PTRACE_GETSIGMASK, pid, (void *)4, &mask), EINVAL);
    CHECK(trace(PTRACE_GETSIGMASK, pid, (void *)8, &mask) == 0 && (mask >> (SIGUSR1 - 1) & 1) && !(mask >> (SIGKILL - 1) & 1));
    mask &= ~(1ull << (SIGUSR1 - 1));
    CHECK(trace(PTRACE_SETSIGMASK, pid, (void *)8, &mask) == 0);
    resume(PTRACE_CONT, pid, 0);
    expect_stop(pid, SIGUSR1);
    resume(PTRACE_CONT, pid, SIGUSR1);
    expect_death(pid, SIGUSR1);
}

static void segv(void) {
    *(volatile int *)(uintptr_t)strtoul("16", NULL, 10) = 1;
}

static void fault(void) {
    siginfo_t info;
    const pid_t pid = start_tracee(segv);
    resume(PTRACE_CONT, pid, 0);
    expect_stop(pid, SIGSEGV);
    CHECK(trace(PTRACE_GETSIGINFO, pid, NULL, &info) == 0 && info.si_code == SEGV_MAPERR && info.si_addr == (void *)16);
    resume(PTRACE_CONT, pid, SIGSEGV);
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static volatile int children, child_code, child_status;

static void on_child(int signo, siginfo_t *info, void *context) {
    children++;
    child_code = info->si_code;
    child_status = info->si_status;
}

static void loop(void) {
    for (;;) raise(SIGUSR1);
}

static void waits(void) {
    siginfo_t info;
    const struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
    const pid_t pid = start_tracee(loop);
    sigaction(SIGCHLD, &action, NULL);
    resume(PTRACE_CONT, pid, 0);
    CHECK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0 && info.si_code == CLD_TRAPPED && info.si_status == SIGUSR1);
    CHECK(info.si_pid == pid && children == 1 && child_code == CLD_TRAPPED && child_status == SIGUSR1);
    CHECK(waitid(P_PID, pid, &info, WSTOPPED) == 0 && info.si_code == CLD_TRAPPED);
    CHECK(waitid(P_PID, pid, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == 0);
    CHECK(kill(pid, SIGKILL) == 0);
    CHECK(waitid(P_ALL, 0, &info, WEXITED) == 0 && info.si_code == CLD_KILLED && info.si_pid == pid);
    CHECK_ERROR(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
}

int main(void) {
    changed_signals();
    pending_and_mask();
    fault();
    waits();
    printf("signals seen, changed, dropped\n");
    return 0;
}
