/* SPDX-License-Identifier: ISC */
/* The table of pseudoterminals: making, numbering, finding them, and their end. The lowest free number is taken. */
#include "syscall/linux/fs/pty.h"

#include "base/error.h"
#include "syscall/linux/fs/node.h"
#include "syscall/linux/fs/vfs_private.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_PTYS = 16 }; /* a power of two, as PTY_MAX */

struct pty_table *pty_table_new(void) {
    struct pty_table *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    host_mutex_init(&table->lock);
    table->reserved = -1;
    return table;
}

void pty_table_free(struct pty_table *table) {
    if (!table) return;
    host_mutex_fini(&table->lock);
    free(table->ptys);
    free(table);
}

struct pty *pty_find(struct pty_table *table, int number) {
    host_mutex_lock(&table->lock);
    struct pty *pty = number >= 0 && number < table->n ? table->ptys[number] : NULL;
    if (pty) tty_get(&pty->tty);
    host_mutex_unlock(&table->lock);
    return pty;
}

int pty_number_at(struct pty_table *table, uint64_t index) {
    int found = -1;
    host_mutex_lock(&table->lock);
    for (int i = 0; i < table->n && found < 0; i++) {
        if (table->ptys[i] && index-- == 0) found = i;
    }
    host_mutex_unlock(&table->lock);
    return found;
}

static void pty_release(struct tty *tty) {
    struct pty *pty = pty_of_tty(tty);
    tty_line_fini(&pty->line);
    byte_ring_fini(&pty->typed);
    wait_queue_fini(&pty->wait);
    host_mutex_fini(&pty->lock);
    free(pty);
}

static int open_by_tty(struct tty *tty, struct node *node, int flags, struct file **out) {
    return pty_open_slave(pty_of_tty(tty), node, NULL, flags, out);
}

const struct tty_ops pty_tty_ops = {.open = open_by_tty, .release = pty_release};

static int grow_locked(struct pty_table *table) {
    const int n = table->n ? 2 * table->n : FIRST_PTYS;
    if (table->n >= PTY_MAX) return -ENOSPC;
    struct pty **ptys = realloc(table->ptys, (size_t)n * sizeof(struct pty *));
    if (!ptys) return -ENOMEM;
    memset(ptys + table->n, 0, (size_t)(n - table->n) * sizeof(struct pty *));
    table->ptys = ptys;
    table->n = n;
    return 0;
}

static int free_number_locked(struct pty_table *table) {
    for (int i = 0;; i++) {
        const int err = i == table->n ? grow_locked(table) : 0;
        if (err) return err;
        if (!table->ptys[i] && i != table->reserved) return i;
    }
}

/* Gives it a number; the table's count is taken. */
static int enter(struct pty_table *table, struct pty *pty) {
    host_mutex_lock(&table->lock);
    const int number = free_number_locked(table);
    if (number >= 0) {
        table->ptys[number] = pty;
        tty_get(&pty->tty);
        pty->number = number;
        pty->tty.rdev = (uint64_t)(PTY_MAJOR + number / 256) << 8 | (number % 256);
    }
    host_mutex_unlock(&table->lock);
    return number < 0 ? number : 0;
}

static struct pty *make(struct vfs *vfs) {
    struct pty *pty = calloc(1, sizeof *pty);
    if (!pty) return NULL;
    tty_init(&pty->tty, vfs, &pty_tty_ops, 0);
    host_mutex_init(&pty->lock);
    wait_queue_init(&pty->wait);
    pty->locked = true;
    if (tty_line_init(&pty->line) && byte_ring_init(&pty->typed, PTY_INPUT_SIZE)) return pty;
    tty_put(&pty->tty);
    return NULL;
}

/* The count of pty moves to the file. */
static struct file *make_file(struct pty *pty, const struct file_ops *ops, struct node *node, int flags) {
    struct pty_file *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    file_init(&made->file, pty->tty.vfs, ops, flags);
    made->file.node = node_get(node);
    made->pty = pty;
    return &made->file;
}

int pty_open_master(const struct vfs_caller *caller, struct node *node, int flags, struct file **out) {
    struct vfs *vfs = node->vfs;
    struct pty *pty = make(vfs);
    if (!pty) return -ENOMEM;
    pty->uid = tty_user(vfs, caller ? caller->task : NULL).uid;
    int r = enter(vfs->ptys, pty);
    if (r) {
        tty_put(&pty->tty);
        return r;
    }
    *out = make_file(pty, &pty_master_ops, node, flags);
    if (*out) return 0;
    pty_leave(pty);
    tty_put(&pty->tty);
    return -ENOMEM;
}

void pty_leave(struct pty *pty) {
    struct pty_table *table = pty->tty.vfs->ptys;
    host_mutex_lock(&table->lock);
    table->ptys[pty->number] = NULL;
    host_mutex_unlock(&table->lock);
    tty_put(&pty->tty);
}

static int admit(struct pty *pty, struct task *task) {
    const bool admin = tty_user(pty->tty.vfs, task).admin;
    host_mutex_lock(&pty->lock);
    const int r = pty->master_gone || pty->locked ? -EIO : pty->exclusive && !admin ? -EBUSY : 0;
    if (r == 0) {
        pty->n_slaves++;
        pty->slave_opened = true;
    }
    host_mutex_unlock(&pty->lock);
    return r;
}

int pty_open_slave(struct pty *pty, struct node *node, struct task *task, int flags, struct file **out) {
    struct file *file = make_file(pty, &pty_slave_ops, node, flags);
    if (!file) return -ENOMEM;
    const int r = admit(pty, task);
    if (r) {
        file_fini(file);
        free(file);
        return r;
    }
    tty_get(&pty->tty);
    tty_opened(&pty->tty, task, flags);
    *out = file;
    return 0;
}

int pty_open_peer(const struct vfs_caller *caller, struct file *master, int flags, struct file **out) {
    struct node *node;
    if (!file_is_pty_master(master)) return -ENOTTY;
    struct pty *pty = pty_of(master);
    int r = devpts_node(master->vfs, pty->number, &node);
    if (r) return r;
    r = pty_open_slave(pty, node, caller->task, flags, out);
    node_put(node);
    return r;
}
