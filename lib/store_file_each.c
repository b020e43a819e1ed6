/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "store_backend.h"

static int
add_uid(struct xs_uids *uids, uid_t uid)
{
	if (uids->count == uids->room) {
		size_t room = uids->room == 0 ? 64 : uids->room * 2;
		uid_t *list =
		    reallocarray(uids->list, room, sizeof(*uids->list));

		if (list == NULL)
			return XS_E_NOMEM;
		uids->list = list;
		uids->room = room;
	}
	uids->list[uids->count++] = uid;
	return 0;
}

/* An open directory whose entries are read, so not the shared descriptor. */
static DIR *
open_listing(const struct xs_dir *users)
{
	int fd = openat(users->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;

	if (listing == NULL && fd >= 0)
		(void)close(fd);
	return listing;
}

static int
list_uids(
    const struct xs_dir *users, struct xs_uids *uids, struct xs_fault *fault)
{
	DIR *listing = open_listing(users);
	const struct dirent *entry;
	int r = 0;
	uid_t uid;

	errno = listing == NULL ? errno : 0;
	while (
	    r == 0 && listing != NULL && (entry = readdir(listing)) != NULL) {
		if (xs_uid_key_parse(entry->d_name, &uid))
			r = add_uid(uids, uid);
		errno = 0;
	}
	if (r != 0)
		(void)xs_fault_set(fault, r, "out of memory");
	else if (errno != 0)
		r = xs_fault_set(fault, XS_E_STATE, "%s: %s", users->path,
		    xs_errno_text(errno));
	if (listing != NULL)
		(void)closedir(listing);
	return r;
}

static int
compare_uids(const void *a, const void *b)
{
	uid_t x = *(const uid_t *)a, y = *(const uid_t *)b;

	return x < y ? -1 : x > y;
}

int
xs_store_uids(
    const struct xs_dir *users, struct xs_uids *uids, struct xs_fault *fault)
{
	int r = list_uids(users, uids, fault);

	if (r == 0 && uids->count > 0)
		qsort(
		    uids->list, uids->count, sizeof(*uids->list), compare_uids);
	return r;
}

static int
visit_uids(const struct xs_store *store, const struct xs_dir *users,
    const struct xs_uids *uids, xs_store_visit *visit, void *context)
{
	struct xs_identity who = {.name = NULL};
	struct xs_plain plain;
	struct xs_fault why;
	int r = 0;

	for (size_t i = 0; i < uids->count && r == 0; i++) {
		struct xs_uid_key key = xs_uid_key(uids->list[i]);

		why.text[0] = '\0';
		who.uid = uids->list[i];
		r = xs_store_record_read(store, users, key.text, &plain, &why);
		if (r == XS_E_NORECORD) /* removed meanwhile */
			r = 0;
		else
			r = visit(context, &who, r == 0 ? &plain : NULL, &why);
	}
	xs_plain_wipe(&plain);
	return r;
}

int
xs_store_file_each(struct xs_store *store, xs_store_visit *visit, void *context,
    struct xs_fault *fault)
{
	struct xs_store_dirs dirs;
	struct xs_uids uids = {0};
	int r;

	if ((r = xs_store_dirs_open(&dirs, store->private, fault)) != 0)
		return r;
	/* Or an empty directory would pass for a store without users. */
	if ((r = xs_store_marker_check(store, &dirs.users, fault)) !=
	    XS_E_NORECORD)
		goto out;
	if ((r = xs_store_uids(&dirs.users, &uids, fault)) != 0)
		goto out;
	r = visit_uids(store, &dirs.users, &uids, visit, context);
out:
	free(uids.list);
	xs_store_dirs_close(&dirs);
	return r;
}
