/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store_backend.h"
#include "store_lock.h"

static int
open_state(struct xs_dir *state, const struct xs_store_file *file,
    struct xs_fault *fault)
{
	int r = xs_dir_open(state, NULL, file->path, 0022, fault);

	return r == XS_E_NORECORD ? XS_E_STATE : r;
}

static int
open_below(struct xs_dir *dir, const struct xs_dir *state, const char *name,
    struct xs_fault *fault)
{
	int r = xs_dir_open(dir, state, name, 0077, fault);

	return r == XS_E_NORECORD ? XS_E_STATE : r;
}

/*
 * What a login needs of the directories: users open, and names as it should
 * be. Whether there is a name is asked only where there is no record.
 */
static int
open_users(struct xs_dir *users, const struct xs_store_file *file,
    struct xs_fault *fault)
{
	struct xs_dir state;
	int r;

	if ((r = open_state(&state, file, fault)) != 0)
		return r;
	if ((r = open_below(users, &state, "users", fault)) == 0 &&
	    (r = xs_dir_judge(&state, "names", 0077, fault)) != 0)
		xs_dir_close(users);
	xs_dir_close(&state);
	return r;
}

int
xs_store_dirs_open(struct xs_store_dirs *dirs, const struct xs_store_file *file,
    struct xs_fault *fault)
{
	struct xs_dir state;
	int r;

	*dirs =
	    (struct xs_store_dirs){.users = {.fd = -1}, .names = {.fd = -1}};
	if ((r = open_state(&state, file, fault)) != 0)
		return r;
	if ((r = open_below(&dirs->users, &state, "users", fault)) != 0 ||
	    (r = open_below(&dirs->names, &state, "names", fault)) != 0)
		xs_store_dirs_close(dirs);
	xs_dir_close(&state);
	return r;
}

void
xs_store_dirs_close(struct xs_store_dirs *dirs)
{
	xs_dir_close(&dirs->users);
	xs_dir_close(&dirs->names);
}

struct xs_file_want
xs_store_record_want(int flags)
{
	return (struct xs_file_want){flags, 0600, XS_SLOTS_SIZE};
}

const struct xs_keyring *
xs_store_keys(const struct xs_store *store)
{
	const struct xs_store_file *file = store->private;

	return file->fresh.count > 0 ? &file->fresh : store->keys;
}

/*
 * A record that is not sealed with what we take for the current key: the key
 * file has changed, or a rekey has not come to this record. The file tells.
 *
 * A key becomes current in the file before the first record is sealed with
 * it, and a record is sealed with another under its lock only. So who holds
 * the lock and finds the record under the key he takes for current cannot
 * put it back under an old one; who finds another key reads the file first,
 * or his commit could be one that nothing opens once the old key is dropped
 * (test_store_rekey: test_commit_never_goes_back_to_an_old_key).
 */
int
xs_store_keys_again(const struct xs_store *store, struct xs_fault *fault)
{
	struct xs_store_file *file = store->private;
	struct xs_keyring new = {0};
	int r;

	if (store->keys->path[0] == '\0')
		return 0;
	r = xs_keyring_load(&new, store->keys->path, fault);
	if (r == 0)
		file->fresh = new;
	xs_keyring_wipe(&new);
	return r;
}

int
xs_store_slots_load(const struct xs_store *store, const struct xs_dir *users,
    const char *key, int fd, struct xs_slots *slots, struct xs_plain *plain,
    struct xs_fault *fault)
{
	ssize_t n = pread(fd, slots->bytes, sizeof(slots->bytes), 0);
	struct xs_fault why;
	int r;

	if (n != (ssize_t)sizeof(slots->bytes))
		return xs_fault_set(fault, XS_E_STATE, "%s/%s: %s", users->path,
		    key, n < 0 ? xs_errno_text(errno) : "is too short");
	if (!xs_slots_are_current(slots, xs_store_keys(store)) &&
	    (r = xs_store_keys_again(store, fault)) != 0)
		return r;
	r = xs_slots_open(slots, xs_store_keys(store), key, plain, &why);
	if (r != 0)
		(void)xs_fault_set(
		    fault, r, "%s/%s: %s", users->path, key, why.text);
	return r;
}

