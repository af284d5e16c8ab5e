/* SPDX-License-Identifier: ISC */
/* Shared memory segments: keys and rights, attaching at places, what fork, exit, munmap and removal do to nattch. */
#include "check.h"

#include <sys/mman.h>
#include <sys/shm.h>

enum { PAGE = 4096 };

static struct shmid_ds stat_of(int id) {
    struct shmid_ds ds;
    CHECK(shmctl(id, IPC_STAT, &ds) == 0);
    return ds;
}

static void keys_and_sizes(void) {
    const key_t key = 0x4c530000 ^ getpid();
    CHECK_ERROR(shmget(key, 100, 0600), ENOENT);
    CHECK_ERROR(shmget(IPC_PRIVATE, 0, 0600), EINVAL);
    CHECK_ERROR(shmget(IPC_PRIVATE, ~0ul, 0600), EINVAL);
    const int id = shmget(key, 100, IPC_CREAT | 0600);
    CHECK(id >= 0);
    CHECK(shmget(key, 0, 0) == id && shmget(key, 100, IPC_CREAT) == id);
    CHECK_ERROR(shmget(key, 100, IPC_CREAT | IPC_EXCL), EEXIST);
    CHECK_ERROR(shmget(key, 5000, 0), EINVAL);
    const struct shmid_ds ds = stat_of(id);
    CHECK(ds.shm_segsz == 100 && ds.shm_nattch == 0 && ds.shm_cpid == getpid() && ds.shm_lpid == 0);
    CHECK(ds.shm_perm.mode == 0600 && ds.shm_perm.uid == geteuid() && ds.shm_perm.cgid == getegid());
    CHECK(ds.shm_atime == 0 && ds.shm_dtime == 0 && ds.shm_ctime != 0);
    CHECK(shmctl(id, IPC_RMID, 0) == 0);
    CHECK_ERROR(shmget(key, 100, 0), ENOENT);
    CHECK_ERROR(shmctl(id, IPC_STAT, (struct shmid_ds *)&ds), EINVAL);
    CHECK_ERROR(shmat(id, 0, 0), EINVAL);
}

