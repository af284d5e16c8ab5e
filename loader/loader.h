/* SPDX-License-Identifier: ISC */
/* Puts a program into an empty address space as execve(2) does: ELF images, #! scripts, the first stack, the auxiliary
 * vector, the place of the heap. Knows no files and no tasks: both come through the request. Nothing outside the
 * given space changes, so that a failed call only costs the caller that space. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address_space;
struct mem_object;
struct vdso_image;

/* A file that may be executed, as the caller's file system knows it. The loader only passes it back. */
struct loader_file;

struct loader_ops {
    /* Opens an interpreter by the path found in a file, with all of execve's checks (regular file, execute right).
     * Returns 0 and *out, or -E. Text of path: host string, borrowed during the call. */
    int (*open)(void *arg, const char *path, struct loader_file **out);
    /* Reads n bytes at offset. Returns the bytes read (fewer only at the end of the file) or -E. */
    int64_t (*read)(void *arg, struct loader_file *file, uint64_t offset, void *buf, size_t n);
    /* Makes the object that the file's segments are mapped from. Returns 0 and a count in *out, or -E. */
    int (*object)(void *arg, struct loader_file *file, struct mem_object **out);
    /* Closes a file that open gave. */
    void (*close)(void *arg, struct loader_file *file);
};

/* What the auxiliary vector says about the machine and the task. */
struct loader_facts {
    uint32_t uid, euid, gid, egid;
    bool secure;             /* AT_SECURE: set-id or capabilities gained */
    uint8_t random[16];      /* what AT_RANDOM points at */
    uint64_t hwcap, hwcap2;  /* CPUID.1:EDX; bit 1: FSGSBASE instructions may be used */
    uint64_t minsigstksz;
};

struct loader_request {
    const struct loader_ops *ops;
    void *arg;                   /* given to ops and random */
    struct loader_file *file;    /* what to execute, opened and checked; stays the caller's */
    const char *path;            /* as execve was given it: AT_EXECFN, and a script's argument */
    bool path_closes;            /* path is /dev/fd/N of a close-on-exec descriptor: a script cannot work (ENOENT) */
    const char *const *argv;     /* NULL-terminated; may be empty: then one empty argument is made, as Linux does */
    const char *const *envp;     /* NULL-terminated */
    uint64_t stack_limit;        /* RLIMIT_STACK in bytes, UINT64_MAX = none */
    /* Random bits for the addresses of stack, mappings, program and heap. NULL: fixed addresses. */
    uint64_t (*random)(void *arg);
    struct loader_facts facts;
    const struct vdso_image *vdso; /* NULL or empty: none, and no AT_SYSINFO_EHDR */
};

struct loader_result {
    uint64_t entry;              /* first rip: the interpreter's entry if there is one */
    uint64_t stack;              /* first rsp */
    uint64_t vdso;               /* where the vDSO is, 0 = none */
    bool exec_stack;             /* a PT_GNU_STACK with PF_X: the stack may be executed */
    /* What /proc/<pid>/stat, cmdline, environ, auxv show. */
    uint64_t code_start, code_end, data_start, data_end, brk_start;
    uint64_t stack_start, arg_start, arg_end, env_start, env_end, auxv_start, auxv_end;
    /* The file that /proc/<pid>/exe names. For a script it is the interpreter, opened by ops->open and now the
     * caller's to close; otherwise request->file. NULL after a failure. */
    struct loader_file *image;
    /* After a failure. fatal: Linux would find this only after the old program is gone, and kills with SIGSEGV. */
    bool fatal;
    char reason[192];            /* one clause in plain words: "not an x86-64 ELF file: machine is AArch64" */
};

enum {
    LOADER_STRING_MAX = 131072,          /* one argument or environment string with its zero (E2BIG beyond) */
    LOADER_STRINGS_MAX = 6 * 1024 * 1024 /* all strings and pointers together, whatever RLIMIT_STACK says */
};

/* Loads into `space`, which holds no mapping yet; sets its mmap top and its heap, not its limits.
 * Returns 0, or -E as execve(2): -ENOEXEC, -ELIBBAD, -E2BIG, -ELOOP, -EACCES, -ENOENT, -EINVAL, -EIO, -ENOMEM, -EPERM. */
int load_program(struct address_space *space, const struct loader_request *request, struct loader_result *result);