static int
read_unlocked(const struct xs_store *store, const struct xs_dir *users,
    const char *key, struct xs_plain *plain, struct xs_fault *fault)
{
	const struct xs_file_want want = xs_store_record_want(O_RDONLY);
	struct xs_plain found;
	struct xs_slots slots;
	int fd, r;

	if ((r = xs_file_open(users, key, &want, &fd, fault)) != 0)
		return r;
	r = xs_store_slots_load(store, users, key, fd, &slots, &found, fault);
	(void)close(fd);
	/*
	 * Two commits during the pread can leave in hand the beginning of the
	 * one before them and what stood before that: a record that was over
	 * already (doc/model/file.pml; test_store_file:
	 * test_torn_slot_is_not_passed_over_while_the_lock_is_held).
	 */
	if (r == 0 && slots.torn)
		r = xs_fault_set(fault, XS_E_STATE, "%s/%s: a slot is torn",
		    users->path, key);
	else if (r == 0)
		*plain = found;
	xs_plain_wipe(&found);
	return r;
}

static int
read_locked(const struct xs_store *store, const struct xs_dir *users,
    const char *key, struct xs_plain *plain, struct xs_fault *fault)
{
	const struct xs_store_file *file = store->private;
	const struct xs_file_want want = xs_store_record_want(O_RDONLY);
	struct xs_shield shield = {0};
	struct xs_slots slots;
	int fd, r;

	if ((r = xs_entry_lock(users, key, &want, file->lock_timeout_ms,
		 &shield, &fd, fault)) != 0)
		return r;
	r = xs_store_slots_load(store, users, key, fd, &slots, plain, fault);
	xs_entry_unlock(&shield, &fd);
	return r;
}

int
xs_store_record_read(const struct xs_store *store, const struct xs_dir *users,
    const char *key, struct xs_plain *plain, struct xs_fault *fault)
{
	int r = read_unlocked(store, users, key, plain, fault);

	/* A commit under way looks like a torn or a malformed record. */
	if (r != 0 && r != XS_E_NORECORD)
		r = read_locked(store, users, key, plain, fault);
	return r;
}

static const char marker_missing[] =
    "missing: the state directory was never initialised, was emptied or is "
    "not mounted";
static const char marker_foreign[] = "not a marker that is known here";

static int
refuse_marker(
    const struct xs_dir *users, const char *why, struct xs_fault *fault)
{
	return xs_fault_set(
	    fault, XS_E_STATE, "%s/" XS_MARKER_KEY ": %s", users->path, why);
}

int
xs_store_marker_check(const struct xs_store *store, const struct xs_dir *users,
    struct xs_fault *fault)
{
	struct xs_plain marker;
	int r;

	r = xs_store_record_read(store, users, XS_MARKER_KEY, &marker, fault);
	if (r == XS_E_NORECORD)
		return refuse_marker(users, marker_missing, fault);
	if (r != 0)
		return r;
	if (!xs_marker_is_right(&marker))
		return refuse_marker(users, marker_foreign, fault);
	return xs_fault_set(fault, XS_E_NORECORD, "no record");
}

int
xs_store_marker_lock(const struct xs_store *store, const struct xs_dir *users,
    struct xs_shield *shield, int *ret_fd, struct xs_fault *fault)
{
	const struct xs_store_file *file = store->private;
	const struct xs_file_want want = xs_store_record_want(O_RDONLY);
	struct xs_plain marker;
	struct xs_slots slots;
	int r;

	r = xs_entry_lock(users, XS_MARKER_KEY, &want, file->lock_timeout_ms,
	    shield, ret_fd, fault);
	if (r == XS_E_NORECORD)
		return refuse_marker(users, marker_missing, fault);
	if (r != 0)
		return r;
	r = xs_store_slots_load(
	    store, users, XS_MARKER_KEY, *ret_fd, &slots, &marker, fault);
	if (r == 0 && !xs_marker_is_right(&marker))
		r = refuse_marker(users, marker_foreign, fault);
	if (r != 0)
		xs_entry_unlock(shield, ret_fd);
	return r;
}

