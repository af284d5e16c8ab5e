/* SPDX-License-Identifier: ISC */
/* SQLite's own speedtest1, whose main function is compiled as speedtest1_main, under a clock that stands still: its output
 * has times in it, and must not differ between runs. */
#include <sqlite3.h>
#include "guest.h"

int speedtest1_main(int argc, char **argv);

static int stopped_clock(sqlite3_vfs *vfs, sqlite3_int64 *milliseconds) {
    (void)vfs;
    *milliseconds = 0;
    return SQLITE_OK;
}

int main(int argc, char **argv) {
    require(sqlite3_initialize() == SQLITE_OK, "sqlite3_initialize");
    static sqlite3_vfs vfs;
    vfs = *sqlite3_vfs_find(NULL);
    vfs.zName = "stopped-clock";
    vfs.xCurrentTimeInt64 = stopped_clock;
    require(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK, "sqlite3_vfs_register");
    return speedtest1_main(argc, argv);
}
