/* SPDX-License-Identifier: ISC */
/* SDM 3 8.1.3: a processor runs what it wrote. Code patched ahead of itself, in its loop, on its page, across pages, by every
 * kind of store and by the kernel; rewritten, copied, moved, replaced, forgotten and shared. */
#include "tests/guest/check.h"

#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#define PAGE 4096
#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXEC)
#define RWX (RW | PROT_EXEC)

/* A template: position-independent code that is copied to where it may be written. */
#define TEMPLATE(name, code)                                                                             \
    extern const unsigned char name[], name##_end[];                                                     \
    __asm__(".pushsection .rodata\n" #name ":\n" code "\n" #name "_end:\n.popsection")

TEMPLATE(ahead, "mov %edi, 1f+1(%rip); 1: mov $0x11111111, %eax; ret");
TEMPLATE(byte_ahead, "xor %ecx, %ecx; mov %dil, 1f+2(%rip); inc %ecx; add $1, %ecx; 1: .byte 0x8d, 0x41, 0; ret");
TEMPLATE(opcode_ahead, "mov %esi, %eax; mov %dil, 1f(%rip); 1: add %edi, %eax; ret");
TEMPLATE(in_loop, "xor %eax, %eax; 2: mov %edi, 1f+1(%rip); 1: add $0x11111111, %eax; dec %edi; jnz 2b; ret");
TEMPLATE(behind_in_loop, "xor %eax, %eax; 2: 1: add $0x11111111, %eax; dec %edi; mov %edi, 1b+1(%rip); jnz 2b; ret");
TEMPLATE(condition, "mov %dil, 1f(%rip); cmp $5, %esi; 1: je 2f; mov $0, %eax; ret; 2: mov $1, %eax; ret");
TEMPLATE(counter, "mov %edi, %ecx; 2: incl 9f(%rip); dec %ecx; jnz 2b; mov 9f(%rip), %eax; ret; .p2align 8; 9: .long 0");
TEMPLATE(by_vector, "movups (%rsi), %xmm0; movups %xmm0, 1f(%rip); 1: .fill 15, 1, 0x90; ret; ret");
TEMPLATE(by_exchange, "mov %edi, %ecx; xchg %ecx, 1f+1(%rip); 1: mov $0x11111111, %eax; ret");
TEMPLATE(by_compare, "mov 1f+1(%rip), %eax; lock cmpxchg %edi, 1f+1(%rip); 1: mov $0x11111111, %eax; ret");
TEMPLATE(by_rep, "lea 1f(%rip), %rdi; mov $6, %ecx; rep movsb; 1: ud2; ud2; ud2");
TEMPLATE(by_push, "mov %rsp, %rdx; lea 1f+8(%rip), %rsp; push %rdi; 1: .fill 8, 1, 0xcc; mov %rdx, %rsp; ret");
/* The return address that CALL pushes is the operand of a MOVABS behind. */
TEMPLATE(by_call, "mov %rsp, %rdx; lea 1f+10(%rip), %rsp; call 2f; 2: mov %rdx, %rsp; 1: movabs $0, %rax; lea 2b(%rip), %rcx; sub %rcx, %rax; ret");
TEMPLATE(spanning, "mov %edi, 1f+1(%rip); nop; 1: mov $0x11111111, %eax; ret");
TEMPLATE(spanning_byte, "mov %edi, %eax; shr $24, %eax; mov %al, 1f+4(%rip); 1: mov $0x11111111, %eax; ret");

#define PUT(at, name) memcpy(at, name, (size_t)(name##_end - name))

static unsigned char *map(size_t pages, int prot) {
    unsigned char *at = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

static int call(const void *code, uint64_t a, uint64_t b) {
    int (*fn)(uint64_t, uint64_t);
    memcpy(&fn, &code, sizeof fn);
    return fn(a, b);
}

/* mov eax, value; ret */
static void emit(unsigned char *at, int value) {
    at[0] = 0xb8;
    memcpy(at + 1, &value, 4);
    at[5] = 0xc3;
}

static void serialize(void) {
    unsigned a, b, c, d;
    __cpuid(0, a, b, c, d);
}

static void test_ahead(unsigned char *at) {
    PUT(at, ahead);
    PUT(at + 256, byte_ahead);
    PUT(at + 512, opcode_ahead);
    for (int i = 0; i < 2000; i++) {
        CHECK(call(at, (unsigned)i * 0x1234567u, 0) == (int)((unsigned)i * 0x1234567u));
        CHECK(call(at + 256, i & 127, 0) == (i & 127) + 2);
        const bool add = i % 3;
        const uint8_t opcode = add ? 0x01 : 0x29; /* ADD, SUB; EDI itself is the second operand */
        CHECK(call(at + 512, opcode, 1000) == (add ? 1000 + opcode : 1000 - opcode));
    }
}

static void test_loops(unsigned char *at) {
    PUT(at, in_loop);
    PUT(at + 256, behind_in_loop);
    for (int i = 1; i < 200; i++) {
        CHECK(call(at, i, 0) == i * (i + 1) / 2);
        int first;
        memcpy(&first, at + 256 + 3, 4);
        const int patched = call(at + 256, i, 0);
        CHECK(i == 1 || patched == first + i * (i - 1) / 2);
    }
}

static void test_branches(unsigned char *at) {
    PUT(at + 256, condition);
    for (int i = 0; i < 500; i++) {
        const int opcode = i % 3 ? 0x74 : 0x7f; /* JE, JG */
        CHECK(call(at + 256, opcode, i % 11) == (i % 3 ? i % 11 == 5 : i % 11 > 5));
    }
}

/* Data on the page of the code that writes it. */
static void test_same_page(unsigned char *at) {
    PUT(at, counter);
    for (int i = 1; i <= 20; i++) CHECK(call(at, 5000, 0) == 5000 * i);
}

static void test_store_kinds(unsigned char *at) {
    unsigned char code[16];
    PUT(at, by_vector);
    PUT(at + 256, by_exchange);
    PUT(at + 512, by_compare);
    PUT(at + 768, by_rep);
    PUT(at + 1024, by_push);
    PUT(at + 1280, by_call);
    memset(code, 0x90, 16);
    code[15] = 0xc3;
    for (int i = 0; i < 300; i++) {
        emit(code, i);
        CHECK(call(at, 0, (uintptr_t)code) == i);
        CHECK(call(at + 256, i + 1, 0) == i + 1);
        CHECK(call(at + 512, i + 2, 0) == i + 2);
        CHECK(call(at + 768, 0, (uintptr_t)code) == i);
        const uint64_t pushed = 0xb8 | (uint64_t)(i + 3) << 8 | 0x909090ull << 40; /* mov eax, i + 3; nop; nop; nop */
        CHECK(call(at + 1024, pushed, 0) == i + 3);
        CHECK(call(at + 1280, 0, 0) == 0);
    }
}

static void test_page_boundary(void) {
    unsigned char *at = map(2, RWX);
    for (int shift = 0; shift < 16; shift++) {
        unsigned char *code = at + PAGE - shift;
        PUT(code, spanning);
        for (int i = 0; i < 50; i++) CHECK(call(code, 0x01010101u * (unsigned)i, 0) == (int)(0x01010101u * (unsigned)i));
        PUT(code, spanning_byte);
        for (unsigned i = 0; i < 50; i++) CHECK(call(code, i << 24, 0) == (int)(i << 24 | 0x111111));
    }
    /* A store to two pages: the last byte of one constant, RET, the next function's opcode and its first byte. */
    emit(at + PAGE - 6, 0);
    emit(at + PAGE, 0);
    for (uint32_t i = 0; i < 100; i++) {
        const uint32_t bytes = i | 0xb8c3u << 8 | i << 24;
        __asm__ volatile("mov %1, %0" : "=m"(*(uint32_t *)(at + PAGE - 2)) : "r"(bytes) : "memory");
        CHECK(call(at + PAGE - 6, 0, 0) == (int)(i << 24) && call(at + PAGE, 0, 0) == (int)i);
    }
    munmap(at, 2 * PAGE);
}

/* A function of its argument, rewritten: rounds of ADD, XOR, ROL, IMUL with constants. */
static unsigned emit_rounds(unsigned char *at, unsigned seed, unsigned argument) {
    unsigned char *p = at;
    unsigned value = argument;
    memcpy(p, "\x89\xf8", 2); /* mov eax, edi */
    p += 2;
    for (unsigned n = seed % 7 + 1; n; n--) {
        seed = seed * 1103515245 + 12345;
        const unsigned k = seed >> 3, kind = seed >> 29 & 3, rol = k % 31 + 1;
        if (kind == 0) *p++ = 0x05, value += k;
        else if (kind == 1) *p++ = 0x35, value ^= k;
        else if (kind == 2) *p++ = 0x69, *p++ = 0xc0, value *= k;
        else *p++ = 0xc1, *p++ = 0xc0, *p++ = (unsigned char)rol, value = value << rol | value >> (32 - rol);
        if (kind != 3) memcpy(p, &k, 4), p += 4;
    }
    *p = 0xc3;
    return value;
}

static void test_rewritten(unsigned char *at) {
    for (unsigned i = 0; i < 10000; i++) {
        const unsigned expect = emit_rounds(at, i * 2654435761u, i);
        CHECK((unsigned)call(at, i, 0) == expect);
    }
}

static void test_malloc(void) {
    unsigned char *at = NULL;
    CHECK(posix_memalign((void **)&at, PAGE, 4 * PAGE) == 0);
    for (int i = 0; i < 20; i++) {
        CHECK(mprotect(at, 4 * PAGE, RWX) == 0);
        CHECK((int)emit_rounds(at + 800 * i, i, 5) == call(at + 800 * i, 5, 0));
        CHECK(mprotect(at, 4 * PAGE, RW) == 0);
        memset(at, i, 4 * PAGE);
    }
    free(at);
}

static void test_write_xor_execute(void) {
    unsigned char *at = map(2, RW);
    for (int i = 0; i < 300; i++) {
        CHECK(mprotect(at, PAGE, i % 3 ? RW : RWX) == 0);
        emit(at + i % 64, i);
        CHECK(mprotect(at, PAGE, RX) == 0);
        CHECK(call(at + i % 64, 0, 0) == i);
    }
    munmap(at, 2 * PAGE);
}

static void test_copied(void) {
    unsigned char *at = map(64, RWX);
    PUT(at, ahead);
    for (int i = 1; i < 64; i++) {
        memcpy(at + i * PAGE + 3 * i, at + (i - 1) * PAGE + 3 * (i - 1), (size_t)(ahead_end - ahead));
        memset(at + (i - 1) * PAGE, 0xcc, PAGE);
        CHECK(call(at + i * PAGE + 3 * i, (unsigned)i, 0) == i);
        CHECK(call(at + i * PAGE + 3 * i, (unsigned)i + 1, 0) == i + 1);
    }
    munmap(at, 64 * PAGE);
}

static void test_replaced(void) {
    unsigned char *at = map(1, RWX);
    for (int i = 0; i < 200; i++) {
        if (i % 2) CHECK(munmap(at, PAGE) == 0);
        CHECK(mmap(at, PAGE, RWX, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
        emit(at, i);
        CHECK(call(at, 0, 0) == i);
    }
    munmap(at, PAGE);
}

/* A page thrown away is zeros: ADD [RAX], AL, 2,048 times; the next page returns. */
static void test_forgotten(void) {
    unsigned char *at = map(2, RWX);
    emit(at, 7);
    at[PAGE] = 0xc3;
    CHECK(call(at, 0, 0) == 7);
    CHECK(madvise(at, PAGE, MADV_DONTNEED) == 0);
    unsigned char sum[256] __attribute__((aligned(256))) = {0};
    __asm__ volatile("mov %0, %%rax; mov $3, %%al; call *%1" ::"r"(sum), "r"(at) : "rax", "memory", "cc");
    CHECK(sum[3] == (unsigned char)(3 * 2048));
    munmap(at, 2 * PAGE);
}

static void test_shared_views(void) {
    const int fd = memfd_create("code", 0);
    CHECK(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0);
    unsigned char *w = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
    unsigned char *x = mmap(NULL, 2 * PAGE, RX, MAP_SHARED, fd, 0);
    unsigned char *y = mmap(NULL, PAGE, RX, MAP_PRIVATE, fd, 0);
    CHECK(w != MAP_FAILED && x != MAP_FAILED && y != MAP_FAILED);
    unsigned char code[6];
    for (int i = 0; i < 300; i++) {
        emit(code, i);
        memcpy(w + PAGE - 3, code, 6);
        memcpy(w, code, 6);
        serialize();
        CHECK(call(x + PAGE - 3, 0, 0) == i && call(x, 0, 0) == i && call(y, 0, 0) == i);
    }
    munmap(w, 2 * PAGE);
    munmap(x, 2 * PAGE);
    munmap(y, PAGE);
    close(fd);
}

/* The kernel stores into code: read(2), and a pipe. */
static void test_kernel_writes(unsigned char *at) {
    int fds[2];
    unsigned char code[6];
    CHECK(pipe(fds) == 0);
    for (int i = 0; i < 200; i++) {
        emit(code, i);
        CHECK(write(fds[1], code, 6) == 6 && read(fds[0], at, 6) == 6);
        CHECK(call(at, 0, 0) == i);
    }
    close(fds[0]);
    close(fds[1]);
}

static int code_file(const char *name, int value) {
    unsigned char page[PAGE] = {0};
    emit(page + 17, value);
    const int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, page, PAGE) == PAGE && unlink(name) == 0);
    return fd;
}

static void test_files(void) {
    const int a = code_file("code-a", 111), b = code_file("code-b", 222);
    unsigned char *at = map(1, RWX);
    for (int i = 0; i < 50; i++) {
        const int flags = MAP_FIXED | (i % 3 ? MAP_PRIVATE : MAP_SHARED);
        CHECK(mmap(at, PAGE, RX, flags, i % 2 ? a : b, 0) == at);
        CHECK(call(at + 17, 0, 0) == (i % 2 ? 111 : 222));
    }
    CHECK(mmap(at, PAGE, RWX, MAP_FIXED | MAP_PRIVATE, a, 0) == at);
    emit(at + 17, 333);
    CHECK(call(at + 17, 0, 0) == 333);
    CHECK(mmap(at, PAGE, RX, MAP_FIXED | MAP_PRIVATE, a, 0) == at && call(at + 17, 0, 0) == 111);
    close(a);
    close(b);
    munmap(at, PAGE);
}

/* Each process runs its own. */
static void test_fork(unsigned char *at) {
    for (int i = 0; i < 10; i++) {
        emit(at, i);
        CHECK(call(at, 0, 0) == i);
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) {
            CHECK(call(at, 0, 0) == i);
            for (int k = 100; k < 110; k++) {
                emit(at, k);
                CHECK(call(at, 0, 0) == k);
            }
            _exit(0);
        }
        emit(at, i + 50);
        CHECK(call(at, 0, 0) == i + 50);
        wait_ok(child);
        CHECK(call(at, 0, 0) == i + 50);
    }
}

int main(void) {
    static void (*const in_page[])(unsigned char *) = {test_ahead, test_loops, test_branches, test_same_page,
                                                       test_store_kinds, test_rewritten, test_kernel_writes, test_fork};
    for (size_t i = 0; i < sizeof in_page / sizeof in_page[0]; i++) {
        unsigned char *at = map(1, RWX);
        in_page[i](at);
        munmap(at, PAGE);
    }
    test_page_boundary();
    test_malloc();
    test_write_xor_execute();
    test_copied();
    test_replaced();
    test_forgotten();
    test_shared_views();
    test_files();
    puts("self_modifying_code: ok");
    return 0;
}