/* The record's absence once more, with the name's entry locked. */
static int
look_again(const struct xs_store *store, const struct xs_store_dirs *dirs,
    const struct xs_identity *who, struct xs_plain *plain,
    struct xs_fault *fault)
{
	const struct xs_store_file *file = store->private;
	struct xs_uid_key key = xs_uid_key(who->uid);
	struct xs_name_lock lock;
	int r;

	r = xs_name_lock(
	    &lock, &dirs->names, who->name, file->lock_timeout_ms, fault);
	if (r != 0 && r != XS_E_NORECORD)
		return r;
	r = xs_store_record_read(store, &dirs->users, key.text, plain, fault);
	if (r == XS_E_NORECORD && lock.fd >= 0)
		r = xs_fault_set(fault, XS_E_MISMATCH,
		    "%s/%s has no record under uid %s", dirs->names.path,
		    lock.encoded, key.text);
	xs_name_unlock(&lock);
	return r;
}

/*
 * Loads the record, or proves that there is none. create makes the name's
 * entry before the record and remove takes it away after it, so a missing
 * entry means that there is no record either; an entry that is there is
 * looked at again under its lock, in case one of the two is at work.
 */
static int
read_or_prove(const struct xs_store *store, const struct xs_store_dirs *dirs,
    const struct xs_identity *who, struct xs_plain *plain,
    struct xs_fault *fault)
{
	struct xs_uid_key key = xs_uid_key(who->uid);
	int r;

	r = xs_store_record_read(store, &dirs->users, key.text, plain, fault);
	if (r != XS_E_NORECORD)
		return r;
	if ((r = xs_name_exists(&dirs->names, who->name, fault)) < 0)
		return r;
	if (r == 1) {
		r = look_again(store, dirs, who, plain, fault);
		if (r != XS_E_NORECORD)
			return r;
	}
	return xs_store_marker_check(store, &dirs->users, fault);
}

static int
prove_absence(const struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_store_dirs dirs;
	int r;

	if ((r = xs_store_dirs_open(&dirs, store->private, fault)) != 0)
		return r;
	r = read_or_prove(store, &dirs, who, plain, fault);
	xs_store_dirs_close(&dirs);
	return r;
}

static int
file_read(struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_store_file *file = store->private;
	struct xs_dir users;
	int r;

	xs_store_let_go(file);
	if ((r = open_users(&users, file, fault)) != 0)
		return r;
	r = xs_store_hold(store, &users, who->uid, plain, fault);
	xs_dir_close(&users);
	return r == XS_E_NORECORD ? prove_absence(store, who, plain, fault) : r;
}

/* Locks and loads a record whose file is there. */
static int
begin_present(struct xs_store *store, const struct xs_store_dirs *dirs,
    uid_t uid, struct xs_plain *plain, struct xs_fault *fault)
{
	const struct xs_file_want want = xs_store_record_want(O_RDWR | O_DSYNC);
	struct xs_store_file *file = store->private;
	struct xs_uid_key key = xs_uid_key(uid);
	int r;

	r = xs_entry_lock(&dirs->users, key.text, &want, file->lock_timeout_ms,
	    &file->shield, &file->fd, fault);
	if (r != 0)
		return r;
	r = xs_store_slots_load(store, &dirs->users, key.text, file->fd,
	    &file->slots, plain, fault);
	if (r != 0) {
		xs_entry_unlock(&file->shield, &file->fd);
		return r;
	}
	file->uid = uid;
	return 0;
}

static int
file_begin(struct xs_store *store, const struct xs_identity *who,
    struct xs_plain *plain, struct xs_fault *fault)
{
	struct xs_store_file *file = store->private;
	struct xs_store_dirs dirs;
	struct xs_plain found;
	int r;

	if (file->fd >= 0)
		return xs_fault_set(
		    fault, XS_E_INTERNAL, "a transaction is open already");
	r = xs_store_begin_held(store, who->uid, plain, fault);
	if (r != XS_E_NORECORD)
		return r;
	if ((r = xs_store_dirs_open(&dirs, file, fault)) != 0)
		return r;
	/* Again when the record came into being between the two looks. */
	for (int i = 0; i < 16; i++) {
		r = begin_present(store, &dirs, who->uid, plain, fault);
		if (r != XS_E_NORECORD)
			break;
		r = read_or_prove(store, &dirs, who, &found, fault);
		if (r != 0)
			break;
		xs_plain_wipe(&found);
		r = xs_fault_set(fault, XS_E_BUSY, "the record comes and goes");
	}
	xs_store_dirs_close(&dirs);
	return r;
}

