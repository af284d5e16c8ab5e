/* SPDX-License-Identifier: ISC */
/* Makes processes and waits for them: fork exit|exec N. exec: each child runs this program anew. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

static int run_child(int exec, char *self) {
    const pid_t pid = fork();
    require(pid >= 0, "fork");
    if (pid == 0) {
        if (exec) execv(self, (char *[]){self, "child", NULL});
        _exit(exec ? 127 : 7);
    }
    int status;
    require(waitpid(pid, &status, 0) == pid, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "child")) return 7;
    const int exec = argc > 1 && !strcmp(argv[1], "exec");
    const long n = number(argc, argv, 2, 10);
    long sum = 0;
    for (long i = 0; i < n; i++) sum += run_child(exec, argv[0]);
    printf("%ld\n", sum);
    return 0;
}
