/* SPDX-License-Identifier: ISC */
/* mmap(2): a file that may only be read can be mapped shared, to read and to execute; it shows what others write to the file; writing is
 * refused when it is mapped and when the right is asked for later, and a write is SIGSEGV. */
#include "tests/guest/check.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#define PAGE 4096l

static sigjmp_buf back;

static void on_fault(int number) {
    siglongjmp(back, number);
}

static int faults(volatile char *p) {
    const int number = sigsetjmp(back, 1);
    if (number == 0) *p = 1;
    return number;
}

int main(void) {
    const struct sigaction action = {.sa_handler = on_fault};
    char name[] = "/tmp/map_shared_read_only.XXXXXX";
    const int rw = mkstemp(name), ro = open(name, O_RDONLY);
    CHECK(rw >= 0 && ro >= 0 && unlink(name) == 0 && ftruncate(rw, 3 * PAGE) == 0 && pwrite(rw, "first", 5, PAGE) == 5);
    CHECK(sigaction(SIGSEGV, &action, NULL) == 0);

    char *map = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, ro, 0);
    CHECK(map != MAP_FAILED && memcmp(map + PAGE, "first", 5) == 0);
    CHECK(pwrite(rw, "later", 5, PAGE) == 5 && memcmp(map + PAGE, "later", 5) == 0);
    CHECK(faults(map + PAGE) == SIGSEGV);
    CHECK_ERROR(mprotect(map, PAGE, PROT_READ | PROT_WRITE), EACCES);
    CHECK_ERROR((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0), EACCES);

    char *writer = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, rw, PAGE);
    CHECK(writer != MAP_FAILED);
    strcpy(writer, "mapped");
    CHECK(strcmp(map + PAGE, "mapped") == 0);
    const pid_t pid = fork();
    if (pid == 0) {
        strcpy(writer, "child");
        _exit(strcmp(map + PAGE, "child") != 0);
    }
    wait_ok(pid);
    CHECK(strcmp(map + PAGE, "child") == 0);

    char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, PAGE);
    CHECK(private != MAP_FAILED && strcmp(private, "child") == 0 && faults(private) == 0);
    CHECK(strcmp(map + PAGE, "child") == 0);

    memcpy(writer, "\xb8\x2a\0\0\0\xc3", 6); /* mov eax, 42; ret */
    int (*code)(void) = (void *)mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, ro, PAGE);
    CHECK((void *)code != MAP_FAILED && code() == 42);
    puts("shared maps ok");
    return 0;
}