int
xs_store_slot_write(int fd, const struct xs_slots *slots,
    const uint8_t slot[XS_SLOT_SIZE], struct xs_fault *fault)
{
	const off_t at = (off_t)(1 - slots->current) * XS_SLOT_SIZE;
	const uint8_t *former = slots->bytes + at;
	ssize_t n, size;

	/*
	 * One call on a descriptor opened O_DSYNC: with a sync of its own, a
	 * kill between the two would let the next commit overwrite the only
	 * slot that is on the disk (test_killed_writer_leaves_a_record).
	 */
	n = pwrite(fd, slot, XS_SLOT_SIZE, at);
	if (n == XS_SLOT_SIZE)
		return 0;
	(void)xs_fault_set(fault, XS_E_COMMIT, "%s",
	    n < 0 ? xs_errno_text(errno)
		  : "only a part of it could be written");
	size = n < 0 ? XS_SLOT_SIZE : n;
	if (pwrite(fd, former, (size_t)size, at) != size)
		(void)posix_fadvise(fd, at, XS_SLOT_SIZE, POSIX_FADV_DONTNEED);
	return XS_E_COMMIT;
}

static int
file_commit(struct xs_store *store, const struct xs_plain *plain,
    struct xs_fault *fault)
{
	struct xs_store_file *file = store->private;
	struct xs_uid_key key = xs_uid_key(file->uid);
	uint8_t slot[XS_SLOT_SIZE];
	struct xs_fault why;
	int r;

	if (file->fd < 0)
		return xs_fault_set(
		    fault, XS_E_INTERNAL, "no transaction is open");
	r = xs_slots_next(&file->slots, xs_store_keys(store), store->env,
	    key.text, plain, slot, &why);
	if (r == 0)
		r = xs_store_slot_write(file->fd, &file->slots, slot, &why);
	file->shield.wrote_whole = r == 0;
	if (r != 0)
		r = xs_fault_set(fault, XS_E_COMMIT, "%s/users/%s: %s",
		    file->path, key.text, why.text);
	xs_entry_unlock(&file->shield, &file->fd);
	return r;
}

static void
file_abort(struct xs_store *store)
{
	struct xs_store_file *file = store->private;

	xs_entry_unlock(&file->shield, &file->fd);
}

static void
file_close(struct xs_store *store)
{
	struct xs_store_file *file = store->private;

	file_abort(store);
	xs_store_let_go(file);
	xs_keyring_wipe(&file->fresh);
	free(file->path);
	free(file);
}

static const struct xs_store_ops file_ops = {
    .name = "file",
    .close = file_close,
    .init = xs_store_file_init,
    .read = file_read,
    .begin = file_begin,
    .commit = file_commit,
    .abort = file_abort,
    .create = xs_store_file_create,
    .remove = xs_store_file_remove,
    .move = xs_store_file_move,
    .each = xs_store_file_each,
    .reseal = xs_store_file_reseal,
};

int
xs_store_file_open(struct xs_store *store, const char *state_dir,
    const struct xs_keyring *keys, const struct xs_env *env,
    struct xs_fault *fault)
{
	size_t size = strlen(state_dir);
	struct xs_store_file *file = calloc(1, sizeof(*file));

	/* O_NOFOLLOW follows a link when a '/' stands behind its name. */
	while (size > 1 && state_dir[size - 1] == '/')
		size--;
	if (file == NULL || (file->path = strndup(state_dir, size)) == NULL) {
		free(file);
		return xs_fault_set(fault, XS_E_NOMEM, "out of memory");
	}
	file->fd = file->held.fd = -1;
	file->lock_timeout_ms = XS_STORE_LOCK_TIMEOUT_MS;
	*store = (struct xs_store){&file_ops, keys, env, file};
	return 0;
}

void
xs_store_file_hold(struct xs_store *store)
{
	if (store->ops == &file_ops)
		((struct xs_store_file *)store->private)->hold = true;
}
