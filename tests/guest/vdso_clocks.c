/* SPDX-License-Identifier: ISC */
/* vdso(7): AT_SYSINFO_EHDR names an ELF image whose symbols, version LINUX_2.6, are found by either hash table; its clocks agree with
 * the system calls, its frames can be unwound, and time never steps back, whichever thread reads it and whichever way. */
#include "tests/guest/check.h"

#include <elf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

static struct {
    uintptr_t bias;
    const Elf64_Sym *symbols;
    const char *strings;
    const uint32_t *hash, *gnu_hash;
    const uint16_t *versions;
    const Elf64_Verdef *verdef;
    bool has_frames;
} vdso;

static void read_dynamic(const Elf64_Dyn *entry) {
    for (; entry->d_tag != DT_NULL; entry++) {
        const void *at = (const void *)(vdso.bias + entry->d_un.d_ptr);
        switch (entry->d_tag) {
        case DT_SYMTAB: vdso.symbols = at; break;
        case DT_STRTAB: vdso.strings = at; break;
        case DT_HASH: vdso.hash = at; break;
        case DT_GNU_HASH: vdso.gnu_hash = at; break;
        case DT_VERSYM: vdso.versions = at; break;
        case DT_VERDEF: vdso.verdef = at; break;
        }
    }
}

static void read_image(void) {
    const uintptr_t start = getauxval(AT_SYSINFO_EHDR);
    const Elf64_Ehdr *header = (const void *)start;
    CHECK(start && start % 4096 == 0 && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0);
    CHECK(header->e_type == ET_DYN && header->e_machine == EM_X86_64 && header->e_phentsize == sizeof(Elf64_Phdr));
    const Elf64_Phdr *segment = (const void *)(start + header->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    for (int i = 0; i < header->e_phnum; i++) {
        if (segment[i].p_type == PT_LOAD) vdso.bias = start + segment[i].p_offset - segment[i].p_vaddr;
        if (segment[i].p_type == PT_DYNAMIC) dynamic = (const void *)(start + segment[i].p_offset);
        if (segment[i].p_type == PT_GNU_EH_FRAME) vdso.has_frames = true;
    }
    CHECK(vdso.bias && dynamic);
    read_dynamic(dynamic);
    CHECK(vdso.symbols && vdso.strings && vdso.hash && vdso.versions && vdso.verdef && vdso.has_frames);
}

static bool has_version(uint32_t symbol) {
    const Elf64_Verdef *def = vdso.verdef;
    while ((def->vd_ndx & 0x7fff) != (vdso.versions[symbol] & 0x7fff)) {
        if (!def->vd_next) return false;
        def = (const void *)((const char *)def + def->vd_next);
    }
    const Elf64_Verdaux *aux = (const void *)((const char *)def + def->vd_aux);
    return strcmp(vdso.strings + aux->vda_name, "LINUX_2.6") == 0;
}

static bool is_function(uint32_t i, const char *name) {
    const Elf64_Sym *symbol = &vdso.symbols[i];
    return symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC &&
           strcmp(vdso.strings + symbol->st_name, name) == 0 && has_version(i);
}

static uint32_t find_by_hash(const char *name) {
    uint32_t h = 0;
    for (const char *p = name; *p; p++) {
        h = (h << 4) + (uint8_t)*p;
        h = (h ^ (h >> 24 & 0xf0)) & 0x0fffffff;
    }
    const uint32_t *bucket = vdso.hash + 2, *chain = bucket + vdso.hash[0];
    for (uint32_t i = bucket[h % vdso.hash[0]]; i; i = chain[i]) {
        if (is_function(i, name)) return i;
    }
    return 0;
}

static uint32_t find_by_gnu_hash(const char *name) {
    uint32_t h = 5381;
    for (const char *p = name; *p; p++) h = h * 33 + (uint8_t)*p;
    const uint32_t n_buckets = vdso.gnu_hash[0], first = vdso.gnu_hash[1], n_bloom = vdso.gnu_hash[2], shift = vdso.gnu_hash[3];
    const uint64_t *bloom = (const void *)(vdso.gnu_hash + 4), word = bloom[h / 64 % n_bloom];
    if (!(word >> h % 64 & word >> (h >> shift) % 64 & 1)) return 0;
    const uint32_t *bucket = (const void *)(bloom + n_bloom), *chain = bucket + n_buckets;
    for (uint32_t i = bucket[h % n_buckets]; i; i++) {
        if ((chain[i - first] ^ h) < 2 && is_function(i, name)) return i;
        if (chain[i - first] & 1) return 0;
    }
    return 0;
}

static uintptr_t find(const char *name) {
    const uint32_t i = find_by_hash(name);
    CHECK(i);
    if (vdso.gnu_hash) CHECK(find_by_gnu_hash(name) == i && find_by_gnu_hash("no_such_name") == 0);
    CHECK(find_by_hash("no_such_name") == 0);
    return vdso.bias + vdso.symbols[i].st_value;
}

static int (*vdso_clock_gettime)(clockid_t, struct timespec *);
static int (*vdso_gettimeofday)(struct timeval *, struct timezone *);
static time_t (*vdso_time)(time_t *);
static long (*vdso_getcpu)(unsigned *, unsigned *, void *);

static void find_all(void) {
    CHECK(find("__vdso_clock_gettime") == find("clock_gettime"));
    CHECK(find("__vdso_gettimeofday") == find("gettimeofday"));
    CHECK(find("__vdso_time") == find("time") && find("__vdso_getcpu") == find("getcpu"));
    vdso_clock_gettime = (void *)find("__vdso_clock_gettime");
    vdso_gettimeofday = (void *)find("__vdso_gettimeofday");
    vdso_time = (void *)find("__vdso_time");
    vdso_getcpu = (void *)find("__vdso_getcpu");
}

static int64_t ns(const struct timespec *t) {
    CHECK(t->tv_nsec >= 0 && t->tv_nsec < 1000000000);
    return t->tv_sec * 1000000000ll + t->tv_nsec;
}

static int64_t by_vdso(clockid_t clock) {
    struct timespec t;
    CHECK(vdso_clock_gettime(clock, &t) == 0);
    return ns(&t);
}

static int64_t by_call(clockid_t clock) {
    struct timespec t;
    CHECK(syscall(SYS_clock_gettime, clock, &t) == 0);
    return ns(&t);
}

/* Each reading lies between those of the other way before and after it. */
static void compare_clocks(void) {
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
                                       CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI};
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        for (int n = 0; n < 2000; n++) {
            const int64_t a = by_call(clocks[i]), b = by_vdso(clocks[i]), c = by_call(clocks[i]);
            if (a > b || b > c) printf("clock %d: %lld %lld %lld\n", clocks[i], (long long)a, (long long)b, (long long)c);
            CHECK(a <= b && b <= c);
        }
    }
    struct timespec t;
    CHECK(vdso_clock_gettime(99, &t) == -EINVAL && vdso_clock_gettime(-1000000, &t) == -EINVAL);
}

