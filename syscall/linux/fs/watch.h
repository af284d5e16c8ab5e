/* SPDX-License-Identifier: ISC */
/* The link from a file to the epoll items that watch it without holding it: see epoll.c. */
#pragma once

struct file;

/* The last count of the file went: its items are taken off their epolls. */
void watch_file_gone(struct file *file);

/* What wakes those who wait for the file is another thing from now on: its items register again, and so does who is told by signals. No lock held. */
void watch_file_changed(struct file *file);
