/* SPDX-License-Identifier: ISC */
/* What host/<os>/ implements of the calls that bring something from outside. Everybody else calls host_NAME (host/door.h), which is the
 * same unless the thread has a door. For host/ only. */
#pragma once

#include "host/descriptors.h"
#include "host/file.h"
#include "host/limits.h"
#include "host/notify.h"
#include "host/outside.h"
#include "host/poll.h"
#include "host/readiness.h"
#include "host/signal.h"
#include "host/socket.h"
#include "host/system.h"
#include "host/terminal.h"
#include "host/user.h"

#define OUTSIDE(ret, name, after, ...) ret os_##name(OUTSIDE_LIST(OUTSIDE_PARAMETER, __VA_ARGS__));
#define OUTSIDE_FD(name, after, ...) int os_##name(OUTSIDE_LIST(OUTSIDE_PARAMETER, __VA_ARGS__));
#define OUTSIDE_VOID(name, ...) void os_##name(OUTSIDE_LIST(OUTSIDE_PARAMETER, __VA_ARGS__));
#include "host/outside.def"
#undef OUTSIDE
#undef OUTSIDE_FD
#undef OUTSIDE_VOID

/* Those that are more than a row can say. */
void os_file_close(int fd);
void os_file_sync_all(void);
int os_backing_dup(int fd);
int os_poll(struct host_pollfd *fds, int n_fds, int64_t deadline_ns);
int os_ready_new(void);
int os_ready_add(int set, int fd, uint32_t events, uint64_t data);
int os_ready_change(int set, int fd, uint32_t events, uint64_t data);
int os_ready_get(int set, struct host_ready *out, int max);
int os_notify_new(void);
int os_socket_pair(int family, int type, int protocol, int fds[2]);
int os_socket_accept(int fd, void *address, uint32_t *size);
int os_socket_name(int fd, bool peer, void *address, uint32_t *size);
int os_socket_get_option(int fd, int level, int name, void *value, uint32_t *size);
int64_t os_socket_send(int fd, const struct host_message *message, int flags);
int64_t os_socket_receive(int fd, struct host_message *message, int flags);
int os_cpu_count(void);
struct host_user os_user_self(void);
uint64_t os_limit_core(void);
void os_signal_stop_self(void);