static void compare_dates(void) {
    struct timeval tv;
    struct timezone zone = {1, 1};
    for (int i = 0; i < 100; i++) {
        const int64_t a = by_call(CLOCK_REALTIME) / 1000;
        CHECK(vdso_gettimeofday(&tv, &zone) == 0 && vdso_gettimeofday(NULL, NULL) == 0);
        const int64_t b = tv.tv_sec * 1000000ll + tv.tv_usec, c = by_call(CLOCK_REALTIME) / 1000;
        CHECK(a <= b && b <= c && tv.tv_usec >= 0 && tv.tv_usec < 1000000);
    }
    time_t stored = 0;
    const time_t before = syscall(SYS_time, NULL), now = vdso_time(&stored), after = by_call(CLOCK_REALTIME) / 1000000000;
    CHECK(stored == now && before <= now && now <= after && vdso_time(NULL) >= now);
}

static void compare_place(void) {
    unsigned cpu = 99999, node = 99999;
    CHECK(vdso_getcpu(&cpu, &node, NULL) == 0 && cpu < 99999 && node == 0);
    CHECK(vdso_getcpu(NULL, NULL, NULL) == 0);
    CHECK((long)cpu < sysconf(_SC_NPROCESSORS_CONF));
}

static _Atomic int64_t latest;

/* What another thread has published is in the past. */
static void *read_on(void *arg) {
    int64_t last = 0;
    for (int i = 0; i < 50000; i++) {
        const int64_t seen = atomic_load(&latest);
        const int64_t now = i & 7 ? by_vdso(CLOCK_MONOTONIC) : by_call(CLOCK_MONOTONIC);
        if (now < seen || now < last) return "time stepped back";
        last = now;
        atomic_store(&latest, now);
    }
    return NULL;
}

static void read_in_threads(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, read_on, NULL) == 0);
    for (int i = 0; i < 4; i++) {
        void *why;
        CHECK(pthread_join(threads[i], &why) == 0 && !why);
    }
}

int main(void) {
    read_image();
    find_all();
    compare_clocks();
    compare_dates();
    compare_place();
    read_in_threads();
    puts("vdso ok");
    return 0;
}