static void places(void) {
    const int id = shmget(IPC_PRIVATE, 3 * PAGE, 0600);
    char *at = shmat(id, 0, 0);
    CHECK(at != (void *)-1 && at[2 * PAGE] == 0);
    at[5] = 'x';
    CHECK_ERROR(shmat(id, at, 0), EINVAL);
    CHECK_ERROR(shmat(id, at + 1, 0), EINVAL);
    CHECK_ERROR(shmat(id, 0, SHM_REMAP), EINVAL);
    char *room = mmap(0, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(shmat(id, room + PAGE + 77, SHM_RND | SHM_REMAP) == room + PAGE);
    CHECK(room[PAGE + 5] == 'x' && stat_of(id).shm_nattch == 2);
    room[PAGE + 6] = 'y';
    CHECK(at[6] == 'y');
    /* A piece cut out of the middle: two remain, and shmdt takes both. */
    CHECK(munmap(room + 2 * PAGE, PAGE) == 0 && stat_of(id).shm_nattch == 3);
    CHECK_ERROR(shmdt(room), EINVAL);
    CHECK(shmdt(room + PAGE) == 0 && stat_of(id).shm_nattch == 1);
    CHECK_ERROR(shmdt(room + PAGE), EINVAL);
    const char *read_only = shmat(id, 0, SHM_RDONLY);
    CHECK(read_only != (void *)-1 && read_only[6] == 'y');
    CHECK_ERROR(mprotect((void *)read_only, PAGE, PROT_READ | PROT_WRITE), EACCES);
    CHECK(shmdt(read_only) == 0 && shmdt(at) == 0);
    CHECK(stat_of(id).shm_nattch == 0 && stat_of(id).shm_dtime != 0 && stat_of(id).shm_lpid == getpid());
    CHECK(shmctl(id, IPC_RMID, 0) == 0);
}

static void removed_while_attached(void) {
    const int id = shmget(IPC_PRIVATE, PAGE, 0600);
    int *at = shmat(id, 0, 0);
    CHECK(shmctl(id, IPC_RMID, 0) == 0);
    struct shmid_ds ds = stat_of(id);
    CHECK((ds.shm_perm.mode & SHM_DEST) && ds.shm_perm.__key == IPC_PRIVATE && ds.shm_nattch == 1);
    const pid_t child = fork();
    if (child == 0) {
        CHECK(stat_of(id).shm_nattch == 2);
        at[0] = 42;
        _exit(0);
    }
    wait_ok(child);
    CHECK(at[0] == 42 && stat_of(id).shm_nattch == 1);
    int *again = shmat(id, 0, 0);
    CHECK(again[0] == 42 && shmdt(at) == 0 && shmdt(again) == 0);
    CHECK_ERROR(shmctl(id, IPC_STAT, &ds), EINVAL);
}

static void exec_detaches(const char *self) {
    const int id = shmget(IPC_PRIVATE, PAGE, 0600);
    CHECK(shmat(id, 0, 0) != (void *)-1);
    char text[16];
    snprintf(text, sizeof text, "%d", id);
    const pid_t child = fork();
    if (child == 0) {
        execl(self, self, text, (char *)0);
        _exit(1);
    }
    wait_ok(child);
    CHECK(stat_of(id).shm_nattch == 1);
    CHECK(shmctl(id, IPC_RMID, 0) == 0);
}

static void changes_and_rights(void) {
    const int id = shmget(IPC_PRIVATE, PAGE, 0600);
    struct shmid_ds ds = stat_of(id);
    ds.shm_perm.mode = 0200;
    CHECK(shmctl(id, IPC_SET, &ds) == 0);
    if (geteuid() != 0) {
        CHECK_ERROR(shmctl(id, IPC_STAT, &ds), EACCES);
        CHECK_ERROR(shmat(id, 0, SHM_RDONLY), EACCES);
    }
    CHECK_ERROR(shmctl(id, 77, &ds), EINVAL);
    CHECK_ERROR(shmctl(-1, IPC_STAT, &ds), EINVAL);
    CHECK_ERROR(shmctl(id, IPC_SET, (struct shmid_ds *)8), EFAULT);
    CHECK(shmctl(id, IPC_RMID, 0) == 0);
}

static void listed(void) {
    const int id = shmget(IPC_PRIVATE, 12345, 0640);
    struct shm_info info;
    struct shminfo limits;
    CHECK(shmctl(0, SHM_INFO, (struct shmid_ds *)&info) >= 0 && info.used_ids >= 1 && info.shm_tot >= 4);
    const int highest = shmctl(0, IPC_INFO, (struct shmid_ds *)&limits);
    CHECK(highest >= 0 && limits.shmmni == 4096 && limits.shmmin == 1);
    int found = 0;
    for (int i = 0; i <= highest; i++) {
        struct shmid_ds ds;
        if (shmctl(i, SHM_STAT, &ds) == id) found += ds.shm_segsz == 12345;
    }
    CHECK(found == 1);
    char line[512];
    FILE *f = fopen("/proc/sysvipc/shm", "r");
    CHECK(f);
    while (fgets(line, sizeof line, f)) {
        int key, shmid, mode;
        unsigned long size;
        if (sscanf(line, "%d %d %o %lu", &key, &shmid, (unsigned *)&mode, &size) == 4 && shmid == id) found += mode == 0640 && size == 12345;
    }
    fclose(f);
    CHECK(found == 2 && shmctl(id, IPC_RMID, 0) == 0);
}

int main(int argc, char **argv) {
    if (argc > 1) return stat_of(atoi(argv[1])).shm_nattch == 1 ? 0 : 1;
    keys_and_sizes();
    places();
    removed_while_attached();
    exec_detaches(argv[0]);
    changes_and_rights();
    listed();
    printf("shared memory segments as shmop(2) says\n");
}
