/* SPDX-License-Identifier: ISC */
/* The implementations that an option can name. A name that is known but not built says so in one line. */
#include "machine/machine.h"

#include "base/bits.h"
#include "cpu/jit/jit.h"
#include "cpu/model.h"
#include "host/user.h"
#include "syscall/linux/net/net.h"

#include <stdlib.h>
#include <string.h>

/* Each returns the engine, or NULL with *why. */
static const struct engine *interp(const char **why) {
    return &engine_interp;
}

static const struct engine *fastest(const char **why) {
    const struct engine *jit = engine_jit(why);
    return jit ? jit : &engine_interp;
}

struct engine_choice {
    const char *name;
    const struct engine *(*engine)(const char **why);
};

static const struct engine_choice engines[] = {
    {"auto", fastest},
    {"interp", interp},
    {"jit", engine_jit},
};

struct memory_choice {
    const char *name;
    enum space_memory memory;
};

/* auto is what the engine is made for. */
static const struct memory_choice memories[] = {
    {"paged", SPACE_PAGED},
    {"window", SPACE_WINDOWS},
};

static bool is_auto(const char *name) {
    return !name || strcmp(name, "auto") == 0;
}

static int choose_engine(const char *name, const struct engine **out, struct lockstep_error *error) {
    for (size_t i = 0; i < ARRAY_LEN(engines); i++) {
        if (name && strcmp(name, engines[i].name) != 0) continue;
        const char *why = "";
        *out = engines[i].engine(&why);
        if (*out) return 0;
        return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "engine '%s' is not available: %s", name, why);
    }
    return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "there is no engine '%s'", name);
}

static int choose_memory(const char *name, const struct engine *engine, enum space_memory *out,
                         struct lockstep_error *error) {
    *out = engine->wants_windows ? SPACE_WINDOWS : SPACE_PAGED;
    if (is_auto(name)) return 0;
    for (size_t i = 0; i < ARRAY_LEN(memories); i++) {
        if (strcmp(name, memories[i].name) != 0) continue;
        *out = memories[i].memory;
        return 0;
    }
    return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "there is no memory '%s'", name);
}

int machine_choose(const struct lockstep_options *options, const struct engine **engine, enum space_memory *memory,
                   struct lockstep_error *error) {
    if (choose_engine(options->engine, engine, error)) return -1;
    if (choose_memory(options->memory, *engine, memory, error)) return -1;
    if (*memory == SPACE_WINDOWS || !(*engine)->wants_windows) return 0;
    if (!is_auto(options->engine)) {
        return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "engine '%s' runs in windows only: use --memory=window",
                            options->engine);
    }
    *engine = &engine_interp;
    return 0;
}

struct cpu_choice {
    const char *name;
    const struct cpu_model *(*model)(void);
};

static const struct cpu_choice cpus[] = {
    {"default", cpu_model_default},
    {"x86-64-v3", cpu_model_default},
};

int machine_choose_cpu(const char *name, const struct cpu_model **out, struct lockstep_error *error) {
    for (size_t i = 0; i < ARRAY_LEN(cpus); i++) {
        if (name && strcmp(name, cpus[i].name) != 0) continue;
        *out = cpus[i].model();
        return 0;
    }
    return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "there is no CPU model '%s'", name);
}

struct net_choice {
    const char *name;
    enum net_reach reach;
};

static const struct net_choice nets[] = {
    {"host", NET_HOST},
    {"none", NET_NONE},
    {"loopback", NET_LOOPBACK},
};

int machine_choose_net(const char *name, int *out, struct lockstep_error *error) {
    for (size_t i = 0; i < ARRAY_LEN(nets); i++) {
        if (name && strcmp(name, nets[i].name) != 0) continue;
        *out = nets[i].reach;
        return 0;
    }
    return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "there is no network '%s'", name);
}

/* A number below 2^32 - 1, which is no id. Returns what follows it, or NULL. */
static const char *parse_id(const char *text, uint32_t *id) {
    char *end;
    const unsigned long long n = strtoull(text, &end, 10);
    *id = (uint32_t)n;
    return *text >= '0' && *text <= '9' && n < UINT32_MAX ? end : NULL;
}

static bool parse_user(const char *text, struct id_map *out) {
    const char *end = parse_id(text, &out->uid);
    out->gid = out->uid;
    if (end && *end == ':') end = parse_id(end + 1, &out->gid);
    return end && *end == '\0';
}

int machine_choose_user(const char *user, struct id_map *out, struct lockstep_error *error) {
    const struct host_user host = host_user_self();
    *out = (struct id_map){.host_uid = host.uid, .host_gid = host.gid, .uid = host.uid, .gid = host.gid};
    if (user && !parse_user(user, out)) return machine_fail(error, LOCKSTEP_UNAVAILABLE, 0, "the user '%s' is not UID or UID:GID in numbers", user);
    out->differs = out->uid != host.uid || out->gid != host.gid;
    return 0;
}
