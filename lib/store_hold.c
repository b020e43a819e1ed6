/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "store_backend.h"
#include "store_lock.h"

void
xs_store_let_go(struct xs_store_file *file)
{
	/* The host may have closed it while it asked, and opened another. */
	if (file->held.fd >= 0 && xs_file_is(file->held.fd, &file->held.id))
		(void)close(file->held.fd);
	file->held.fd = -1;
}

int
xs_store_hold(const struct xs_store *store, const struct xs_dir *users,
    uid_t uid, struct xs_plain *plain, struct xs_fault *fault)
{
	const struct xs_file_want want = xs_store_record_want(O_RDWR | O_DSYNC);
	struct xs_store_file *file = store->private;
	struct xs_store_held held = {.fd = -1, .uid = uid};
	struct xs_uid_key key = xs_uid_key(uid);
	struct xs_plain found;
	int r;

	if (!file->hold || file->fd >= 0)
		return xs_store_record_read(
		    store, users, key.text, plain, fault);
	r = xs_file_open_id(users, key.text, &want, &held.fd, &held.id, fault);
	if (r == XS_E_NORECORD)
		return r;
	if (r == 0)
		r = xs_store_slots_load(store, users, key.text, held.fd,
		    &file->slots, &found, fault);
	if (r == 0 && !file->slots.torn) {
		*plain = found;
		xs_plain_wipe(&found);
		file->held = held;
		return 0;
	}
	if (r == 0)
		xs_plain_wipe(&found);
	if (held.fd >= 0)
		(void)close(held.fd);
	/* A commit under way, or a file system that is read-only now. */
	return xs_store_record_read(store, users, key.text, plain, fault);
}

int
xs_store_begin_held(struct xs_store *store, uid_t uid, struct xs_plain *plain,
    struct xs_fault *fault)
{
	const struct xs_file_want want = xs_store_record_want(0);
	struct xs_store_file *file = store->private;
	const struct xs_store_held held = file->held;
	struct xs_uid_key key = xs_uid_key(uid);
	struct xs_dir users = {.fd = -1};
	char path[PATH_MAX];
	int r = XS_E_NORECORD, n;

	if (held.fd < 0 || held.uid != uid)
		goto out;
	(void)snprintf(users.path, sizeof(users.path), "%s/users", file->path);
	n = snprintf(path, sizeof(path), "%s/users/%s", file->path, key.text);
	if (n < 0 || (size_t)n >= sizeof(path))
		goto out;
	r = xs_entry_lock_again(path, &want, file->lock_timeout_ms, &held.id,
	    &file->shield, held.fd, fault);
	if (r != 0)
		goto out;
	file->held.fd = -1;
	file->fd = held.fd;
	r = xs_store_slots_load(
	    store, &users, key.text, file->fd, &file->slots, plain, fault);
	if (r != 0)
		xs_entry_unlock(&file->shield, &file->fd);
	else
		file->uid = uid;
out:
	xs_store_let_go(file);
	return r;
}
