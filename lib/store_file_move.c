/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store_backend.h"
#include "store_lock.h"

/* What a move does to the text, and on which record. */
struct rewriting {
	xs_store_rewrite *rewrite;
	void *context;
};

/*
 * The other slot is sealed for the new uid, then the file is renamed. Killed
 * between the two, the file under the old uid reads as one with a torn
 * write: the former record, which the next move or commit builds on
 * (test_move_ended_half_way_is_ended_by_the_next).
 */
static int
reseal_and_rename(const struct xs_store *store, const struct xs_dir *users,
    const char *old, const char *new, int fd, const struct rewriting *rewriting,
    struct xs_fault *fault)
{
	uint8_t slot[XS_SLOT_SIZE];
	struct xs_plain plain;
	struct xs_slots slots;
	struct xs_fault why;
	int r;

	r = xs_store_slots_load(store, users, old, fd, &slots, &plain, fault);
	if (r == 0)
		r = rewriting->rewrite(rewriting->context, &plain, fault);
	if (r != 0) {
		xs_plain_wipe(&plain);
		return r;
	}
	r = xs_slots_next(
	    &slots, xs_store_keys(store), store->env, new, &plain, slot, &why);
	xs_plain_wipe(&plain);
	if (r == 0)
		r = xs_store_slot_write(fd, &slots, slot, &why);
	if (r != 0)
		return xs_fault_set(
		    fault, r, "%s/%s: %s", users->path, old, why.text);
	if (strcmp(old, new) == 0)
		return 0;
	if (syscall(SYS_renameat2, users->fd, old, users->fd, new,
		RENAME_NOREPLACE) != 0)
		return xs_fault_set(fault,
		    errno == EEXIST ? XS_E_EXISTS : XS_E_COMMIT,
		    "%s/%s to %s: %s", users->path, old, new,
		    xs_errno_text(errno));
	return xs_dir_sync(users, fault);
}

static int
move_record(const struct xs_store *store, const struct xs_dir *users,
    uid_t from, uid_t to, const struct rewriting *rewriting,
    struct xs_fault *fault)
{
	const struct xs_file_want want = xs_store_record_want(O_RDWR | O_DSYNC);
	const struct xs_store_file *file = store->private;
	struct xs_uid_key old = xs_uid_key(from), new = xs_uid_key(to);
	struct xs_shield shield = {0};
	struct xs_plain moved;
	int fd, r, occupied = 0;

	if (from != to &&
	    (occupied = xs_store_record_exists(users, new.text, fault)) < 0)
		return occupied;
	r = xs_entry_lock(
	    users, old.text, &want, file->lock_timeout_ms, &shield, &fd, fault);
	if (r == XS_E_NORECORD && occupied == 1) {
		/* Moved by an earlier call, which did not come to the names. */
		r = xs_store_record_read(store, users, new.text, &moved, fault);
		xs_plain_wipe(&moved);
		return r != 0 ? r : xs_dir_sync(users, fault);
	}
	if (r == XS_E_NORECORD)
		return xs_store_marker_check(store, users, fault);
	if (r != 0)
		return r;
	if (occupied == 1)
		r = xs_fault_set(fault, XS_E_EXISTS,
		    "%s/%s: there is a record already", users->path, new.text);
	else
		r = reseal_and_rename(
		    store, users, old.text, new.text, fd, rewriting, fault);
	xs_entry_unlock(&shield, &fd);
	return r;
}

/* Both names' entries, in an order that no two moves can cross. */
static int
lock_names(struct xs_name_lock *from_lock, struct xs_name_lock *to_lock,
    const struct xs_dir *names, const char *from, const char *to,
    unsigned timeout_ms, struct xs_fault *fault)
{
	int order = strcmp(from, to), r = 0;

	from_lock->fd = to_lock->fd = -1;
	if (order < 0)
		r = xs_name_lock(from_lock, names, from, timeout_ms, fault);
	if (r == 0 || r == XS_E_NORECORD)
		r = xs_name_lock_make(to_lock, names, to, timeout_ms, fault);
	if (r == 0 && order > 0)
		r = xs_name_lock(from_lock, names, from, timeout_ms, fault);
	if (r == XS_E_NORECORD)
		r = 0;
	return r;
}

/* The new name's entry goes when the record did not come to it. */
static void
take_back(const struct xs_store_dirs *dirs, struct xs_name_lock *lock,
    uid_t from, uid_t to)
{
	struct xs_uid_key old = xs_uid_key(from), new = xs_uid_key(to);

	if (lock->made &&
	    (xs_store_record_exists(&dirs->users, old.text, NULL) == 1 ||
		xs_store_record_exists(&dirs->users, new.text, NULL) == 0))
		(void)xs_name_remove(lock, &dirs->names, NULL);
}

/* With the marker locked. */
static int
move_both(const struct xs_store *store, const struct xs_store_dirs *dirs,
    const struct xs_identity *from, const struct xs_identity *to,
    const struct rewriting *rewriting, struct xs_fault *fault)
{
	const struct xs_store_file *file = store->private;
	struct xs_name_lock from_lock = {.fd = -1}, to_lock = {.fd = -1};
	int r;

	r = lock_names(&from_lock, &to_lock, &dirs->names, from->name, to->name,
	    file->lock_timeout_ms, fault);
	if (r == 0)
		r = move_record(
		    store, &dirs->users, from->uid, to->uid, rewriting, fault);
	if (r == 0 && from_lock.fd >= 0)
		r = xs_name_remove(&from_lock, &dirs->names, fault);
	else if (r != 0)
		take_back(dirs, &to_lock, from->uid, to->uid);
	/* The shields lie on each other: the later one first. */
	if (strcmp(from->name, to->name) < 0) {
		xs_name_unlock(&to_lock);
		xs_name_unlock(&from_lock);
	} else {
		xs_name_unlock(&from_lock);
		xs_name_unlock(&to_lock);
	}
	return r;
}

int
xs_store_file_move(struct xs_store *store, const struct xs_identity *from,
    const struct xs_identity *to, xs_store_rewrite *rewrite, void *context,
    struct xs_fault *fault)
{
	const struct rewriting rewriting = {rewrite, context};
	struct xs_shield shield = {0};
	struct xs_store_dirs dirs;
	int marker, r;

	if (to->uid == (uid_t)-1)
		return xs_fault_set(fault, XS_E_INVALID, "not a uid");
	if ((r = xs_store_refuse_open(store, fault)) != 0 ||
	    (r = xs_store_dirs_open(&dirs, store->private, fault)) != 0)
		return r;
	r = xs_store_marker_lock(store, &dirs.users, &shield, &marker, fault);
	if (r == 0) {
		r = move_both(store, &dirs, from, to, &rewriting, fault);
		xs_entry_unlock(&shield, &marker);
	}
	xs_store_dirs_close(&dirs);
	return r;
}
