/*
 * Descriptors that -add-fd and add-fd hand in, grouped in sets that are opened
 * by the path /dev/fdset/N (qemu_open); and descriptors by name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CHARDEV_FDSET_H
#define CHARDEV_FDSET_H

struct json_object;

/*
 * Put @fd into set @id (-1: a new set); the set owns it.  @opaque is text or
 * NULL.  Returns the set's number, -1 with @errp set.
 */
int64_t fdset_add(int64_t id, int fd, const char *opaque, Error **errp);

/* Take @fd (-1: all) out of set @id and close it. */
bool fdset_remove(int64_t id, int64_t fd, Error **errp);

/*
 * Descriptors by name (getfd): storing one closes an older one of that name;
 * taking gives it to the caller, -1 if there is none.
 */
void named_fd_store(const char *name, int fd);
int named_fd_take(const char *name);

/*
 * A descriptor as options spell it: digits are the number of an inherited one,
 * a name is taken out of the store.  -1 with @errp set.
 */
int monitor_fd_param(Monitor *mon, const char *fdname, Error **errp);

/* The answer to query-fdsets. */
struct json_object *fdset_query(void);

#endif
