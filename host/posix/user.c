/* SPDX-License-Identifier: ISC */
/* User and group by POSIX. */
#include "host/user.h"
#include "host/os.h"

#include <unistd.h>

struct host_user os_user_self(void) {
    return (struct host_user){geteuid(), getegid()};
}
