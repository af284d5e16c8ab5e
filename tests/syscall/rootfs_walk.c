/* SPDX-License-Identifier: ISC */
/* --rootfs: no path, link or ".." leads out of the root, and none leads into the host's /proc or /dev. */
#include "host/file.h"
#include "tests/syscall/fs_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char root[] = "/tmp/lockstep-walk-XXXXXX";
static struct vfs *vfs;
static struct fs_context *fs;

static void make_file(const char *name, const char *content) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    const int fd = host_file_open_at(HOST_CWD, path, O_CREAT | O_RDWR, 0600);
    cr_assert_geq(fd, 0);
    host_file_write(fd, content, strlen(content));
    host_file_close(fd);
}

static void make_link(const char *text, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    cr_assert_eq(host_file_symlink_at(text, HOST_CWD, path), 0);
}

static void make_dir(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    cr_assert_eq(host_file_mkdir_at(HOST_CWD, path, 0700), 0);
}

static void set_up(void) {
    cr_assert(mkdtemp(root));
    make_dir("etc");
    make_dir("a");
    make_dir("a/b");
    make_file("etc/name", "inside");
    make_link("/etc/name", "absolute");
    make_link("../../../../../../etc/name", "a/b/climb");
    make_link("..", "a/b/up");
    make_link("/", "a/root");
    make_link("/dev/null", "a/null");
    make_link("loop", "loop");
    vfs = world_vfs(root);
    fs = fs_context_new(vfs, "/a");
    cr_assert(vfs && fs);
}

static void tear_down(void) {
    char command[300];
    fs_context_put(fs);
    vfs_free(vfs);
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    cr_assert_eq(system(command), 0);
}

/* The first bytes of what path leads to, or "-E". */
static const char *content(const char *path) {
    static char text[32];
    const struct vfs_caller caller = {.fs = fs};
    struct file *file;
    memset(text, 0, sizeof text);
    const int r = vfs_open(&caller, AT_FDCWD, path, O_RDONLY, 0, &file);
    if (r) return error_name(r);
    const int64_t n = world_read(file, text, sizeof text - 1, NULL);
    file_put(file);
    return n < 0 ? error_name((int)n) : text;
}

TestSuite(rootfs_walk, .init = set_up, .fini = tear_down);

Test(rootfs_walk, stays_inside) {
    static const char *const paths[] = {
        "/etc/name", "../etc/name", "../../../etc/name", "/../../etc/name", "/absolute", "b/climb", "/a/b/climb",
        "b/up/b/climb", "root/etc/name", "root/a/root/../a/root/absolute", "/a/b/../../a/../etc/./name", "root/../etc//name",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) cr_expect_str_eq(content(paths[i]), "inside", "%s", paths[i]);
}

Test(rootfs_walk, host_is_not_there) {
    cr_expect_str_eq(content("/etc/passwd"), "ENOENT");
    cr_expect_str_eq(content("../../../../etc/passwd"), "ENOENT");
    cr_expect_str_eq(content("root/../../../etc/passwd"), "ENOENT");
    cr_expect_str_eq(content("/proc/version"), "ENOENT");
    cr_expect_str_eq(content("/dev/fd/0"), "ENOENT");
    cr_expect_str_eq(content("/dev/null"), "");
    cr_expect_str_eq(content("null"), "");
    cr_expect_str_eq(content("/dev/../etc/name"), "inside");
    cr_expect_str_eq(content("/dev/./null"), "");
    cr_expect_str_eq(content("b/../../dev/null"), "");
    cr_expect_str_eq(content("/dev/null/x"), "ENOTDIR");
    cr_expect_str_eq(content("/loop"), "ELOOP");
    cr_expect_str_eq(content("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"), "2097152\n");
}

Test(rootfs_walk, chroot_has_no_mounts) {
    const struct vfs_caller caller = {.fs = fs};
    struct node *node;
    cr_assert_eq(vfs_resolve(&caller, AT_FDCWD, "/a", WALK_FOLLOW, &node), 0);
    fs_context_set_root(fs, node_get(node));
    fs_context_set_cwd(fs, node);
    cr_expect_str_eq(content("/etc/name"), "ENOENT");
    cr_expect_str_eq(content("b/climb"), "ENOENT");
    cr_expect_str_eq(content("/dev/null"), "ENOENT");
    cr_expect_str_eq(content("../../etc/name"), "ENOENT");
}
