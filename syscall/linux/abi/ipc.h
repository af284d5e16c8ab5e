/* SPDX-License-Identifier: ISC */
/* System V IPC as the guest sees it: svipc(7), shmctl(2), semctl(2), msgctl(2). Sizes are x86-64's. */
#pragma once

#include <stdint.h>

#define IPC_PRIVATE 0
enum { IPC_CREAT = 01000, IPC_EXCL = 02000, IPC_NOWAIT = 04000 };
enum { IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2, IPC_INFO = 3 };

enum { SHM_RDONLY = 010000, SHM_RND = 020000, SHM_REMAP = 040000, SHM_EXEC = 0100000, SHM_HUGETLB = 04000 };
enum { SHM_DEST = 01000, SHM_LOCKED = 02000 };
enum { SHM_LOCK = 11, SHM_UNLOCK = 12, SHM_STAT = 13, SHM_INFO = 14, SHM_STAT_ANY = 15 };

enum { SEM_GETPID = 11, SEM_GETVAL = 12, SEM_GETALL = 13, SEM_GETNCNT = 14, SEM_GETZCNT = 15, SEM_SETVAL = 16, SEM_SETALL = 17,
       SEM_STAT = 18, SEM_INFO = 19, SEM_STAT_ANY = 20 };
enum { SEM_UNDO = 0x1000 };

enum { MSG_STAT = 11, MSG_INFO = 12, MSG_STAT_ANY = 13 };
enum { MSG_NOERROR = 010000, MSG_EXCEPT = 020000, MSG_COPY = 040000 };

struct linux_ipc_perm {
    int32_t key;
    uint32_t uid, gid, cuid, cgid, mode;
    uint16_t seq, pad;
    uint32_t pad2;
    uint64_t unused[2];
};

struct linux_shmid_ds {
    struct linux_ipc_perm perm;
    uint64_t segsz;
    int64_t atime, dtime, ctime;
    int32_t cpid, lpid;
    uint64_t nattch, unused[2];
};

struct linux_shminfo {
    uint64_t shmmax, shmmin, shmmni, shmseg, shmall, unused[4];
};

struct linux_shm_info {
    int32_t used_ids, pad;
    uint64_t tot, rss, swp, swap_attempts, swap_successes;
};

struct linux_semid_ds {
    struct linux_ipc_perm perm;
    int64_t otime;
    uint64_t unused1;
    int64_t ctime;
    uint64_t unused2, nsems, unused3, unused4;
};

struct linux_seminfo {
    int32_t semmap, semmni, semmns, semmnu, semmsl, semopm, semume, semusz, semvmx, semaem;
};

struct linux_sembuf {
    uint16_t num;
    int16_t op;
    int16_t flags;
};

struct linux_msqid_ds {
    struct linux_ipc_perm perm;
    int64_t stime, rtime, ctime;
    uint64_t cbytes, qnum, qbytes;
    int32_t lspid, lrpid;
    uint64_t unused[2];
};

struct linux_msginfo {
    int32_t msgpool, msgmap, msgmax, msgmnb, msgmni, msgssz, msgtql;
    uint16_t msgseg;
};

_Static_assert(sizeof(struct linux_ipc_perm) == 48, "ipc64_perm");
_Static_assert(sizeof(struct linux_shmid_ds) == 112, "shmid64_ds");
_Static_assert(sizeof(struct linux_semid_ds) == 104, "semid64_ds");
_Static_assert(sizeof(struct linux_msqid_ds) == 120, "msqid64_ds");
_Static_assert(sizeof(struct linux_msginfo) == 32, "msginfo");
