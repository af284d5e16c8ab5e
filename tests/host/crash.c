/* SPDX-License-Identifier: ISC */
/* A fault of our own prints one line and ends us with status 125; a fault signal that somebody sends does not. */
#include "host/crash.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs fn in a child with the handlers installed. Returns its wait status; what it said goes to text. */
static int run_child(void (*fn)(void), char *text, size_t size) {
    int ends[2], status;
    cr_assert_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
        for (int i = 0; i < 4; i++) signal(faults[i], SIG_DFL);
        dup2(ends[1], 2);
        host_crash_init();
        fn();
        _exit(0);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t r; n < size - 1 && (r = read(ends[0], text + n, size - 1 - n)) > 0;) n += (size_t)r;
    text[n] = '\0';
    close(ends[0]);
    waitpid(child, &status, 0);
    return status;
}

static void touch_nothing(void) {
    *(volatile int *)0x1234 = 1;
}

static void send_segv(void) {
    kill(getpid(), SIGSEGV);
}

Test(crash, bad_access) {
    char text[256];
    const int status = run_child(touch_nothing, text, sizeof text);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == HOST_CRASH_STATUS);
    cr_expect_eq(strncmp(text, "lockstep: internal error: bad memory access at address 0x1234, code at lockstep+0x", 80), 0, "%s",
                 text);
    cr_expect_eq(strchr(text, '\n'), text + strlen(text) - 1);
}

Test(crash, sent_by_a_process) {
    char text[256];
    const int status = run_child(send_segv, text, sizeof text);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    cr_expect_str_empty(text);
}
