/* SPDX-License-Identifier: ISC */
/* The calls of outside.def, made from its rows: straight to the operating system, or through the thread's door. */
#include "host/door_private.h"


_Thread_local struct host_door *host_door_current;

void host_door_set(struct host_door *door) {
    host_door_current = door;
}

struct host_door *host_door_get(void) {
    return host_door_current;
}

static const char *const names[HOST_CALLS] = {
#define OUTSIDE(ret, name, after, ...) [HOST_CALL_##name] = #name,
#define OUTSIDE_FD(name, after, ...) [HOST_CALL_##name] = #name,
#define OUTSIDE_VOID(name, ...) [HOST_CALL_##name] = #name,
#include "host/outside.def"
#undef OUTSIDE
#undef OUTSIDE_FD
#undef OUTSIDE_VOID
#define OUTSIDE_MORE(name) [HOST_CALL_##name] = #name,
#include "host/outside_more.def"
#undef OUTSIDE_MORE
};

const char *host_call_name(enum host_call call) {
    return call > HOST_CALL_NONE && call < HOST_CALLS ? names[call] : "?";
}

/* What a socket's request fills: a record of netdevice(7), or a number. */
static int64_t host_socket_request_size(unsigned request) {
    return request >= 0x8910 && request < 0x8a00 ? 40 : 4;
}

#define AT_MOST(n, size) ((int64_t)(size) < (n) ? (int64_t)(size) : (n))
#define UP_TO(n) (r = AT_MOST(r, n))

/* The column `after`. */
enum { OPEN_TRUNCATES = 01000, OPEN_APPENDS = 02000 };
#define NOTHING
#define WROTE(fd, bytes, n, offset) door->ops->wrote(door, fd, bytes, n, offset)
#define CHANGED(fd) if (r >= 0) door->ops->changed(door, fd)
#define OPENED(made, flags) if ((made) >= 0 && ((flags) & OPEN_TRUNCATES)) door->ops->changed(door, (int)(made))
#define REOPENED(made, fd, flags) if ((made) >= 0) door->ops->duplicated(door, (int)(made), fd); OPENED(made, flags)
#define ENDED(text, size) if (r >= 0) (text)[(size) - 1] = '\0'

/* The arguments: as they were given, as the system counts descriptors, and what was filled. */
#define NAME(kind, type, name, size) name
#define NATIVE_VALUE(name) name
#define NATIVE_OUT(name) name
#define NATIVE_FD(name) host_door_native(name)
#define NATIVE(kind, type, name, size) NATIVE_##kind(name)
#define FILLED_VALUE(name, size) (void)0
#define FILLED_FD(name, size) (void)0
#define FILLED_OUT(name, size) door_filled(door, name, (int64_t)(size))
#define FILLED(kind, type, name, size) FILLED_##kind(name, size)

/* A descriptor of a recording never means one of our own. */
static int64_t made_descriptor(int64_t r) {
    return r < 0 ? r : (r | HOST_DOOR_DESCRIPTORS) & INT32_MAX;
}

static int64_t plain(int64_t r) {
    return r;
}

#define CALL(ret, name, system, back, after, ...)                                         \
    ret host_##name(OUTSIDE_LIST(OUTSIDE_PARAMETER, __VA_ARGS__)) {                  \
        struct host_door *const door = host_door_current;                           \
        int64_t r = 0;                                                              \
        if (LIKELY(!door)) return os_##name(OUTSIDE_LIST(NAME, __VA_ARGS__));        \
        if (!door->replays) r = system(os_##name(OUTSIDE_LIST(NATIVE, __VA_ARGS__))); \
        r = back(door_result(door, HOST_CALL_##name, r));                            \
        if (r >= 0) (void)(OUTSIDE_LIST(FILLED, __VA_ARGS__));                        \
        after;                                                                      \
        return (ret)r;                                                              \
    }

#define OUTSIDE(ret, name, after, ...) CALL(ret, name, (int64_t), plain, after, __VA_ARGS__)
#define OUTSIDE_FD(name, after, ...) CALL(int, name, door_descriptor, made_descriptor, after, __VA_ARGS__)
#define OUTSIDE_VOID(name, ...)                                                     \
    void host_##name(OUTSIDE_LIST(OUTSIDE_PARAMETER, __VA_ARGS__)) {                 \
        struct host_door *const door = host_door_current;                           \
        if (!door || !door->replays) os_##name(OUTSIDE_LIST(NATIVE, __VA_ARGS__));    \
        if (!door) return;                                                          \
        door_result(door, HOST_CALL_##name, 0);                                      \
        (void)(OUTSIDE_LIST(FILLED, __VA_ARGS__));                                    \
    }
#include "host/outside.def"
