/* SPDX-License-Identifier: BSD-3-Clause */
#include "store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store_backend.h"
#include "store_lock.h"

/* The same text as the next generation, in the slot that is not current. */
static int
write_again(const struct xs_store *store, const char *key, int fd,
    struct xs_slots *slots, const struct xs_plain *plain,
    struct xs_fault *fault)
{
	uint8_t slot[XS_SLOT_SIZE];
	int r;

	r = xs_slots_next(
	    slots, xs_store_keys(store), store->env, key, plain, slot, fault);
	if (r == 0)
		r = xs_store_slot_write(fd, slots, slot, fault);
	if (r != 0)
		return r;
	slots->current = 1 - slots->current;
	slots->generation++;
	memcpy(slots->bytes + (size_t)slots->current * XS_SLOT_SIZE, slot,
	    XS_SLOT_SIZE);
	return 0;
}

/*
 * Two commits of the same text, one a slot: killed between them, the record
 * opens still, and the next call writes the other slot.
 */
static int
reseal_locked(const struct xs_store *store, const struct xs_dir *users,
    const char *key, int fd, bool *changed, struct xs_fault *fault)
{
	struct xs_slots slots;
	struct xs_plain plain;
	struct xs_fault why;
	int r;

	r = xs_store_slots_load(store, users, key, fd, &slots, &plain, fault);
	if (r != 0)
		return r;
	for (int i = 0; i < 2 && r == 0 &&
	     !xs_slots_are_current(&slots, xs_store_keys(store));
	     i++) {
		r = write_again(store, key, fd, &slots, &plain, &why);
		*changed = true;
	}
	xs_plain_wipe(&plain);
	if (r != 0)
		(void)xs_fault_set(
		    fault, r, "%s/%s: %s", users->path, key, why.text);
	return r;
}

/* XS_E_NORECORD: it is not there (any more). */
static int
reseal_one(const struct xs_store *store, const struct xs_dir *users,
    const char *key, bool *changed, struct xs_fault *fault)
{
	const struct xs_file_want want = xs_store_record_want(O_RDWR | O_DSYNC);
	const struct xs_store_file *file = store->private;
	struct xs_shield shield = {0};
	int fd, r;

	r = xs_entry_lock(
	    users, key, &want, file->lock_timeout_ms, &shield, &fd, fault);
	if (r != 0)
		return r;
	r = reseal_locked(store, users, key, fd, changed, fault);
	xs_entry_unlock(&shield, &fd);
	return r;
}

/* Whether both slots of that file are sealed with the current key. */
static bool
is_current(
    const struct xs_store *store, const struct xs_dir *users, const char *key)
{
	const struct xs_file_want want = xs_store_record_want(O_RDONLY);
	struct xs_slots slots;
	bool current;
	int fd;

	if (xs_file_open(users, key, &want, &fd, NULL) != 0)
		return false;
	current = pread(fd, slots.bytes, sizeof(slots.bytes), 0) ==
		(ssize_t)sizeof(slots.bytes) &&
	    xs_slots_are_current(&slots, xs_store_keys(store));
	(void)close(fd);
	return current;
}

/* Every record. Those that are not done are told, the others go on. */
static int
reseal_records(const struct xs_store *store, const struct xs_dir *users,
    struct xs_resealing *job, bool last, struct xs_fault *fault)
{
	struct xs_identity who = {.name = NULL};
	struct xs_uids uids = {0};
	struct xs_fault why;
	int r = xs_store_uids(users, &uids, fault);

	for (size_t i = 0; i < uids.count; i++) {
		struct xs_uid_key key = xs_uid_key(uids.list[i]);
		bool changed = false;
		int error;

		if (last && is_current(store, users, key.text))
			continue;
		error = reseal_one(store, users, key.text, &changed, &why);
		if (changed)
			job->resealed++;
		if (!last || error == 0 || error == XS_E_NORECORD)
			continue;
		job->left++;
		who.uid = uids.list[i];
		job->tell(job->context, &who, &why);
	}
	free(uids.list);
	return r;
}

/*
 * With the marker locked nothing is created and nothing moves: what is
 * sealed with the current key now stays so, and no other key is needed.
 */
static int
settle(const struct xs_store *store, const struct xs_dir *users,
    struct xs_resealing *job, struct xs_fault *fault)
{
	struct xs_shield shield = {0};
	int marker, r;

	r = xs_store_marker_lock(store, users, &shield, &marker, fault);
	if (r != 0)
		return r;
	r = reseal_records(store, users, job, true, fault);
	if (r == 0 && job->left > 0)
		r = xs_fault_set(fault, XS_E_STATE,
		    "%lu records are not resealed; the old keys stay",
		    job->left);
	if (r == 0)
		r = job->settled(job->context, fault);
	xs_entry_unlock(&shield, &marker);
	return r;
}

int
xs_store_file_reseal(
    struct xs_store *store, struct xs_resealing *job, struct xs_fault *fault)
{
	struct xs_store_dirs dirs;
	bool changed = false;
	int r;

	job->resealed = job->left = 0;
	if ((r = xs_store_refuse_open(store, fault)) != 0 ||
	    (r = xs_store_dirs_open(&dirs, store->private, fault)) != 0)
		return r;
	/*
	 * The current key is what the file says now, and not what it said
	 * when the store was opened: else nothing would be resealed, and the
	 * old key dropped (test_reseal_goes_by_the_file_as_it_is_now).
	 */
	if ((r = xs_store_keys_again(store, fault)) != 0)
		goto out;
	/* The marker first: whoever creates a record then knows the key. */
	r = reseal_one(store, &dirs.users, XS_MARKER_KEY, &changed, fault);
	if (r == XS_E_NORECORD)
		r = XS_E_STATE;
	if (r == 0)
		r = reseal_records(store, &dirs.users, job, false, fault);
	if (r == 0)
		r = settle(store, &dirs.users, job, fault);
out:
	xs_store_dirs_close(&dirs);
	return r;
}
