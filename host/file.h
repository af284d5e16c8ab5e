/* SPDX-License-Identifier: ISC */
/* Host files by descriptor. Flags, modes, whence, events and directory records have Linux's x86-64 numbers and
 * layouts; host/<os>/ translates. Every function returns 0 or more, or -E. Descriptors made here are never
 * inherited by host programs and never become a controlling terminal. No function here changes the flags of a
 * descriptor it did not make. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_CWD (-100) /* dirfd: our own current directory */

struct host_time {
    int64_t sec;
    int64_t nsec; /* or HOST_TIME_* for host_file_set_times */
};
#define HOST_TIME_NOW 0x3fffffff
#define HOST_TIME_OMIT 0x3ffffffe

struct host_stat {
    uint64_t dev, rdev; /* Linux's 64-bit packing */
    uint64_t ino, nlink;
    uint32_t mode, uid, gid, blksize;
    int64_t size, blocks;
    struct host_time atime, mtime, ctime, btime;
    bool has_btime;
    uint64_t mnt_id;
};

struct host_statfs {
    int64_t type, bsize;
    uint64_t blocks, bfree, bavail, files, ffree;
    int32_t fsid[2];
    int64_t namelen, frsize, flags;
};

/* Opening. flags: O_*. */
int host_file_open_at(int dirfd, const char *path, int flags, uint32_t mode);
/* One call for a path without any symbolic link. in_root: ".." stops at dirfd and absolute paths start there; else
 * leaving dirfd is -EXDEV. -ELOOP: there is a link. -ENOSYS: the host has no such call. */
int host_file_open_plain(int dirfd, const char *path, int flags, uint32_t mode, bool in_root);
/* Opens what fd refers to once more (fd may be O_PATH). */
int host_file_reopen(int fd, int flags);
int host_file_dup(int fd);
void host_file_close(int fd);
/* Anonymous file in memory. flags: MFD_*. */
int host_file_memory(const char *name, unsigned flags);

/* Bytes. nowait: -EAGAIN instead of blocking, if the host can promise it for this kind of file; else as usual. */
int64_t host_file_read(int fd, void *buf, size_t n);
int64_t host_file_write(int fd, const void *buf, size_t n);
int64_t host_file_read_at(int fd, void *buf, size_t n, int64_t offset);
int64_t host_file_write_at(int fd, const void *buf, size_t n, int64_t offset);
int64_t host_file_read_nowait(int fd, void *buf, size_t n);
int64_t host_file_write_nowait(int fd, const void *buf, size_t n);
/* Appends whatever the descriptor's flags say; sync: durable when it returns. offset -1: at its position. */
int64_t host_file_write_special(int fd, const void *buf, size_t n, int64_t offset, bool append, bool sync);
int64_t host_file_seek(int fd, int64_t offset, int whence);
/* Bytes that can be read without blocking (FIONREAD). */
int64_t host_file_available(int fd);

/* Space and durability. */
int host_file_truncate(int fd, int64_t size);
int host_file_allocate(int fd, int mode, int64_t offset, int64_t size);
int host_file_sync(int fd, bool data_only);
int host_file_sync_fs(int fd);
int host_file_sync_range(int fd, int64_t offset, int64_t size, unsigned flags);
void host_file_sync_all(void);
int host_file_advise(int fd, int64_t offset, int64_t size, int advice);

/* Facts. path "" with a descriptor (O_PATH too) means the descriptor itself. Links are never followed. */
int host_file_stat(int fd, struct host_stat *out);
int host_file_stat_at(int dirfd, const char *name, struct host_stat *out);
int host_file_statfs(int fd, struct host_statfs *out);
int host_file_get_flags(int fd);
int host_file_set_flags(int fd, int flags);
/* mode: R_OK.. bits; effective: by effective ids. */
int host_file_access_at(int dirfd, const char *name, int mode, bool effective);
/* Absolute host path of what fd refers to, with " (deleted)" after it when its name is gone. Its length or -E. */
int64_t host_file_path(int fd, char *out, size_t size);
int host_file_set_mode(int fd, uint32_t mode);
int host_file_set_owner(int dirfd, const char *name, uint32_t uid, uint32_t gid);
/* times: of access and of change. */
int host_file_set_times(int dirfd, const char *name, const struct host_time *times);
int host_file_get_seals(int fd);
int host_file_add_seals(int fd, unsigned seals);

/* Names. */
int64_t host_file_readlink_at(int dirfd, const char *name, char *out, size_t size);
int host_file_mkdir_at(int dirfd, const char *name, uint32_t mode);
int host_file_unlink_at(int dirfd, const char *name, bool directory);
int host_file_rename_at(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
/* from_dir with from "": the descriptor itself. */
int host_file_link_at(int from_dir, const char *from, int to_dir, const char *to);
int host_file_symlink_at(const char *text, int dirfd, const char *name);
int host_file_mknod_at(int dirfd, const char *name, uint32_t mode, uint64_t dev);
/* Directory records in getdents64's layout from the descriptor's position on; 0 at the end. */
int64_t host_file_getdents(int fd, void *buf, size_t n);
/* Sets our own umask; returns the old one. */
unsigned host_file_umask(unsigned mask);
/* Our own current directory, with its zero. */
int host_file_getcwd(char *out, size_t size);

/* Extended attributes of name in dirfd, or of dirfd itself when name is "". Links are never followed. */
int64_t host_xattr_get(int dirfd, const char *name, const char *key, void *value, size_t size);
int host_xattr_set(int dirfd, const char *name, const char *key, const void *value, size_t size, int flags);
int64_t host_xattr_list(int dirfd, const char *name, char *list, size_t size);
int host_xattr_remove(int dirfd, const char *name, const char *key);
