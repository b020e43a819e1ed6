/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_backend.h"
#include "store_lock.h"

static int
make_dirs(const struct xs_store_file *file, struct xs_fault *fault)
{
	static const char *const names[] = {"users", "names", "host"};
	struct xs_dir parent, state = {.fd = -1}, dir;
	const char *name;
	int r;

	if ((r = xs_dir_open_parent(&parent, file->path, &name, fault)) != 0)
		return r;
	if ((r = xs_dir_make(&parent, name, fault)) != 0 ||
	    (r = xs_dir_open(&state, NULL, file->path, 0022, fault)) != 0)
		goto out;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((r = xs_dir_make(&state, names[i], fault)) != 0 ||
		    (r = xs_dir_open(&dir, &state, names[i], 0077, fault)) != 0)
			goto out;
		xs_dir_close(&dir);
	}
out:
	xs_dir_close(&state);
	xs_dir_close(&parent);
	return r;
}

/* Returns also XS_E_EXISTS. */
static int
write_new(const struct xs_store *store, const struct xs_dir *users,
    const char *key, const struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_slots slots;
	struct xs_fault why;
	int r;

	r = xs_slots_first(
	    &slots, xs_store_keys(store), store->env, key, plain, &why);
	if (r != 0)
		return xs_fault_set(
		    fault, r, "%s/%s: %s", users->path, key, why.text);
	return xs_file_create(
	    users, key, slots.bytes, sizeof(slots.bytes), 0600, fault);
}

int
xs_store_file_init(struct xs_store *store, struct xs_fault *fault)
{
	struct xs_store_dirs dirs;
	struct xs_plain marker;
	int r;

	if ((r = make_dirs(store->private, fault)) != 0 ||
	    (r = xs_store_dirs_open(&dirs, store->private, fault)) != 0)
		return r;
	r = xs_store_record_read(
	    store, &dirs.users, XS_MARKER_KEY, &marker, fault);
	if (r == XS_E_NORECORD) {
		r = xs_marker_make(store->env, &marker, fault);
		if (r == 0)
			r = write_new(
			    store, &dirs.users, XS_MARKER_KEY, &marker, fault);
	}
	/* Whoever made it: it has to be one that proves something. */
	if (r == 0 || r == XS_E_EXISTS)
		r = xs_store_marker_check(store, &dirs.users, fault);
	xs_store_dirs_close(&dirs);
	return r == XS_E_NORECORD ? 0 : r;
}

