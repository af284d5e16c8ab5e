/* SPDX-License-Identifier: ISC */
/* User and group by POSIX. */
#include "host/user.h"

#include <unistd.h>

struct host_user host_user_self(void) {
    return (struct host_user){geteuid(), getegid()};
}