int
xs_store_record_exists(
    const struct xs_dir *users, const char *key, struct xs_fault *fault)
{
	struct stat st;

	if (fstatat(users->fd, key, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return xs_fault_set(fault, XS_E_STATE, "%s/%s: %s", users->path, key,
	    xs_errno_text(errno));
}

int
xs_store_refuse_open(const struct xs_store *store, struct xs_fault *fault)
{
	const struct xs_store_file *file = store->private;

	if (file->fd < 0)
		return 0;
	return xs_fault_set(
	    fault, XS_E_INTERNAL, "a transaction is open already");
}

/* The name's entry, then the record, with the marker locked. */
static int
create_both(const struct xs_store *store, const struct xs_store_dirs *dirs,
    const struct xs_identity *who, const struct xs_plain *plain,
    struct xs_fault *fault)
{
	const struct xs_store_file *file = store->private;
	struct xs_uid_key key = xs_uid_key(who->uid);
	struct xs_name_lock lock;
	int r;

	r = xs_name_lock_make(
	    &lock, &dirs->names, who->name, file->lock_timeout_ms, fault);
	if (r != 0)
		return r;
	r = write_new(store, &dirs->users, key.text, plain, fault);
	/*
	 * The name stays with a record that is there although its sync
	 * failed, but not with one that another name has under this uid.
	 */
	if (r != 0 && lock.made &&
	    (r == XS_E_EXISTS ||
		xs_store_record_exists(&dirs->users, key.text, NULL) == 0))
		(void)xs_name_remove(&lock, &dirs->names, NULL);
	xs_name_unlock(&lock);
	return r;
}

static int
create_record(const struct xs_store *store, const struct xs_store_dirs *dirs,
    const struct xs_identity *who, const struct xs_plain *plain,
    struct xs_fault *fault)
{
	struct xs_uid_key key = xs_uid_key(who->uid);
	struct xs_shield shield = {0};
	int marker, r;

	if (who->uid == (uid_t)-1)
		return xs_fault_set(fault, XS_E_INVALID, "not a uid");
	/* Before the name is made, which would stay behind. */
	if ((r = xs_store_record_exists(&dirs->users, key.text, fault)) < 0)
		return r;
	if (r == 1)
		return xs_fault_set(fault, XS_E_EXISTS,
		    "%s/%s: there is a record already", dirs->users.path,
		    key.text);
	/* Not below the mount point of a state that is not mounted. */
	r = xs_store_marker_lock(store, &dirs->users, &shield, &marker, fault);
	if (r != 0)
		return r;
	r = create_both(store, dirs, who, plain, fault);
	xs_entry_unlock(&shield, &marker);
	return r;
}

int
xs_store_file_create(struct xs_store *store, const struct xs_identity *who,
    const struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_store_dirs dirs;
	int r;

	if ((r = xs_store_refuse_open(store, fault)) != 0 ||
	    (r = xs_store_dirs_open(&dirs, store->private, fault)) != 0)
		return r;
	r = create_record(store, &dirs, who, plain, fault);
	xs_store_dirs_close(&dirs);
	return r;
}

/* Returns XS_E_NORECORD when there is none. */
static int
unlink_record(const struct xs_store_file *file, const struct xs_dir *users,
    const char *key, struct xs_fault *fault)
{
	struct xs_file_want want = xs_store_record_want(O_RDONLY);
	struct xs_shield shield = {0};
	int fd, r;

	want.size = -1; /* a record that was cut can be removed, too */
	r = xs_entry_lock(
	    users, key, &want, file->lock_timeout_ms, &shield, &fd, fault);
	if (r != 0)
		return r;
	if (unlinkat(users->fd, key, 0) != 0)
		r = xs_fault_set(fault, XS_E_COMMIT, "%s/%s: %s", users->path,
		    key, xs_errno_text(errno));
	else
		r = xs_dir_sync(users, fault);
	xs_entry_unlock(&shield, &fd);
	return r;
}

static int
remove_record(const struct xs_store *store, const struct xs_store_dirs *dirs,
    const struct xs_identity *who, struct xs_fault *fault)
{
	const struct xs_store_file *file = store->private;
	struct xs_uid_key key = xs_uid_key(who->uid);
	struct xs_name_lock lock;
	int r;

	r = xs_name_lock(
	    &lock, &dirs->names, who->name, file->lock_timeout_ms, fault);
	if (r != 0 && r != XS_E_NORECORD)
		return r;
	r = unlink_record(file, &dirs->users, key.text, fault);
	if (r == XS_E_NORECORD && lock.fd < 0)
		return xs_store_marker_check(store, &dirs->users, fault);
	/* Again, for a call that was killed before its sync. */
	if (r == XS_E_NORECORD)
		r = xs_dir_sync(&dirs->users, fault);
	if (r == 0 && lock.fd >= 0)
		r = xs_name_remove(&lock, &dirs->names, fault);
	xs_name_unlock(&lock);
	return r;
}

int
xs_store_file_remove(struct xs_store *store, const struct xs_identity *who,
    struct xs_fault *fault)
{
	struct xs_store_dirs dirs;
	int r;

	if ((r = xs_store_refuse_open(store, fault)) != 0 ||
	    (r = xs_store_dirs_open(&dirs, store->private, fault)) != 0)
		return r;
	r = remove_record(store, &dirs, who, fault);
	xs_store_dirs_close(&dirs);
	return r;
}
